package domaintest

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
)

// Events generates well formed events of every type. What they say need not
// make sense together; each can be written and read back.
func Events() *rapid.Generator[domain.Event] {
	return rapid.Custom(func(t *rapid.T) domain.Event {
		return event(t, rapid.SampledFrom(domain.Events()).Draw(t, "type"))
	})
}

// EventsLike generates well formed events of the type of e.
func EventsLike(e domain.Event) *rapid.Generator[domain.Event] {
	return rapid.Custom(func(t *rapid.T) domain.Event { return event(t, e) })
}

// Envelopes generates envelopes with well formed events of every type, their
// authorities and their targets. Their ids do not refer to each other.
func Envelopes() *rapid.Generator[domain.Envelope] {
	return rapid.Custom(func(t *rapid.T) domain.Envelope { return envelope(t, Events().Draw(t, "event")) })
}

// EnvelopesOf generates envelopes with events of the type of e.
func EnvelopesOf(e domain.Event) *rapid.Generator[domain.Envelope] {
	return rapid.Custom(func(t *rapid.T) domain.Envelope { return envelope(t, event(t, e)) })
}

func envelope(t *rapid.T, event domain.Event) domain.Envelope {
	e := domain.Envelope{
		ID:          domain.EventID(ulids.Draw(t, "id")),
		Subject:     subjectOf(t, event),
		Effective:   Whens().Draw(t, "effective"),
		Recorded:    Instants().Draw(t, "recorded"),
		Actor:       maybe(t, "actor", words),
		Correlation: maybe(t, "correlation", words),
		Event:       event,
	}
	if rapid.Bool().Draw(t, "has command") {
		e.Command = domain.CommandID(ulids.Draw(t, "command"))
	}
	says := event
	if corrected, ok := event.(domain.EventCorrected); ok {
		says = corrected.Body
	}
	if domain.NeedsAuthority(says) || rapid.Bool().Draw(t, "has authority") {
		e.Authority = words.Draw(t, "authority")
	}
	revoked, revokes := event.(domain.PrivilegeRevoked)
	free := domain.MayTarget(event) && !domain.NeedsTarget(event) && (!revokes || len(revoked.Privileges) > 0)
	if domain.NeedsTarget(event) || domain.MayTarget(event) && !free || free && rapid.Bool().Draw(t, "has target") {
		e.Target = domain.EventID(ulids.Draw(t, "target"))
	}
	return e
}

// subjectOf draws a subject that the event can be about.
func subjectOf(t *rapid.T, event domain.Event) domain.Subject {
	if c, ok := event.(domain.EventCorrected); ok {
		event = c.Body
	}
	kind := rapid.SampledFrom(domain.Kinds(event)).Draw(t, "kind")
	if kind == domain.KindRate {
		return domain.Of(kind, rapid.SampledFrom([]string{"eur", "jpy", "xau"}).Draw(t, "currency"))
	}
	return domain.Of(kind, ids.Draw(t, "subject"))
}

func event(t *rapid.T, like domain.Event) domain.Event {
	if _, corrected := like.(domain.EventCorrected); corrected {
		bodies := make([]domain.Event, 0, len(domain.Events()))
		for _, e := range domain.Events() {
			switch e.(type) {
			case domain.EventCorrected, domain.EventRetracted, domain.ViolationDismissed:
			default:
				bodies = append(bodies, e)
			}
		}
		return domain.EventCorrected{
			Reason: words.Draw(t, "reason"),
			Body:   event(t, rapid.SampledFrom(bodies).Draw(t, "body type")),
		}
	}
	v := reflect.New(reflect.TypeOf(like)).Elem()
	fill(t, v, "")
	return v.Interface().(domain.Event)
}

// fill draws a value for a field. It follows the tags: what may be left out
// sometimes is.
func fill(t *rapid.T, v reflect.Value, name string) {
	switch to := v.Addr().Interface().(type) {
	case *domain.Period:
		*to = Periods().Draw(t, name)
		return
	case *domain.Term:
		*to = Terms().Draw(t, name)
		return
	case *calendar.When:
		*to = Whens().Draw(t, name)
		return
	case *calendar.Date:
		*to = Dates().Draw(t, name)
		return
	case *domain.Params:
		*to = rapid.MapOfN(keys, values, 1, 4).Draw(t, name)
		return
	case *map[domain.Privilege]domain.Outcome:
		*to = rapid.MapOfN(rapid.Custom(func(t *rapid.T) domain.Privilege {
			return domain.Privilege(rapid.SampledFrom(codes["Privilege"]).Draw(t, "privilege"))
		}), rapid.SampledFrom(domain.Outcomes()), 1, 3).Draw(t, name)
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text(t, v.Type(), name))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, name))
	case reflect.Int:
		v.SetInt(int64(rapid.IntRange(1, 1000).Draw(t, name)))
	case reflect.Slice:
		n := rapid.IntRange(1, 3).Draw(t, name+" count")
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(t, v.Index(i), name)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), name)
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			optional := strings.HasSuffix(field.Tag.Get("json"), ",omitzero")
			if !optional || rapid.Bool().Draw(t, field.Name+"?") {
				fill(t, v.Field(i), field.Name)
			}
		}
	default:
		panic(fmt.Sprintf("bad type in domaintest: no values for %s", v.Type())) // a payload has a field of a new sort
	}
}

// codes are those of the common ruleset, or near enough.
var codes = map[string][]string{
	"Privilege":      {"imm.arrest", "imm.criminal", "imm.civil", "tax.sales", "tax.lodging", "travel.move", "dmv.license", "customs.personal"},
	"Category":       {"dip.agent", "dip.at", "dip.service", "con.officer", "con.employee", "iom.support", "courier"},
	"MissionKind":    {"embassy", "consular_post", "honorary_post", "un_mission", "io"},
	"Status":         {"none", "us_national", "lpr", "permanently_resident"},
	"Level":          {"full", "minimum_purchase", "notification", "approval", "confined", "withdrawn"},
	"Relations":      {"normal", "severed"},
	"Relation":       {"spouse", "child"},
	"CardKind":       {"identity", "tax_personal", "tax_mission", "license"},
	"CardDesign":     {"eagle", "deer", "owl", "buffalo"},
	"Stage":          {"jurisdiction", "execution"},
	"WaivedBy":       {"state", "individual"},
	"ExpulsionAs":    {"persona_non_grata", "not_acceptable", "departure_required"},
	"VehicleKind":    {"car", "motorcycle", "trailer", "aircraft", "vessel"},
	"TicketPlace":    {"dc", "nyc"},
	"Offence":        {"traffic.prepayable", "traffic.must_appear", "traffic.dui", "parking.dc", "insurance.lapse", "customs.resale"},
	"Consequence":    {"license.review", "license.suspended", "registration.withheld", "fee.imposed", "waiver.requested"},
	"Decided":        {"imposed", "declined"},
	"RequestKind":    {"property", "travel"},
	"PropertyUse":    {"chancery", "annex", "consulate", "residence", "government_office"},
	"Tenure":         {"owned", "leased"},
	"ThreatLevel":    {"low", "moderate", "elevated", "high", "critical"},
	"ProtectionKind": {"police_coverage", "uniformed_division", "extraordinary", "sensitive_location"},
	"OutreachKind":   {"visit", "briefing", "exercise"},
	"Mode":           {"live", "history"},
	"StateID":        {"arandia", "borvia", "cordania", "delmark", "estovia", "feldland", "garanda", "hestia"},
	"MissionID":      {"arandia-embassy", "arandia-un", "borvia-chicago", "garanda-houston"},
	"MemberID":       {"ana", "bo", "cy", "dee", "eli", "fay", "gil", "hal"},
}

// text draws a text that suits its type: a code, an identifier, or any words.
func text(t *rapid.T, typ reflect.Type, name string) string {
	switch {
	case codes[typ.Name()] != nil:
		return rapid.SampledFrom(codes[typ.Name()]).Draw(t, name)
	case strings.HasSuffix(typ.Name(), "ID"):
		return ids.Draw(t, name)
	case name == "Zone":
		return rapid.SampledFrom(zones).Draw(t, name)
	case name == "Dollars":
		return rapid.StringMatching(`[1-9][0-9]{0,2}(\.[0-9]{1,9})?`).Draw(t, name)
	case name == "Hash" || name == "By":
		return rapid.StringMatching(`[0-9a-f]{64}`).Draw(t, name)
	default:
		return words.Draw(t, name)
	}
}

var (
	zones = []string{"America/New_York", "America/Chicago", "Pacific/Honolulu", "Asia/Kathmandu", "UTC"}
	ids   = rapid.StringMatching(`[a-z0-9][a-z0-9._-]{0,12}`)
	keys  = rapid.StringMatching(`[a-z][a-z_]{0,8}`)
	// words need all of JSON's escapes.
	words = rapid.OneOf(rapid.StringMatching(`[A-Za-z][A-Za-z0-9 /.()]{0,30}`), rapid.StringN(1, 12, -1)).
		Filter(func(s string) bool { return strings.TrimSpace(s) != "" })
	ulids = rapid.Custom(func(t *rapid.T) [16]byte {
		bytes := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bytes")
		bytes[15] |= 1 // not zero
		return [16]byte(bytes)
	})
	values = rapid.OneOf(
		rapid.Map(rapid.Bool(), domain.Bool),
		rapid.Map(rapid.Int64(), domain.Int),
		rapid.Map(rapid.String(), domain.Text[string]),
		rapid.Map(rapid.SliceOfN(rapid.String(), 0, 3), domain.List[string]),
	)
)

// maybe draws a text, or none.
func maybe(t *rapid.T, name string, from *rapid.Generator[string]) string {
	if !rapid.Bool().Draw(t, "has "+name) {
		return ""
	}
	return from.Draw(t, name)
}

// Terms generates terms in each of the ways to state them, and that of no end.
func Terms() *rapid.Generator[domain.Term] {
	return rapid.Custom(func(t *rapid.T) domain.Term {
		switch rapid.IntRange(0, 3).Draw(t, "term") {
		case 0:
			return domain.Term{}
		case 1:
			return domain.Term{Days: rapid.IntRange(1, 365).Draw(t, "days")}
		case 2:
			return domain.Term{Months: rapid.IntRange(1, 24).Draw(t, "months")}
		default:
			return domain.Term{Until: Whens().Draw(t, "until")}
		}
	})
}

// Dates generates dates of two centuries, with leap days among them.
func Dates() *rapid.Generator[calendar.Date] {
	first := calendar.Date{Year: 1900, Month: time.January, Day: 1}
	return rapid.Map(rapid.IntRange(0, 200*365), func(n int) calendar.Date { return first.AddDays(n) })
}

// Instants generates instants of our time, many of them on the second.
func Instants() *rapid.Generator[time.Time] {
	base := time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)
	return rapid.Custom(func(t *rapid.T) time.Time {
		at := base.Add(time.Duration(rapid.Int64Range(0, 40*365*24*3600).Draw(t, "second")) * time.Second)
		return at.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 1, 500_000, 999_999}).Draw(t, "microsecond")) * time.Microsecond)
	})
}

// Whens generates moments in all their dresses: a date in a zone, a local time,
// an instant.
func Whens() *rapid.Generator[calendar.When] {
	return rapid.Custom(func(t *rapid.T) calendar.When {
		zone := must(calendar.LoadZone(rapid.SampledFrom(zones).Draw(t, "zone")))
		switch rapid.IntRange(0, 2).Draw(t, "dress") {
		case 0:
			d := Dates().Draw(t, "date")
			return calendar.When{At: zone.Midnight(d), Date: d, HasDate: true, Zone: zone.String()}
		case 1:
			return calendar.When{At: Instants().Draw(t, "local"), Zone: zone.String()}
		default:
			return calendar.When{At: Instants().Draw(t, "instant")}
		}
	})
}

// Periods generates periods to leave that are stated, once.
func Periods() *rapid.Generator[domain.Period] {
	return rapid.Custom(func(t *rapid.T) domain.Period {
		switch rapid.IntRange(0, 2).Draw(t, "unit") {
		case 0:
			return domain.Period{Hours: rapid.IntRange(1, 240).Draw(t, "hours")}
		case 1:
			return domain.Period{Days: rapid.IntRange(1, 120).Draw(t, "days")}
		default:
			return domain.Period{Until: Whens().Draw(t, "until")}
		}
	})
}
