package rules

import (
	"slices"
	"strings"
)

// A RegionalOffice is where missions away from the capital turn to. What it
// serves is told as far as it is published, and nothing follows for the rest.
type RegionalOffice struct {
	ID   string
	City string
	Zone string
	// Cities are those of posts that it serves beside its own, States those of the
	// receiving federation that it serves as a whole, and Parts what it serves of
	// others, in words. A city may have the name of a State that it does not lie in.
	Cities []string
	States []string
	Parts  []string
	Former bool // it was on an earlier list, and is no longer
	Note   string
	Cite   []string
}

// Serves reports whether it is published that the office serves the posts in a city.
func (o *RegionalOffice) Serves(city string) bool {
	return !o.Former && (strings.EqualFold(o.City, city) || holds(o.Cities, city))
}

// ServesState reports whether it is published that the office serves a State of
// the federation as a whole.
func (o *RegionalOffice) ServesState(state string) bool { return !o.Former && holds(o.States, state) }

// OfficeFor returns the regional office that serves the posts in a city, or nil
// if none is published.
func (e *Edition) OfficeFor(city string) *RegionalOffice {
	return e.office(func(o *RegionalOffice) bool { return o.Serves(city) })
}

// OfficeForState returns the regional office that serves a State of the
// federation as a whole, or nil if none is published.
func (e *Edition) OfficeForState(state string) *RegionalOffice {
	return e.office(func(o *RegionalOffice) bool { return o.ServesState(state) })
}

func (e *Edition) office(is func(*RegionalOffice) bool) *RegionalOffice {
	if i := slices.IndexFunc(e.Offices, is); i >= 0 {
		return e.Offices[i]
	}
	return nil
}

func holds(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}
