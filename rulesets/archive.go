package rulesets

import _ "embed" // for the archive

//go:embed archive/public-record.jsonl
var archive []byte

// Archive returns the public record: reciprocity as it was applied, as events of
// a history office whose zone is America/New_York, one on each line in the form
// of docs/format/events.md. archive/SOURCES.md says what each rests on.
func Archive() []byte { return archive }

// knownSince has the day on which the last of what an edition restates about the
// cases of the archive had become known.
var knownSince = map[string]string{
	"cn": "2020-09-02", "er": "2007-08-18", "ge": "2000-07-01", "hketo": "2019-10-17", "in": "2014-03-15", "ir": "2025-09-24",
	"mw": "2019-06-20", "pk": "2019-08-09", "ru": "2018-03-27", "sy": "2014-03-19", "tecro": "2014-03-25",
}

// KnownSince says from which day, in the zone of the archive, an office that
// records the archive may know the edition of a State that ships: before, it
// would know what had not happened yet. There is none for a State without a case.
func KnownSince(state string) (day string, found bool) {
	day, found = knownSince[state]
	return day, found
}
