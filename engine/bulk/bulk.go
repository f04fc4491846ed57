// Package bulk carries whole lists in and out of an office: accreditation lists,
// families, violations, parking tickets, vehicles, exchange rates, and the events
// of another office.
//
// A list is CSV or JSON lines; docs/format/import.md describes its columns. A
// [Table] yields its rows, [Import] makes a command of each and decides it, and
// only when the whole file has been decided is anything recorded:
//
//	s, err := office.Begin(ctx)
//	defer s.Abandon(ctx)
//	outcome, err := im.Decide(ctx, s, nil)
//	position, err := s.Record(ctx, nil)
//
// # Ids
//
// The ids of commands and events are made from the id of the import, the kind of
// list and the line of the row. So an import that broke off is completed by the
// same import again, and one that is complete changes nothing:
//
//	command, event 0, event 1 ... = 01 | import[0:5] | line, 4 bytes | row[0:6]
//	import = SHA-256 of kind, 0, id of the import
//	row    = SHA-256 of import, line, and "command" or the number of the event
//
// Rows that were refused and mended keep their line, which the report of them
// states, and so do not take the ids of others.
//
// [Export] is the other direction: the office as it stands at two times, in the
// columns that an import reads.
package bulk

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/comity-project/comity/domain"
)

// A Kind says what a list lists.
type Kind string

// The kinds of list. Those from Missions on can be exported only.
const (
	Events     Kind = "events"
	Members    Kind = "members"
	Families   Kind = "families"
	Violations Kind = "violations"
	Tickets    Kind = "tickets"
	Rates      Kind = "rates"
	Vehicles   Kind = "vehicles"
	Missions   Kind = "missions"
	States     Kind = "states"
	Measures   Kind = "measures"
	Cards      Kind = "cards"
	Requests   Kind = "requests"
)

// Imported lists the kinds that can be imported.
func Imported() []Kind {
	return []Kind{Members, Families, Vehicles, Tickets, Violations, Rates, Events}
}

// Exported lists the kinds that can be exported.
func Exported() []Kind {
	return []Kind{Events, Members, Families, Missions, States, Measures, Vehicles, Tickets, Violations, Cards, Requests, Rates}
}

// ParseKind reads one of some kinds.
func ParseKind(text string, known []Kind) (Kind, error) {
	var words []string
	for _, k := range known {
		if string(k) == text {
			return k, nil
		}
		words = append(words, string(k))
	}
	if text == "" {
		return "", fmt.Errorf("say what the list is: one of %s", strings.Join(words, ", "))
	}
	return "", fmt.Errorf("unknown kind of list %q%s: write one of %s", text, domain.DidYouMean(text, words), strings.Join(words, ", "))
}

// A Format is how a list is written.
type Format string

// The formats.
const (
	CSV       Format = "csv"   // RFC 4180, with a header
	JSONLines Format = "jsonl" // one object on each line
)

// IDOf is the id of an import that nobody named: that of its bytes.
func IDOf(kind Kind, data []byte) string {
	h := sha256.New()
	h.Write([]byte(kind))
	h.Write([]byte{0})
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// ids makes the ids of one import.
type ids struct{ of [sha256.Size]byte }

func newIDs(kind Kind, id string) ids {
	return ids{sha256.Sum256([]byte(string(kind) + "\x00" + id))}
}

func (i ids) make(line int, what string) (out [16]byte) {
	row := sha256.Sum256([]byte(hex.EncodeToString(i.of[:]) + " " + strconv.Itoa(line) + " " + what))
	out[0] = 1 // some day between 2004 and 2039, as far as a ULID's time goes
	copy(out[1:6], i.of[:])
	binary.BigEndian.PutUint32(out[6:10], uint32(line)) //nolint:gosec // a file has fewer lines
	copy(out[10:], row[:])
	return out
}

func (i ids) command(line int) domain.CommandID { return i.make(line, "command") }

func (i ids) event(line, n int) domain.EventID { return i.make(line, strconv.Itoa(n)) }
