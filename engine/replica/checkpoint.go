package replica

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/eventlog"
)

// A Checkpoint is what one replica says that the office's log was, up to a position; or
// only that the replica is there, so that the others know whom to wait for: then it has no
// position. As a record it is one line of JSON, its fields in this order.
type Checkpoint struct {
	Comity string          `json:"comity"` // "checkpoint", or "replica"
	Office domain.OfficeID `json:"office"`
	// Position is a count of records, and Root the root of the Merkle tree over them.
	Position domain.Position `json:"position,omitzero"`
	Root     eventlog.Hash   `json:"root,omitzero"`
	Replica  string          `json:"replica"`
	// Semantics is the version that the replica's program implements, and Adopted the
	// greatest that the office had adopted as far as the replica knew: while they
	// differ among replicas, an upgrade is under way.
	Semantics int    `json:"semantics"`
	Adopted   int    `json:"adopted"`
	Program   string `json:"program"`
	// Session is of one run of the replica, and tells two of the same name apart.
	Session string `json:"session"`
}

// kind is the type of the records, and what those with a position say that they are;
// presence is what those without say.
const (
	kind     = "checkpoint"
	presence = "replica"
)

// record writes a checkpoint for a place in the log of checkpoints. Its id comes from the
// two, so that it is not there twice if an append is made again.
func (c Checkpoint) record(at eventlog.Position, recorded time.Time) (eventlog.Record, error) {
	data, err := json.Marshal(c)
	if err != nil {
		return eventlog.Record{}, fmt.Errorf("the checkpoint of position %d: %w", c.Position, err)
	}
	sum := sha256.Sum256(fmt.Appendf(data[:len(data):len(data)], "@%d", at))
	return eventlog.Record{
		ID: eventlog.ID(sum[:16]), Recorded: recorded.UTC().Truncate(time.Microsecond),
		Subject: "office/" + string(c.Office), Type: kind, Data: data,
	}, nil
}

// errRecord is returned for a record that is no checkpoint.
var errRecord = errors.New("it is no checkpoint")

// parse reads what record wrote, of any later version too.
func parse(data []byte) (Checkpoint, error) {
	var c Checkpoint
	err := json.NewDecoder(bytes.NewReader(data)).Decode(&c)
	switch {
	case err != nil:
		return Checkpoint{}, fmt.Errorf("%w: %w", errRecord, err)
	case c.Comity == presence:
		return Checkpoint{Comity: c.Comity, Office: c.Office, Replica: c.Replica, Program: c.Program, Session: c.Session}, nil
	case c.Comity != kind || c.Position == 0 || c.Root == eventlog.Hash{}:
		return Checkpoint{}, errRecord
	}
	return c, nil
}

// A Fork says that two replicas don't hold the same log, and that this one is not believed:
// more say the other root, or as many, and that one was published first. That does not
// prove which of them is wrong.
type Fork struct {
	Position      domain.Position
	Own, Theirs   eventlog.Hash // the roots at the position
	Name          string        // of this replica
	With, Against int           // how many others say the one, and how many another
	Replica       string        // the first of those
	Program       string        // of it
	At            eventlog.Position
}

func (f *Fork) Error() string {
	return fmt.Sprintf("at position %d the root of the log is %s here (%s%s), and %s at %s (checkpoint %d, program %s)%s: one of the two did not read what was recorded; hold both logs and their seals against a backup (comity log check), and start the one that is wrong anew, without its seal and snapshot: it takes back what it published; if what was published first is wrong and nobody is there to take it back, let all replicas begin another log of checkpoints (serve.checkpoints)",
		f.Position, f.Own, f.Name, more(f.With), f.Theirs, f.Replica, f.At, f.Program, more(f.Against-1))
}

// more says how many more there are of something.
func more(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}
