package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

// A Config says what to run.
type Config struct {
	Seed uint64
	// Steps is after how many steps nothing new begins; what is under way ends.
	Steps int
	// Without names what does not go wrong.
	Without Troubles
	// Wait returns when every goroutine of the bubble waits: synctest.Wait.
	Wait func()
}

// A Result says what a run did.
type Result struct {
	Trace   []string // a line for each step
	Answers int      // given, and checked
	Events  int      // on record at the end
	Acked   int      // commands acknowledged
	Counts  map[string]int
}

// world is one run.
type world struct {
	Config
	*generator
	disk    *disk
	offices []*office
	clients []*client
	trace   []string
	step    int
	counts  map[string]int
	outage  bool
	full    bool

	log      []domain.Envelope // what is durable, as the checks have read it
	commands map[domain.CommandID]bool
	said     map[string]proposalState // by correlation, what was proposed
	pending  []proposal               // whose outcome nobody knows, or that had no room
	acked    []acked
	given    map[string]answer
	order    []string // keys of given, in the order in which they were given
	periods  int      // days to leave, by law
}

type proposalState struct {
	proposal
	recorded bool // seen on record
	denied   bool // submitted once, and said for certain not to be recorded
}

type acked struct {
	key     string // of the proposal
	receipt engine.Receipt
}

// An office is one engine at work on a machine that may crash.
type office struct {
	name    string
	starts  int
	follows bool
	conn    *conn
	engine  *engine.Engine // nil while it is down
	paused  bool           // its follower gets nothing
	shown   domain.Position
	seen    domain.Position // events compared with the log

	follower *turn // nil if it is not connected
	mu       sync.Mutex
	ended    error     // mu; why the follower's connection ended
	clock    time.Time // mu
}

func (o *office) Now() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.clock
}

func (o *office) set(t time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.clock = t
}

// A client does one thing at a time.
type client struct {
	name   string
	writes bool
	what   string
	turn   *turn // nil if idle
	office *office
	starts int       // of the office when it began
	cmd    *proposal // that it submits
	mu     sync.Mutex
	then   func() // mu; what to do with the outcome
}

// law is loaded once: the bundle of the common law, and the library.
var law = sync.OnceValues(func() ([]byte, *projections.Library) {
	bundle, err := rules.Bundle(rulesets.Common())
	if err != nil {
		panic("the common law does not load: " + err.Error())
	}
	library := projections.NewLibrary()
	if _, err := library.Common(library.Put(bundle)); err != nil {
		panic("the common law does not load: " + err.Error())
	}
	return bundle, library
})

// Load loads the law. It has to be called before, outside of every bubble.
func Load() { law() }

// begin is when every run begins.
var begin = time.Date(2025, 1, 1, 17, 0, 0, 0, time.UTC)

// Run runs one seed and returns the first broken invariant as a [*Failure].
func Run(c Config) (result Result, err error) {
	w := &world{
		Config:    c,
		generator: &generator{Rand: rand.New(rand.NewPCG(c.Seed, 0x636f6d697479))},
		disk:      newDisk(), counts: map[string]int{},
		commands: map[domain.CommandID]bool{}, said: map[string]proposalState{}, given: map[string]answer{},
	}
	defer func() {
		w.stop()
		result = Result{Trace: w.trace, Answers: len(w.order), Events: len(w.log), Acked: len(w.acked), Counts: w.counts}
		switch f := recover().(type) {
		case nil:
		case *Failure:
			err = f
		default:
			panic(f)
		}
	}()
	w.found()
	for w.step = 1; w.step <= w.Steps; w.step++ {
		w.choose(w.steps())
		w.rest()
	}
	w.finish()
	return result, nil
}

func (w *world) fail(i Invariant, format string, args ...any) {
	panic(&Failure{Seed: w.Seed, Step: w.step, Invariant: i, Text: fmt.Sprintf(format, args...), Trace: w.trace, Without: w.Without})
}

func (w *world) tell(format string, args ...any) {
	w.trace = append(w.trace, fmt.Sprintf("%d ", w.step)+fmt.Sprintf(format, args...))
}

// found makes the office and the people whom the run is about, and opens the
// engines: three that write, of which two follow.
func (w *world) found() {
	bundle, library := law()
	clock := begin
	log := w.disk.connect()
	config := engine.Config{Log: log, Bodies: log, Library: library, Clock: func() time.Time { return clock }}
	e, err := engine.Found(context.Background(), config, engine.Founding{
		Office: "sim", Zone: "America/New_York", Mode: domain.Live, ID: domain.CommandID{0: 0x4f, 15: 1}, Actor: "founder", Bundles: [][]byte{bundle},
	})
	if err != nil {
		panic("an office can't be founded: " + err.Error())
	}
	w.Wait() // a fault may acknowledge too early; it is to be met later
	w.zone = e.Zone()
	for _, c := range founding(w.zone) {
		if _, err := e.Submit(context.Background(), c); err != nil {
			panic("the founders are refused: " + err.Error())
		}
		w.Wait()
	}
	numbers, err := e.Root().Law(e.Position()).Capacities(timeline.Of(begin))
	if err != nil {
		panic("the law says nothing of periods to leave: " + err.Error())
	}
	w.periods = numbers.Period.Days
	w.disk.prompt = false
	w.offices = []*office{{name: "first"}, {name: "second", follows: true}, {name: "third", follows: true}}
	for i, o := range w.offices {
		o.set(begin.Add(time.Duration(i) * time.Second))
		w.open(o)
	}
	for i := range 3 {
		w.clients = append(w.clients, &client{name: fmt.Sprintf("writer%d", i+1), writes: true}, &client{name: fmt.Sprintf("reader%d", i+1)})
	}
	w.rest()
}

// open starts an engine on its machine.
func (w *world) open(o *office) {
	_, library := law()
	o.conn = w.disk.connect()
	o.starts++
	config := engine.Config{Log: o.conn, Bodies: o.conn, Library: library, Clock: o.Now, Chance: func() float64 { return 0.5 }}
	from := domain.Position(0)
	if o.starts > 1 && w.chance(2) {
		from = w.known(domain.Position(w.disk.head()))
		config.Roots, config.Snapshots = w.disk, w.freeze(from)
	}
	e, err := engine.Open(context.Background(), config)
	if err != nil {
		w.fail(Progress, "%s can't be opened: %v", o.name, err)
	}
	if thawed := e.Thawed(); thawed.From != from {
		w.fail(Progress, "%s began at %d, and its snapshot is of %d: %v", o.name, thawed.From, from, thawed.Refused)
	}
	o.engine, o.shown, o.seen, o.follower, o.paused = e, 0, 0, nil, false
	w.tell("open %s at %d, from a snapshot of %d", o.name, e.Position(), from)
	if e.Position() != domain.Position(w.disk.head()) {
		w.fail(AckSurvives, "%s opened at %d, and the log is at %d", o.name, e.Position(), w.disk.head())
	}
	if o.follows {
		w.connect(o)
	}
}

func (w *world) connect(o *office) {
	t, e := newTurn(), o.engine
	o.mu.Lock()
	o.follower, o.ended = t, nil
	o.mu.Unlock()
	go func() {
		err := e.Follow(t)
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.follower == t {
			o.ended = err
		}
	}()
}

// crash takes the power from a machine. Of what it wrote, a few appends may have
// become durable.
func (w *world) crash(o *office) {
	kept := w.IntN(3)
	w.tell("crash %s, keeping %d", o.name, kept)
	o.engine = nil
	o.mu.Lock()
	follower := o.follower
	o.follower = nil // nobody asks any more why it ended
	o.mu.Unlock()
	o.conn.cut(o.conn, kept)
	if follower != nil {
		follower.cancel()
	}
	for _, c := range w.clients {
		if c.turn != nil && c.office == o {
			c.turn.cancel()
		}
	}
}

// stop ends every goroutine of the run.
func (w *world) stop() {
	for _, o := range w.offices {
		if o.engine != nil {
			o.conn.cut(o.conn, 0)
		}
		if o.follower != nil {
			o.follower.cancel()
		}
	}
	for _, c := range w.clients {
		if c.turn != nil {
			c.turn.cancel()
		}
	}
	time.Sleep(time.Second) // of the bubble: whoever tries again later finds a closed log
}

// launch lets a client do something; then is called with the outcome by the
// scheduler.
func (w *world) launch(c *client, o *office, what string, cmd *proposal, do func(context.Context) func()) {
	t := newTurn()
	c.turn, c.office, c.starts, c.what, c.cmd = t, o, o.starts, what, cmd
	w.tell("%s at %s: %s", c.name, o.name, what)
	go func() {
		then := do(t)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.then = then
	}()
}

// rest waits until nothing can go on without the scheduler, deals with what came
// out, and checks what the engines show.
func (w *world) rest() {
	w.Wait()
	w.learn()
	for _, o := range w.offices {
		if o.engine != nil {
			w.inspect(o)
		}
	}
	for _, c := range w.clients {
		c.mu.Lock()
		then := c.then
		c.then = nil
		c.mu.Unlock()
		if then == nil {
			continue
		}
		c.turn.cancel()
		c.turn = nil
		if c.office.engine == nil || c.office.starts != c.starts { // nobody heard it
			w.tell("%s is left without an answer", c.name)
			if c.cmd != nil {
				w.pending = append(w.pending, *c.cmd)
			}
			continue
		}
		then()
	}
	for _, o := range w.offices {
		o.mu.Lock()
		ended := o.ended
		o.ended = nil
		o.mu.Unlock()
		if ended == nil {
			continue
		}
		o.follower = nil
		w.tell("%s no longer follows: %v", o.name, ended)
	}
}

// A choice is a step that could be taken now.
type choice struct {
	weight int
	do     func()
}

func (w *world) choose(from []choice) {
	sum := 0
	for _, c := range from {
		sum += c.weight
	}
	at := w.IntN(sum)
	for _, c := range from {
		if at -= c.weight; at < 0 {
			c.do()
			return
		}
	}
}

func (w *world) happens(t Troubles) bool { return w.Without&t == 0 }

func (w *world) up() []*office {
	return slices.DeleteFunc(slices.Clone(w.offices), func(o *office) bool { return o.engine == nil })
}

// steps lists what could happen next.
func (w *world) steps() []choice {
	out := w.going()
	up := w.up()
	for _, c := range w.clients {
		if c.turn != nil || len(up) == 0 {
			continue
		}
		if c.writes {
			out = append(out, choice{8, func() { w.submit(c, pick(w.generator, up)) }})
		} else {
			out = append(out, choice{6, func() { w.ask(c, pick(w.generator, up)) }})
		}
	}
	for _, o := range up {
		out = append(out, choice{3, func() { w.look(o) }}, choice{2, func() { w.glance(o) }}, choice{2, func() { w.tick(o) }})
		if w.happens(Crashes) {
			out = append(out, choice{1, func() { w.crash(o) }})
		}
		if w.happens(Partitions) {
			out = append(out, w.partition(o)...)
		}
		if o.follower != nil && w.happens(Pauses) {
			out = append(out, choice{1, func() { o.paused = !o.paused; w.tell("the follower of %s is paused: %v", o.name, o.paused) }})
		}
		if o.follower != nil && w.happens(BrokenFollow) {
			out = append(out, choice{1, func() { w.tell("the connection of %s breaks", o.name); o.conn.drop() }})
		}
	}
	if w.happens(GivingUp) {
		for _, c := range w.clients {
			if c.turn != nil {
				out = append(out, choice{1, func() { w.tell("%s gives up", c.name); c.turn.cancel() }})
			}
		}
	}
	trouble := func(t Troubles, on *bool, what string) {
		if !w.happens(t) {
			return
		}
		weight := 1
		if *on { // it passes soon
			weight = 12
		}
		out = append(out, choice{weight, func() { *on = !*on; w.tell("%s: %v", what, *on) }})
	}
	trouble(Outages, &w.outage, "the log is hard to reach")
	trouble(FullDisk, &w.full, "the disk is full")
	return out
}

// partition lists how an office and its log may be parted, and joined again.
func (w *world) partition(o *office) []choice {
	if o.conn.isApart() {
		return []choice{{8, func() { w.tell("%s reaches its log again", o.name); o.conn.part(false) }}}
	}
	return []choice{
		{1, func() { w.tell("%s does not reach its log", o.name); o.conn.part(true) }},
		{1, func() {
			n := 1 + w.IntN(2)
			w.tell("the next reading of %s breaks off after %d", o.name, n)
			o.conn.tearAfter(n)
		}},
	}
}

// going lists what goes on by itself.
func (w *world) going() []choice {
	var out []choice
	queued, decided := w.disk.waiting()
	if queued > 0 {
		out = append(out, choice{8, w.sync})
	}
	for i := range decided {
		out = append(out, choice{6, func() {
			d := w.disk.deliver(i)
			w.tell("tell of write %d", d.n)
		}})
	}
	for _, c := range w.clients {
		if c.turn != nil && c.turn.waiting() {
			out = append(out, choice{10, func() { w.tell("%s goes on", c.name); c.turn.pass <- struct{}{} }})
		}
	}
	for _, o := range w.offices {
		switch {
		case o.engine == nil:
			out = append(out, choice{4, func() { w.open(o) }})
		case o.paused:
		case o.follows && o.follower == nil:
			out = append(out, choice{4, func() { w.tell("%s follows again", o.name); w.connect(o) }})
		case o.follower != nil && o.follower.waiting():
			out = append(out, choice{6, func() { w.tell("the follower of %s goes on", o.name); o.follower.pass <- struct{}{} }})
		case o.follower != nil && o.allowed() < w.disk.head():
			out = append(out, choice{6, func() { w.send(o) }})
		}
	}
	return append(out, choice{1, func() {
		w.tell("time passes")
		time.Sleep(50 * time.Millisecond) // in the bubble: whoever waits to try again does
	}})
}

func (o *office) allowed() eventlog.Position {
	o.conn.mu.Lock()
	defer o.conn.mu.Unlock()
	return o.conn.allowed
}

// send lets a follower see some more records, perhaps a part of a command.
func (w *world) send(o *office) {
	from := o.allowed()
	to := from + eventlog.Position(1+w.IntN(int(w.disk.head()-from)))
	w.tell("send %s the records before %d", o.name, to)
	o.conn.allow(to)
}

// sync makes the oldest writes durable, or does not.
func (w *world) sync() {
	queued, _ := w.disk.waiting()
	for range 1 + w.IntN(queued) {
		f := written
		switch {
		case w.disk.first().by.apart:
			f = lostMute
			if w.chance(3) { // it was sent before
				f = writtenMute
			}
		case w.full:
			f = noRoom
		case w.outage && w.chance(2), w.happens(Outages) && w.chance(20):
			f = writtenMute
		case w.outage:
			f = lostMute
		}
		one := w.disk.sync(f)
		w.tell("write %d at %d: %s (%v)", one.n, one.expected, f, one.err)
	}
}

// tick moves a clock: on a little, far, not at all, or back.
func (w *world) tick(o *office) {
	now := o.Now()
	if !w.happens(OddClocks) {
		o.set(now.Add(time.Minute))
		return
	}
	switch w.IntN(6) {
	case 0, 1:
		now = now.Add(time.Duration(w.IntN(5)) * time.Second)
	case 2:
		now = now.AddDate(0, w.IntN(4), 0)
	case 3:
		now = when(pick(w.generator, moments), w.zone).At.Add(time.Duration(w.IntN(3)-1) * time.Microsecond)
	case 4:
		now = now.Add(-time.Duration(w.IntN(48)) * time.Hour)
	case 5: // stands still
	}
	o.set(now)
	w.tell("the clock of %s shows %s", o.name, calendar.FormatInstant(now))
}
