package standing

import (
	"fmt"
	"slices"

	"github.com/comity-project/comity/domain"
)

// ages are those with which the rules about a privilege compare: who is past the same of
// them is as old as the other, to these rules.
type ages struct {
	at   []int64
	all  bool   // it can't be said which
	name string // the same for equal ages
}

func agesOf(m *Moment, p domain.Privilege) *ages {
	of := Reads([]domain.Privilege{p}, m)
	return &ages{of.Ages, of.AllAges, fmt.Sprint(" past ", of.Ages)}
}

// counts reports whether a fact is an age of which no more is looked at.
func (a *ages) counts(decl *domain.FactDecl) bool {
	return !a.all && decl.From.Constructor == "age"
}

// since says how many of the ages somebody is past.
func (a *ages) since(r reading) reading {
	if r.known && r.kind == domain.IntValue {
		n, exact := slices.BinarySearch(a.at, r.n)
		if exact {
			n++
		}
		r.n = int64(n)
	}
	return r
}
