package authzen

import (
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
)

// Members of the context that are no facts of the request.
const (
	ownMember         = "comity"
	asOfMember        = "as_of"
	asKnownMember     = "as_known"
	timeMember        = "time" // of the caller's clock: it changes nothing
	obligationsMember = "supported_obligations"
)

var reserved = []string{ownMember, asOfMember, asKnownMember, timeMember, obligationsMember}

// A wish is what the context says of how the question is meant, and of the answer.
type wish struct {
	asOf    time.Time
	known   engine.Known
	atLeast domain.Position
	explain bool
	// handles says that the caller sees to conditions that the engine can't check.
	handles bool
	// obligations are the types of obligations that the caller can meet.
	obligations []string
	// times is how the two times were written, for who compares questions.
	times [2]string
}

// own is context.comity.
type own struct {
	AsOf    jsontext.Value   `json:"as_of"`
	AsKnown jsontext.Value   `json:"as_known"`
	AtLeast *domain.Position `json:"at_least"`
	Explain bool             `json:"explain"`
	Handles bool             `json:"handles_conditions"`
}

// wishOf reads the context.
func wishOf(o *api.Office, context properties) (w wish, err error) {
	if len(context) == 0 {
		return w, nil
	}
	var said own
	if err := context.object(ownMember, &said); err != nil {
		return w, api.Bad("context", "context.comity: %v", err)
	}
	asOf, err := oneOf(context[asOfMember], said.AsOf, asOfMember)
	if err != nil {
		return w, err
	}
	asKnown, err := oneOf(context[asKnownMember], said.AsKnown, asKnownMember)
	if err != nil {
		return w, err
	}
	if w.asOf, err = o.ParseAsOf(asOf); err != nil {
		return w, api.Bad("as_of", "context: %v", err)
	}
	if w.known, err = o.ParseKnown(asKnown); err != nil {
		return w, api.Bad("as_known", "context: %v", err)
	}
	if said.AtLeast != nil {
		w.atLeast = *said.AtLeast
	}
	w.explain, w.handles, w.times = said.Explain, said.Handles, [2]string{asOf, asKnown}
	if text := context[obligationsMember]; text.Kind() == '[' {
		var types []any
		if err := json.Unmarshal(text, &types); err != nil {
			return w, api.Bad("context", "context.%s: %v", obligationsMember, err)
		}
		for _, t := range types {
			if name, isText := t.(string); isText {
				w.obligations = append(w.obligations, name)
			}
		}
	}
	return w, nil
}

// oneOf reads a time that may be written in two places.
func oneOf(plain, own jsontext.Value, name string) (string, error) {
	text := ""
	for _, v := range []jsontext.Value{plain, own} {
		var said string
		switch v.Kind() {
		case 0, 'n':
			continue
		case '"':
			if err := json.Unmarshal(v, &said); err != nil {
				return "", api.Bad(name, "context: %s: %v", name, err)
			}
		case '0':
			said = string(v)
		default:
			return "", api.Bad(name, "context: %s must be a text", name)
		}
		if text != "" && said != text {
			return "", api.Bad(name, "context: %s is there twice and says different things", name)
		}
		if text = said; text == "" {
			return "", api.Bad(name, "context: %s is empty: leave it out", name)
		}
	}
	return text, nil
}

// meets reports whether the caller can meet obligations of a type.
func (w *wish) meets(obligation string) bool { return slices.Contains(w.obligations, obligation) }
