package scenario

import (
	"strings"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
)

// A File is a text of scenarios that can be run.
type File struct {
	Name      string
	Scenarios []*Scenario
}

// A Scenario is one office and its story.
type Scenario struct {
	Name string
	// Cite lists what the scenario shows at work. Each must be cited by one of
	// its answers.
	Cite []string
	// See lists other sources, which are not compared.
	See []string

	line    line
	office  office
	steps   []*step
	cited   []line // where each of Cite was written
	clock   time.Time
	ticking bool // a line at was read
	labels  map[string]*draft
	known   map[domain.SubjectKind][]string // what is recorded so far
}

// A line is where something was written.
type line struct {
	file   string
	number int
	text   string
}

// An office is where a scenario is played.
type office struct {
	id      string
	zone    calendar.Zone
	founded time.Time
	stated  bool
}

// A step is one thing that is done: something is recorded, asked or shown.
type step struct {
	line
	clock   time.Time
	record  *record
	publish *publication
	ask     *question
}

// A record is one command: its events are recorded together or not at all.
type record struct {
	drafts []*draft
	// refused, if refusing, is what the refusal must say.
	refusing bool
	refused  string
}

// A publication brings a ruleset into force.
type publication struct {
	ruleset   string
	text      strings.Builder // of its one file
	effective calendar.When
	authority string
	refusing  bool
	refused   string
}

// A draft is one event of a command.
type draft struct {
	line
	label    string
	envelope domain.Envelope
	err      error // why the words make no event
	fields   []codec.Field
	typ      domain.Type // of the event that stands in the end: of a correction, its body's
	after    domain.Position
}

// A question is asked of the engine, and its answer compared.
type question struct {
	subject   domain.Subject
	privilege domain.Privilege // empty: the card is asked for
	request   map[string]string
	asOf      time.Time
	asKnown   engine.Known
	knownBy   *draft // as known once this was recorded
	refusing  bool
	refused   string
	checks    []check
}

// A check is one thing that an answer must, or must not, show.
type check struct {
	line
	what       string
	not        bool
	want       string
	key        string // of then facts key=want
	conditions []condition
	time       time.Time
}

// A condition is what a condition of the answer must be.
type condition struct {
	code   string
	params []domain.Param
	state  domain.ConditionState // empty: any
}
