package codec

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
)

// A decision is a domain.Decision as JSON: in declared order, with the Boolean
// view after the outcome. Lists are never null; no outcome is. A test holds the two structs together.
type decision struct {
	Subject     string             `json:"subject"`
	Privilege   domain.Privilege   `json:"privilege"`
	Outcome     *domain.Outcome    `json:"outcome"`
	Permits     bool               `json:"permits"`
	Conditions  []domain.Condition `json:"conditions"`
	Obligations []domain.Remark    `json:"obligations"`
	Limits      []domain.Remark    `json:"limits"`
	Notes       []domain.Remark    `json:"notes"`
	Routes      []domain.Remark    `json:"routes"`
	Proposals   []domain.Remark    `json:"proposals"`
	Reasons     []domain.Reason    `json:"reasons"`
	Cite        []string           `json:"cite"`
	Facts       []domain.FactUsed  `json:"facts"`
	Holds       domain.Holds       `json:"holds"`
	AsOf        time.Time          `json:"as_of,omitzero"`
	AsKnown     domain.Position    `json:"as_known"`
	Request     map[string]string  `json:"request,omitempty"`
	Editions    []domain.Edition   `json:"editions"`
	Needs       []string           `json:"needs,omitzero"`
	Errors      []domain.Problem   `json:"errors"`
	Office      string             `json:"office"`
	Mode        domain.Mode        `json:"mode"`
	Semantics   int                `json:"semantics"`
	ZoneData    string             `json:"zone_data"`
}

// Instants are written as the log writes them.
var (
	writeInstants = json.WithMarshalers(json.MarshalToFunc(func(out *jsontext.Encoder, t time.Time) error {
		return out.WriteToken(jsontext.String(calendar.FormatInstant(t)))
	}))
	readInstants = json.WithUnmarshalers(json.UnmarshalFromFunc(func(in *jsontext.Decoder, t *time.Time) error {
		token, err := in.ReadToken()
		if err != nil {
			return err
		}
		if token.Kind() != '"' {
			return fmt.Errorf("%s is not an instant", token)
		}
		*t, err = parseInstant(token.String())
		return err
	}))
)

// EncodeDecision returns a decision as JSON. The same decision gives the same
// bytes: keys stand in declared order, those of the request are sorted, and
// instants are in UTC.
func EncodeDecision(d domain.Decision) ([]byte, error) {
	out := decision{
		Privilege: d.Privilege, Permits: d.Permits(),
		Conditions: d.Conditions, Obligations: d.Obligations, Limits: d.Limits, Notes: d.Notes, Routes: d.Routes,
		Proposals: d.Proposals, Reasons: d.Reasons, Cite: d.Cite, Facts: d.Facts, Holds: d.Holds,
		AsOf: d.AsOf, AsKnown: d.AsKnown, Request: d.Request, Editions: d.Editions, Needs: d.Needs, Errors: d.Errors,
		Office: string(d.Office), Mode: d.Mode, Semantics: d.Semantics, ZoneData: d.ZoneData,
	}
	if !d.Subject.IsZero() {
		out.Subject = d.Subject.String()
	}
	if d.Outcome != "" {
		out.Outcome = &d.Outcome
	}
	data, err := json.Marshal(out, json.Deterministic(true), writeInstants)
	if err != nil {
		return nil, fmt.Errorf("encode decision on %s: %w", d.Privilege, err)
	}
	return data, nil
}

// DecodeDecision reads what [EncodeDecision] writes. Empty lists come out as
// nil. It refuses bytes whose Boolean view is not that of their outcome.
func DecodeDecision(data []byte) (domain.Decision, error) {
	var in decision
	if err := json.Unmarshal(data, &in, json.RejectUnknownMembers(true), readInstants); err != nil {
		return domain.Decision{}, fmt.Errorf("decode decision: %w", err)
	}
	d := domain.Decision{
		Privilege:  in.Privilege,
		Conditions: someOf(in.Conditions), Obligations: someOf(in.Obligations), Limits: someOf(in.Limits),
		Notes: someOf(in.Notes), Routes: someOf(in.Routes), Proposals: someOf(in.Proposals),
		Reasons: someOf(in.Reasons), Cite: someOf(in.Cite), Facts: someOf(in.Facts), Holds: in.Holds,
		AsOf: in.AsOf, AsKnown: in.AsKnown, Request: in.Request, Editions: someOf(in.Editions), Needs: in.Needs, Errors: someOf(in.Errors),
		Office: domain.OfficeID(in.Office), Mode: in.Mode, Semantics: in.Semantics, ZoneData: in.ZoneData,
	}
	if in.Subject != "" {
		subject, err := domain.ParseAsked(in.Subject)
		if err != nil {
			return domain.Decision{}, fmt.Errorf("decode decision: %w", err)
		}
		d.Subject = subject
	}
	if in.Outcome != nil {
		d.Outcome = *in.Outcome
	}
	if d.Permits() != in.Permits {
		return domain.Decision{}, fmt.Errorf("decode decision: permits is %t, but the outcome %q and its conditions say %t", in.Permits, d.Outcome, d.Permits())
	}
	return d, nil
}

// someOf is the list, or nil if there is nothing in it.
func someOf[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}
