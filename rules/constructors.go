package rules

import "github.com/comity-project/comity/domain"

// A constructor is a kind of fact that Go knows how to compute from what the
// log holds. Which facts there are, and what a constructor is applied to, is
// data of the common ruleset.
type constructor struct {
	objects []string          // the objects that may have such a fact
	attr    bool              // whether it is applied to something
	types   []domain.FactType // the types it can compute; none: any
}

// constructors are those that the packages that keep facts implement. A test
// there holds their table and this one equal, since neither can see the other.
var constructors = map[string]constructor{
	"capacity":      {objects: []string{"member"}, attr: true, types: []domain.FactType{domain.EnumFact, domain.TextFact, domain.BoolFact, domain.IntFact}},
	"register":      {objects: []string{"member", "mission", "state"}, attr: true},
	"status":        {objects: []string{"member"}, types: []domain.FactType{domain.EnumFact}},
	"nationalities": {objects: []string{"member"}, types: []domain.FactType{domain.SetFact}},
	"age":           {objects: []string{"member"}, types: []domain.FactType{domain.IntFact}},
	"identity_card": {objects: []string{"member"}, attr: true, types: []domain.FactType{domain.EnumFact, domain.TextFact, domain.BoolFact}},
	"param":         {objects: []string{"measure"}, attr: true},
	"field":         {objects: []string{"member", "mission", "state", "measure", "agreement", "waiver"}, attr: true},
}

// Constructors returns the names of the constructors of facts that a ruleset
// may use.
func Constructors() []string { return sortedKeys(constructors) }
