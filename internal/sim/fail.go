package sim

import (
	"fmt"
	"strings"
)

// An Invariant is something that holds at every step. The numbers are those of
// docs/design/0006-simulation.md.
type Invariant int

// The invariants.
const (
	Dense          Invariant = 1
	RecordedGrows  Invariant = 2
	TargetsEarlier Invariant = 3
	SameOperation  Invariant = 4
	FastIsNaive    Invariant = 5
	NoForesight    Invariant = 6
	ReplayIsLive   Invariant = 7
	NextChange     Invariant = 10
	NowIsFold      Invariant = 11
	Monotone       Invariant = 12
	TokenHonoured  Invariant = 13
	OnePosition    Invariant = 14
	AckSurvives    Invariant = 15
	DurableOnly    Invariant = 16
	ClockIsNothing Invariant = 22
	ErrorsDeny     Invariant = 24
	OneEffect      Invariant = 25
	UndoIsIdentity Invariant = 26
	OrderInBatch   Invariant = 27
	ReplicasAgree  Invariant = 29
	WholeCommands  Invariant = 31
	Progress       Invariant = 32
	Certain        Invariant = 33
)

var invariants = map[Invariant]string{
	Dense:          "positions are dense, and an engine holds at each the event that the log holds",
	RecordedGrows:  "recorded grows from command to command and is equal within one",
	TargetsEarlier: "what an event names is earlier, and of the same subject",
	SameOperation:  "a correction says the same kind of thing as what it corrects",
	FastIsNaive:    "facts are what the specification says",
	NoForesight:    "an answer ignores what is recorded at its position or later",
	ReplayIsLive:   "a log read again gives the answers that were given",
	NextChange:     "an answer holds until it says",
	NowIsFold:      "an answer about now is the answer at the root's position",
	Monotone:       "no reader sees the position go back",
	TokenHonoured:  "an answer has seen the position that was asked for, or is refused",
	OnePosition:    "one request is answered from one position",
	AckSurvives:    "what was acknowledged is on record, where the receipt says",
	DurableOnly:    "nothing is served that is not durable",
	ClockIsNothing: "a clock changes no answer about stated times",
	ErrorsDeny:     "an answer with an error that matters permits nothing",
	OneEffect:      "a command has one effect, however often it is submitted",
	UndoIsIdentity: "to retract, and to retract that, changes nothing",
	OrderInBatch:   "the order inside a command is invisible",
	ReplicasAgree:  "no two engines answer differently at one position",
	WholeCommands:  "no part of a command is ever seen",
	Progress:       "what can go on goes on",
	Certain:        "what was said not to be recorded is not",
}

func (i Invariant) String() string { return fmt.Sprintf("invariant %d (%s)", int(i), invariants[i]) }

// A Failure is a broken invariant.
type Failure struct {
	Seed      uint64
	Step      int
	Invariant Invariant
	Text      string
	Trace     []string // the steps up to here
	Without   Troubles // what did not happen in this run
}

func (f *Failure) Error() string {
	const last = 25
	tail := f.Trace
	if len(tail) > last {
		tail = tail[len(tail)-last:]
	}
	return fmt.Sprintf("seed %d, step %d: %s\n%s\n\nthe last steps:\n  %s\n\nagain: %s",
		f.Seed, f.Step, f.Invariant, f.Text, strings.Join(tail, "\n  "), f.Again())
}

// Again is the command that runs it again.
func (f *Failure) Again() string {
	line := fmt.Sprintf("go test ./internal/sim -run '^TestSeed$' -sim.seed=%d -sim.steps=%d", f.Seed, f.Step)
	if f.Without != 0 {
		line += " -sim.without=" + f.Without.String()
	}
	return line
}

// Troubles are kinds of things that go wrong, as a set.
type Troubles uint

// The kinds.
const (
	Crashes Troubles = 1 << iota
	Outages
	FullDisk
	BrokenFollow
	OddClocks
	GivingUp
	Partitions
	Pauses
	AllTroubles Troubles = 1<<iota - 1
)

var troubleNames = []string{"crashes", "outages", "full", "follow", "clocks", "giving-up", "partitions", "pauses"}

func (t Troubles) String() string {
	var out []string
	for i, name := range troubleNames {
		if t&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return strings.Join(out, ",")
}

// ParseTroubles reads what String writes.
func ParseTroubles(text string) (Troubles, error) {
	var out Troubles
next:
	for word := range strings.SplitSeq(text, ",") {
		for i, name := range troubleNames {
			if word == name {
				out |= 1 << i
				continue next
			}
		}
		if word != "" {
			return 0, fmt.Errorf("there is no trouble %q: name some of %s", word, strings.Join(troubleNames, ","))
		}
	}
	return out, nil
}
