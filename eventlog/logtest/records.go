package logtest

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/comity-project/comity/eventlog"
)

// Epoch is when record 0 of [Records] was recorded.
var Epoch = time.Date(2031, 3, 9, 7, 30, 0, 0, time.UTC)

// Records returns n records, the first of which is number from. Record number
// i is the same whenever it is asked for: recorded i microseconds after
// [Epoch], about one of some 90 subjects of three States that don't exist,
// with a few hundred bytes of JSON that repeat the other fields.
func Records(from, n int) []eventlog.Record {
	records := make([]eventlog.Record, n)
	for i := range records {
		records[i] = Record(from + i)
	}
	return records
}

// Record returns record number i of [Records].
func Record(i int) eventlog.Record {
	types := []string{"member.accredited", "privilege.granted", "privilege.restricted", "benefit.used"}
	states := []string{"xa", "xb", "xc"}
	return Seal(eventlog.Record{
		ID:       Number(i),
		Recorded: Epoch.Add(time.Duration(i) * time.Microsecond),
		Subject:  fmt.Sprintf("member/%s.%d", states[i%len(states)], i%31),
		Type:     types[i%len(types)],
	}, fmt.Sprintf(`"n":%d,"authority":"note %s/%d","payload":{"privilege":"tax.sales","reason":%q}`,
		i, states[i%len(states)], i/7, strings.Repeat("in answer to ", 3+i%9)))
}

// Number returns an id that looks like those of one machine in one second.
func Number(i int) eventlog.ID {
	id := eventlog.ID{0x01, 0x9d, 0x4b, 0x3a}
	binary.BigEndian.PutUint64(id[8:], uint64(i)+1)
	return id
}

// Seal gives a record data that repeats its other fields, as the envelope of
// a real event does, so that [CheckCopies] can tell when they part.
func Seal(r eventlog.Record, rest string) eventlog.Record {
	r.Data = []byte(copies(r) + rest + "}")
	return r
}

// CheckCopies reports an error if the fields of a record are not what its
// data says.
func CheckCopies(r eventlog.Record) error {
	if want := copies(r); !strings.HasPrefix(string(r.Data), want) {
		return fmt.Errorf("record %s: fields say %s, data says %.200s", r.ID, want, r.Data)
	}
	return nil
}

func copies(r eventlog.Record) string {
	return fmt.Sprintf(`{"id":%q,"subject":%q,"type":%q,"recorded":%q,`,
		r.ID, r.Subject, r.Type, r.Recorded.Format("2006-01-02T15:04:05.000000Z"))
}
