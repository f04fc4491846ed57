package facts_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
)

func source(constructor, attr string) domain.FactDecl {
	return domain.FactDecl{From: domain.FactSource{Constructor: constructor, Attr: attr}}
}

// readOf reads the facts of any subject.
func readOf(view facts.View, s domain.Subject, t timeline.Instant) facts.Read {
	switch s.Kind {
	case domain.KindMember:
		p := view.Person(domain.MemberID(s.ID), lawIn{view})
		return p.Read(nil, t)
	case domain.KindMission:
		return view.ReadMission(domain.MissionID(s.ID), t)
	case domain.KindVehicle:
		return view.ReadVehicle(domain.VehicleID(s.ID), t)
	default:
		return view.ReadProperty(domain.PropertyID(s.ID), t)
	}
}

// value reads one fact as the specification writes it.
func value(read facts.Read, decl domain.FactDecl) string {
	v, _, ok := read(decl)
	switch {
	case ok && v.Kind() == domain.TextValue && v.Text() == "":
		return "empty"
	case ok:
		return v.String()
	case v.IsZero():
		return "missing nothing"
	default:
		return "missing " + v.Text()
	}
}

func limit(read facts.Read, attr string) int64 {
	v, _, ok := read(source("vehicle", attr))
	if !ok {
		return 0
	}
	return v.Int()
}

func protected(view facts.View, s domain.Subject, t timeline.Instant) string {
	read := view.ReadProtection(s, t)
	threat, _, _ := read(source("protection", "threat"))
	kinds, _, _ := read(source("protection", "measures"))
	return fmt.Sprint(threat.Text(), kinds.List())
}

// programme reads from a view what programme of the specification says.
func programme(view facts.View, t timeline.Instant) []string {
	var out []string
	say := func(what string, about any, said ...any) {
		out = append(out, fmt.Sprintf("%s of %v: %v", what, about, said))
	}
	both := []domain.Subject{domain.Member(people[0]), domain.Member(people[1]), domain.Mission("embassy"), domain.Mission("post")}
	for _, s := range both {
		read := readOf(view, s, t)
		for _, law := range sources {
			if law.Constructor != "custody" || s.Kind == domain.KindMission {
				say(law.Constructor, s, value(read, domain.FactDecl{From: law}))
			}
		}
		say("license, withheld, charges, installation", s, value(read, source("license", "")), value(read, source("withheld", "")),
			value(read, source("charges", "fee")), value(read, source("charges", "duty")), value(read, source("installation", "")))
		if s.Kind == domain.KindMission {
			say("premises", s, value(read, source("premises", "")))
		}
		say("protection", s, protected(view, s, t))
	}
	for _, id := range vehicles {
		s := domain.Of(domain.KindVehicle, id)
		read := view.ReadVehicle(id, t)
		if _, _, found := read(source("vehicle", "plates")); found {
			owner, _, _ := read(source("vehicle", "owner"))
			say("vehicle", s, fmt.Sprint(value(read, source("vehicle", "known"))+" "+value(read, source("vehicle", "disposed"))+" "+value(read, source("vehicle", "registered")), value(read, source("vehicle", "plates")), owner.Text()),
				insured(read))
		} else {
			say("vehicle", s, value(read, source("vehicle", "known")))
		}
		for _, law := range sources {
			if law.Constructor == "overdue" {
				say("overdue", s, value(read, domain.FactDecl{From: law}))
			}
		}
	}
	for _, id := range properties {
		s := domain.Of(domain.KindProperty, id)
		read := view.ReadProperty(id, t)
		mission, _, _ := read(source("property", "mission"))
		forgone, _, _ := read(register("use_forgone"))
		say("property", s, value(read, source("property", "known")), mission.Text(), forgone.Bool(), protected(view, s, t))
	}
	for _, m := range view.Measures("arandia") {
		if !slices.Contains(bounds, domain.MeasureID(m.ID)) {
			continue
		}
		q := facts.Asked{Subject: both[0], Privilege: "customs.personal", At: t}
		say("threshold", m.Subject, m.Pos, value(view.ReadBound(m, q), source("threshold", "")))
		for _, s := range both[1:3] {
			for _, object := range []string{"", "s1"} {
				q.Subject, q.Object = s, object
				say("used", m.Subject, m.Pos, s, object, value(view.ReadBound(m, q), source("used", "")))
			}
		}
	}
	return out
}

func insured(read facts.Read) string {
	state := value(read, source("vehicle", "insurance"))
	if state == "none" {
		return state
	}
	return fmt.Sprint(state, " ", limit(read, "combined"), " ", limit(read, "per_person"))
}

// everywhere are the breakpoints of all that the programmes are about.
func everywhere(view facts.View) []timeline.Instant {
	var out []timeline.Instant
	for _, s := range []domain.Subject{
		domain.Member(people[0]), domain.Member(people[1]), domain.Mission("embassy"), domain.Mission("post"), domain.State("arandia"),
		domain.Of(domain.KindVehicle, vehicles[0]), domain.Of(domain.KindVehicle, vehicles[1]),
		domain.Of(domain.KindProperty, properties[0]), domain.Of(domain.KindProperty, properties[1]),
	} {
		out = append(out, view.Breakpoints(s, lawIn{view})...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// The fold says of the programmes what the specification says, at every
// breakpoint and beside it.
func TestProgrammesAgreeWithNaive(t *testing.T) {
	checks := 0
	rapid.Check(t, func(t *rapid.T) {
		s := generateProgramme(t)
		store := load(t, s.log)
		k := domain.Position(max(0, len(s.log)-pick(t, []int{0, 0, 0, 1, 2, 5}, "unknown")))
		view := store.At(k)
		plain := newNaive(s.log[:k], officeZone)
		for _, point := range everywhere(view) {
			for _, at := range []timeline.Instant{point - 1, point, point + 1} {
				checks++
				want, got := plain.programme(at), programme(view, at)
				if slices.Equal(want, got) {
					continue
				}
				var differ []string
				for i := range max(len(want), len(got)) {
					w, g := "", ""
					if i < len(want) {
						w = want[i]
					}
					if i < len(got) {
						g = got[i]
					}
					if w != g {
						differ = append(differ, "want "+w, "got  "+g)
					}
				}
				t.Fatalf("at (%s, %d):\n%s\n%s", at, k, strings.Join(differ, "\n"), s)
			}
		}
	})
	t.Logf("%d instants compared", checks)
}

// owned is what the breakpoints of a subject are to cover.
func owned(view facts.View, s domain.Subject, t timeline.Instant) string {
	var b strings.Builder
	read := readOf(view, s, t)
	all := facts.Constructors()
	for _, law := range sources {
		fmt.Fprintln(&b, law, value(read, domain.FactDecl{From: law}))
	}
	for _, constructor := range []string{
		"register", "license", "withheld", "charges", "installation", "noted", "premises", "vehicle", "property",
	} {
		for _, attr := range append(all[constructor], "") {
			fmt.Fprintln(&b, constructor, attr, value(read, source(constructor, attr)))
		}
	}
	for _, kind := range []string{"tax_mission", "identity"} {
		fmt.Fprintln(&b, kind, value(read, source("document", kind)))
	}
	fmt.Fprintln(&b, protected(view, s, t))
	if s.Kind == domain.KindMember || s.Kind == domain.KindMission {
		state := view.MissionReach(domain.MissionID(s.ID), t).State
		if s.Kind == domain.KindMember {
			p := view.Person(domain.MemberID(s.ID), lawIn{view})
			for _, c := range p.At(t) {
				state = c.State
			}
		}
		for _, m := range view.Measures(state) {
			read := view.ReadBound(m, facts.Asked{Subject: s, Privilege: "customs.personal", At: t})
			fmt.Fprintln(&b, m.ID, m.Holds(t), value(read, source("threshold", "")), value(read, source("used", "")))
		}
	}
	return b.String()
}

// Between two neighbouring breakpoints of a subject nothing that the programmes
// hold of it changes.
func TestProgrammeBreakpointsAreComplete(t *testing.T) {
	domaintest.Check(t, rounds, func(t *rapid.T) {
		s := generateProgramme(t)
		view := load(t, s.log).At(domain.Position(len(s.log)))
		of := pick(t, []domain.Subject{
			domain.Member(people[0]), domain.Member(people[1]), domain.Mission("embassy"), domain.Mission("post"),
			domain.Of(domain.KindVehicle, vehicles[0]), domain.Of(domain.KindProperty, properties[0]),
		}, "of")
		from := at("2024-01-01")
		for _, to := range append(view.Breakpoints(of, lawIn{view}), at("2026-12-01")) {
			if to <= from || to > at("2026-12-01") {
				continue
			}
			want := owned(view, of, from)
			between := from + timeline.Instant(rapid.Int64Range(0, int64(to-from-1)).Draw(t, "between"))
			for _, other := range []timeline.Instant{between, to - 1} {
				require.Equal(t, want, owned(view, of, other), "%s changed between %s and %s, by %s\n%s", of, from, to, other, s)
			}
			from = to
		}
	})
}

// What is known of the programmes at k does not depend on what is learnt later.
func TestProgrammesIgnoreWhatIsLearntLater(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := generateProgramme(t)
		split := domain.Position(number(t, 0, len(s.log), "split"))
		whole, part := load(t, s.log), load(t, s.log[:split])
		for range 3 {
			at := timeline.Of(drawMoment(t).At)
			require.Equal(t, programme(part.At(split), at), programme(whole.At(split), at), "as known at %d\n%s", split, s)
		}
	})
}
