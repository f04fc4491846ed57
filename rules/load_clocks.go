package rules

import (
	"strconv"

	"github.com/comity-project/comity/domain"
)

// readClocks reads the kinds of notices and applications, and how long a clock
// each starts:
//
//	clocks:
//	  property: {privilege: [property.lease, ...], named: true, days: 60, free: true, cite: [...]}
func (l *loader) readClocks() {
	clocks := map[domain.RequestKind]domain.ClockLaw{}
	if !l.shared {
		l.lang.Clocks = clocks
	}
	keys, values := l.entries("clocks")
	for i, k := range keys {
		f := l.fields(values[i], "the clock of "+clip(k.Value), keysOf("clock")...)
		if !l.knownCode(k, "request_kind", k.Value) || f.bad {
			continue
		}
		c := domain.ClockLaw{
			Kind: domain.RequestKind(k.Value), Term: l.lang.Term("request_kind", k.Value),
			Days: f.int("days"), Months: f.int("months"), Cite: f.cite(true),
		}
		c.Named, _ = f.bool("named")
		c.Free, _ = f.bool("free")
		if v, ok := f.get("privilege"); ok {
			c.Privileges, _ = l.privileges(v, f.what, 0)
		}
		switch {
		case c.Days < 0 || c.Months < 0 || c.Days > 0 && c.Months > 0:
			l.add(values[i], codeClock, "", "%s runs for days or for months, not for %s", f.what, strconv.Itoa(c.Days)+" days and "+strconv.Itoa(c.Months)+" months")
		case c.Free && c.Days == 0 && c.Months == 0:
			l.add(f.values["free"], codeClock, "state days or months", "%s frees what is asked when its period is over, and has no period", f.what)
		case c.Named && len(c.Privileges) == 0:
			l.add(f.values["named"], codeClock, "list them under privilege", "a request of the kind %s has to name privileges, and there are none to name", clip(k.Value))
		}
		clocks[c.Kind] = c
	}
	list := l.lang.Lists["request_kind"]
	if list == nil {
		return
	}
	for i, code := range list.names() {
		if _, found := l.lang.Clocks[domain.RequestKind(code)]; !found && len(keys) > 0 {
			l.add(keys[0], codeClock, "", "the kind of request %s (number %d of the list) has no clock: say at least on what it rests", code, i+1)
		}
	}
}
