package rules

import (
	"errors"
	"strings"

	"github.com/comity-project/comity/domain/calendar"
)

// readOffices reads the regional offices and whom each serves, as far as that is
// published:
//
//	offices:
//	  - {id: new-york, city: New York, zone: America/New_York, serves: {cities: [Boston]}, cite: [...]}
//
// An edition may do without.
func (l *loader) readOffices() {
	ids, served := map[string]bool{}, map[string]string{}
	for _, n := range l.items("offices") {
		f := l.fields(n, "a regional office", keysOf("office")...)
		if f.bad {
			continue
		}
		o := &RegionalOffice{ID: f.needText("id")}
		if o.ID != "" {
			f.what = "the regional office " + clip(o.ID)
			if l.checkID(f.values["id"], o.ID) && ids[o.ID] {
				l.add(f.values["id"], codeSameID, "", "the id %s is used twice", clip(o.ID))
			}
			ids[o.ID] = true
		}
		o.City, o.Zone, o.Note, o.Cite = f.needText("city"), f.needText("zone"), f.text("note"), f.cite(true)
		o.Former, _ = f.bool("former")
		if o.Zone != "" {
			l.officeZone(f.values["zone"], o)
		}
		l.readServes(f, o)
		l.servedOnce(f, o, served)
		l.edition.Offices = append(l.edition.Offices, o)
	}
}

func (l *loader) officeZone(n item, o *RegionalOffice) {
	_, err := calendar.LoadZone(o.Zone)
	if err == nil {
		return
	}
	hint := ""
	if unknown, ok := errors.AsType[*calendar.ZoneError](err); ok && len(unknown.Near) > 0 {
		hint = "did you mean " + unknown.Near[0] + "?"
	}
	l.add(n, codeOffice, hint, "there is no time zone %s", clip(o.Zone))
}

func (l *loader) readServes(f *fields, o *RegionalOffice) {
	n, ok := f.get("serves")
	if !ok {
		return
	}
	s := l.fields(n, "what "+f.what+" serves", keysOf("serves")...)
	o.Cities, o.States, o.Parts = s.texts("cities"), s.texts("states"), s.texts("parts")
	if o.Former {
		l.add(n, codeOffice, "", "%s is a former one, and serves nobody", f.what)
	}
}

// servedOnce refuses a city or a State that two offices serve, or one twice.
func (l *loader) servedOnce(f *fields, o *RegionalOffice, served map[string]string) {
	at := f.of
	if n, ok := f.get("city"); ok {
		at = n
	}
	claim := func(n item, what, name string) {
		key := what + " " + strings.ToLower(name)
		if by, twice := served[key]; twice && name != "" {
			l.add(n, codeOffice, "", "the %s %s is there twice: %s has it already", what, clip(name), by)
			return
		}
		served[key] = o.ID
	}
	claim(at, "city", o.City)
	if n, ok := f.get("serves"); ok {
		at = n
	}
	for _, city := range o.Cities {
		claim(at, "city", city)
	}
	for _, state := range o.States {
		claim(at, "state", state)
	}
}
