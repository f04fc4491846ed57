package balance

import (
	"errors"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// A Law is what the ledger needs to know of the rulesets.
type Law interface {
	// Needs says whether a measure of that time that restricts a privilege needs a
	// recorded practice of the State, and whether a finding is as good.
	Needs(p domain.Privilege, at timeline.Instant) (practice, finding bool, err error)
	// Restricts reports whether a measure of a level may, by the law of a time,
	// give anybody less.
	Restricts(level domain.Level, at timeline.Instant) (bool, error)
	// Meant returns what the parameters of a treatment mean by the law of a time:
	// treatment said in other words has equal ones.
	Meant(params domain.Params, at timeline.Instant) (domain.Params, error)
	// Rules returns the rules of the State's own edition in force at an instant
	// that answer its practice for the privilege. Their basis is left empty.
	Rules(state domain.StateID, p domain.Privilege, at timeline.Instant) ([]Rule, error)
	// Answered returns the privileges of which Rules may ever return a rule, and
	// the instants at which what it returns may change.
	Answered(state domain.StateID) ([]domain.Privilege, []timeline.Instant, error)
}

// published is the law as the editions in the log have it.
type published struct {
	root *projections.Root
	k    domain.Position
}

const common domain.RulesetID = "common"

// edition is the common law in force at an instant, or the first that there is
// for times before it; nil without any.
func (l published) edition(at timeline.Instant) (*rules.Edition, error) {
	edition, _, err := l.root.LawAt(at, l.k)
	if errors.Is(err, projections.ErrNoLaw) {
		hashes := l.root.Editions(common, l.k)
		if len(hashes) == 0 {
			return nil, nil
		}
		edition, err = l.root.Library().Common(hashes[0])
	}
	return edition, err
}

func (l published) Needs(p domain.Privilege, at timeline.Instant) (practice, finding bool, err error) {
	edition, err := l.edition(at)
	if err != nil || edition == nil { // without law nothing has a floor
		return false, false, err
	}
	finding = true
	for _, f := range edition.Floors {
		if f.Mark == 'R' && slices.Contains(f.Privileges, p) {
			practice, finding = true, finding && f.Finding
		}
	}
	return practice, finding, nil
}

func (l published) Restricts(level domain.Level, at timeline.Instant) (bool, error) {
	edition, err := l.edition(at)
	if err != nil || edition == nil { // without law nothing is less
		return false, err
	}
	return edition.Restricts(level), nil
}

func (l published) Meant(params domain.Params, at timeline.Instant) (domain.Params, error) {
	edition, err := l.edition(at)
	if err != nil || edition == nil { // without law every word means itself
		return params, err
	}
	return edition.Language.Meant(params), nil
}

func (l published) Rules(state domain.StateID, p domain.Privilege, at timeline.Instant) ([]Rule, error) {
	_, base, err := l.root.LawAt(at, l.k)
	if errors.Is(err, projections.ErrNoLaw) {
		return nil, nil // then no rule speaks
	}
	if err != nil {
		return nil, err
	}
	edition, _, err := l.root.StateLawAt(state, at, l.k, base.Hash)
	if err != nil || edition == nil {
		return nil, err
	}
	_, pos, _ := l.root.ViewAt(l.k).Ruleset(domain.RulesetID(state), at)
	var out []Rule
	for _, r := range edition.Rules {
		if answers(r) && slices.Contains(r.Privileges, p) && r.InForceFrom <= at && at < r.InForceTo {
			out = append(out, Rule{
				ID: r.ID, Edition: edition.Edition, Pos: pos, Effect: r.Effect, Outcome: r.Outcome, Cite: r.Cite, Because: r.Because,
			})
		}
	}
	return out, nil
}

func answers(r *rules.Rule) bool { return r.Practice }

func (l published) Answered(state domain.StateID) (privileges []domain.Privilege, edges []timeline.Instant, err error) {
	view := l.root.ViewAt(l.k)
	own := l.root.Editions(domain.RulesetID(state), l.k)
	if len(own) == 0 {
		return nil, nil, nil
	}
	edges = append(view.RulesetChanges(common), view.RulesetChanges(domain.RulesetID(state))...)
	for _, base := range l.root.Editions(common, l.k) {
		for _, hash := range own {
			edition, err := l.root.Library().State(hash, base)
			if err != nil {
				continue // a cell in which the two are in force reports it
			}
			edges = append(edges, edition.Edges()...)
			for _, r := range edition.Rules {
				if answers(r) {
					privileges = append(privileges, r.Privileges...)
				}
			}
		}
	}
	return privileges, edges, nil
}
