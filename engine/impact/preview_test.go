package impact_test

import (
	"errors"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/impact"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// cases is how many offices a property is tried on, unless COMITY_CASES multiplies them.
func cases(few int) int {
	if testing.Short() {
		return few / 5
	}
	if by, err := strconv.Atoi(os.Getenv("COMITY_CASES")); err == nil && by > 0 {
		return few * by
	}
	return few
}

// A preview is what is different after publication: the same as asking everything in a
// copy of the office in which the draft was really published (invariant 28).
func TestAPreviewIsTheDifferenceAfterPublication(t *testing.T) {
	compared, affected, refused := 0, 0, 0
	for seed := range cases(60) {
		rapidOnce(t, seed, func(r *rapid.T) {
			o := begun(t)
			for range rapid.IntRange(8, 24).Draw(r, "events") {
				o.tell(t, o.happens(r))
			}
			for range rapid.IntRange(0, 2).Draw(r, "editions") {
				if rapid.Bool().Draw(r, "own") {
					o.publish(t, changeOfXA(t, r), draw(r, days, "published"))
				} else {
					o.publish(t, change(t, r), draw(r, days, "published"))
				}
			}
			asOf := domaintest.When(draw(r, days[:5], "as of")).At
			session, err := impact.NewSession(t.Context(), o.Engine, impact.Options{When: engine.When{AsOf: asOf}, Until: until(r, asOf)})
			require.NoError(t, err)
			for range rapid.IntRange(1, 3).Draw(r, "drafts") {
				bundle := change(t, r)
				if rapid.IntRange(0, 2).Draw(r, "own") == 0 {
					bundle = changeOfXA(t, r)
				}
				d := engine.Draft{Bundle: bundle, Effective: domaintest.When(draw(r, days[:4], "effective")).At}
				report, err := session.Preview(t.Context(), d)
				if _, wrong := errors.AsType[rules.Diagnostics](err); wrong {
					refused++
					continue // a floor, or two edits that do not fit
				}
				require.NoError(t, err)
				n, m := bruteForce(t, o, o.with(t, bundle, d.Effective), report)
				compared, affected = compared+n, affected+m
			}
		})
	}
	t.Logf("%d answers compared, %d of them others; %d drafts were refused", compared, affected, refused)
	assert.Greater(t, compared, 300*cases(60))
	assert.Greater(t, affected, 6*cases(60))
}

// rapidOnce runs a property once, with what a seed draws.
func rapidOnce(t *testing.T, seed int, do func(*rapid.T)) {
	t.Helper()
	rapid.Custom(func(r *rapid.T) int { do(r); return seed }).Example(seed)
}

func until(r *rapid.T, asOf time.Time) time.Time {
	if rapid.Bool().Draw(r, "all") {
		return time.Time{}
	}
	return asOf.AddDate(0, rapid.IntRange(1, 20).Draw(r, "months"), 0)
}

// key is one question about one subject.
type key struct {
	subject   domain.Subject
	privilege domain.Privilege
}

// bruteForce asks everything in both offices at many moments, and holds the report to
// it. It returns how many answers were compared, and how many were others.
func bruteForce(t *testing.T, live, after *office, report *impact.Report) (compared, others int) {
	t.Helper()
	was, is := standing.At(live.Root(), live.Position()), standing.At(after.Root(), after.Position())
	rows := map[key][]impact.Affected{}
	for a := range report.Affected {
		k := key{a.Subject, a.Privilege}
		rows[k] = append(rows[k], a)
	}
	want, kinds := map[domain.Privilege]*impact.Counts{}, map[domain.Privilege]*impact.Counts{}
	for _, s := range everybody(live) {
		for _, p := range privilegesOf(t, live, after, report.From) {
			gravest := impact.NotAsked
			for _, at := range moments(report) {
				a, aErr := ask(was, s, p, at)
				b, bErr := ask(is, s, p, at)
				row, listed := covering(rows[key{s, p}], at)
				same := aErr == nil && bErr == nil && sameVerdicts(a, b)
				require.Equal(t, !same && !(aErr != nil && bErr != nil && !listed), listed, "%s %s at %s, looked at from %s to %s, without %s: %v (%v) and %v (%v); rows %+v", s, p, at, report.From, report.To, report.Same, a, aErr, b, bErr, rows[key{s, p}])
				if listed {
					others++
					require.Equal(t, aErr != nil, row.Before.Failure != "", "%v", aErr)
					require.Equal(t, bErr != nil, row.After.Failure != "", "%v", bErr)
					require.Equal(t, a, row.Before.Verdict, "%s %s at %s before", s, p, at)
					require.Equal(t, b, row.After.Verdict, "%s %s at %s after", s, p, at)
				}
				kind := impact.KindOf(a, b, aErr != nil || bErr != nil)
				if at == report.From {
					if want[p] == nil {
						want[p] = &impact.Counts{}
					}
					want[p][kind]++
				}
				gravest = max(gravest, kind)
				compared++
			}
			if kinds[p] == nil {
				kinds[p] = &impact.Counts{}
			}
			kinds[p][gravest]++
		}
	}
	for _, tally := range report.Privileges {
		if report.Draft.Ruleset != "common" {
			// Only who may be of the State is counted.
			for _, kind := range []impact.Kind{impact.Loses, impact.Gains, impact.Conditions, impact.OtherReason} {
				assert.Equal(t, want[tally.Privilege][kind], tally.Now[kind], "%s %s", tally.Privilege, kind)
			}
			continue
		}
		assert.Equal(t, *want[tally.Privilege], tally.Now, tally.Privilege)
		assert.GreaterOrEqual(t, tally.Over[impact.Loses], kinds[tally.Privilege][impact.Loses], "at other moments, too")
	}
	for _, p := range report.Same {
		if c := want[p]; c != nil {
			assert.Zero(t, c.Affected()+c[impact.OtherReason], "%s was not asked about", p)
		}
	}
	return compared, others
}

func sameVerdicts(a, b *standing.Verdict) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Same(*b)
}

func everybody(o *office) (out []domain.Subject) {
	for _, kind := range []domain.SubjectKind{domain.KindMember, domain.KindMission} {
		for _, id := range o.Root().View().Subjects(kind) {
			out = append(out, domain.Subject{Kind: kind, ID: id})
		}
	}
	return out
}

func privilegesOf(t *testing.T, live, after *office, at timeline.Instant) (out []domain.Privilege) {
	law, _, err := after.Root().LawAt(at, after.Position())
	require.NoError(t, err)
	return law.Language.PrivilegeOrder
}

// moments are those at which something is asked: around all days on which something
// happens, and some between.
func moments(report *impact.Report) (out []timeline.Instant) {
	out = append(out, report.From)
	for _, day := range append(days, "2024-03-31", "2024-04-15", "2024-02-10", "2025-03-03", "2024-05-20", "2025-09-01", "2024-03-02", "2025-03-02") {
		at := timeline.Of(domaintest.When(day).At)
		for _, t := range []timeline.Instant{at - 1, at} {
			if report.From < t && t < report.To {
				out = append(out, t)
			}
		}
	}
	return out
}

// ask returns nil where the law does not have the question asked.
func ask(m *standing.Moment, s domain.Subject, p domain.Privilege, t timeline.Instant) (*standing.Verdict, error) {
	v, err := m.Verdict(s, p, t, nil)
	_, unknown := errors.AsType[*standing.Unknown](err)
	_, wrong := errors.AsType[*standing.WrongSubject](err)
	switch {
	case unknown || wrong:
		return nil, nil //nolint:nilnil // no verdict is an answer, too
	case err != nil:
		return nil, err
	}
	return &v, nil
}

func covering(rows []impact.Affected, at timeline.Instant) (impact.Affected, bool) {
	for _, r := range rows {
		if r.From <= at && at < r.To {
			return r, true
		}
	}
	return impact.Affected{}, false
}
