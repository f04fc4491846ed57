package rules

import "github.com/comity-project/comity/domain"

// A constructor is a kind of fact that Go knows how to compute from what the
// log holds. Which facts there are, and what a constructor is applied to, is
// data of the common ruleset.
type constructor struct {
	objects []string          // the objects that may have such a fact
	attr    bool              // whether it is applied to something
	attrs   []string          // to what; none: to any name
	types   []domain.FactType // the types it can compute; none: any
	// months and days say which of the law's numbers it takes; with both it takes
	// one of them.
	months, days bool
}

// constructors are those that projections/facts implements. A test holds its
// table and this one equal, since neither package can see the other.
var constructors = map[string]constructor{
	"capacity": {
		objects: []string{"member"}, attr: true,
		attrs: []string{
			"kind", "label", "category", "rank", "phase", "relation", "mission", "state",
			"sponsor", "start", "end_of_functions", "end_of_period",
		},
		types: []domain.FactType{domain.EnumFact, domain.TextFact},
	},
	"register": {
		objects: []string{"member", "mission", "state", "vehicle", "property"}, attr: true,
		attrs: []string{
			"archives_separate", "city", "commercial", "kind", "leased", "local_hire", "nationalities", "private_work",
			"relations", "state", "status", "student", "successor_of", "tenure", "use", "use_forgone", "zone",
		},
	},
	"status":        {objects: []string{"member"}, types: []domain.FactType{domain.EnumFact}},
	"nationalities": {objects: []string{"member"}, types: []domain.FactType{domain.SetFact}},
	"age":           {objects: []string{"member"}, types: []domain.FactType{domain.IntFact}},
	"identity_card": {objects: []string{"member"}, attr: true, attrs: []string{"border"}, types: []domain.FactType{domain.EnumFact, domain.TextFact}},
	"document":      {objects: []string{"member", "mission"}, attr: true, types: []domain.FactType{domain.EnumFact, domain.TextFact}},
	"param":         {objects: []string{"measure"}, attr: true},

	"points":       {objects: []string{"member"}, types: []domain.FactType{domain.IntFact}, months: true},
	"overdue":      {objects: []string{"member", "mission", "vehicle"}, attr: true, types: []domain.FactType{domain.IntFact}, months: true, days: true},
	"license":      {objects: []string{"member"}, types: []domain.FactType{domain.EnumFact, domain.TextFact}},
	"withheld":     {objects: []string{"member", "mission", "vehicle"}, types: []domain.FactType{domain.BoolFact}},
	"charges":      {objects: []string{"member", "mission"}, attr: true, attrs: []string{"fee", "surcharge", "duty"}, types: []domain.FactType{domain.MoneyFact}},
	"installation": {objects: []string{"member"}, types: []domain.FactType{domain.BoolFact}},
	"noted":        {objects: []string{"member"}, attr: true, attrs: []string{"warrant", "visa_bar"}, types: []domain.FactType{domain.BoolFact}},
	"premises":     {objects: []string{"mission"}, types: []domain.FactType{domain.EnumFact, domain.TextFact}},
	"custody":      {objects: []string{"mission"}, types: []domain.FactType{domain.BoolFact}, months: true},
	"vehicle": {objects: []string{"vehicle"}, attr: true, attrs: []string{
		"known", "disposed", "owner", "registered", "plates", "insurance", "combined", "per_person", "per_accident", "property", "lien",
	}},
	"property":   {objects: []string{"property"}, attr: true, attrs: []string{"known", "mission", "divest"}},
	"filing":     {objects: []string{"filing"}, attr: true, attrs: []string{"clearance", "id", "ahead", "terms", "amount", "remedy"}},
	"threshold":  {objects: []string{"measure"}, types: []domain.FactType{domain.MoneyFact}},
	"used":       {objects: []string{"measure"}, types: []domain.FactType{domain.IntFact}},
	"distance":   {objects: []string{"measure"}, types: []domain.FactType{domain.DecimalFact}},
	"protection": {objects: []string{"protection"}, attr: true, attrs: []string{"threat", "measures"}},
	"field": {
		objects: []string{"member", "mission", "state", "measure", "agreement", "waiver", "vehicle", "property"}, attr: true,
		attrs: []string{
			"id", "level", "ground", "individual", "matter", "immunities", "stage", "by", "act",
			"states", "categories", "mission_kinds", "nationals_only", "excluded_statuses",
			"families", "as", "raises", "keeps_at_end", "privileges",
		},
	},
}

// Constructors returns the names of the constructors of facts that a ruleset
// may use, each with what it may be applied to; nil means that it is applied to
// any name, or to nothing.
func Constructors() map[string][]string {
	out := map[string][]string{}
	for name, c := range constructors {
		out[name] = c.attrs
	}
	return out
}
