package harness

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/comity-project/comity/internal/bench/peers/workload"
)

// ErrDepends is what a Decider returns that is asked without the facts of a
// request, if the answer depends on them. Such questions are counted, not compared.
var ErrDepends = errors.New("the answer depends on the request")

// A Decider answers questions, one at a time.
type Decider func(q *workload.Request) (workload.Decision, error)

// An Engine has the law of all States compiled.
type Engine interface {
	// People hands over whom questions may be about. It is called once, and not
	// part of what is timed as loading.
	People(law *workload.Law, members []workload.Member) error
	// Decider makes what answers questions; one is made for each goroutine.
	Decider() (Decider, error)
}

// An Everybody is an Engine with a way of its own to decide every privilege of
// every member, with the facts of one request.
type Everybody interface {
	Everybody(q *workload.Request) (decisions int)
}

// A Row is one line of the table.
type Row struct {
	Name string
	// Sources writes the law as the engine reads it. It is not timed.
	Sources func(law *workload.Law) (any, error)
	// Load compiles what Sources made: this is what is timed as loading.
	Load func(sources any) (Engine, error)
	// Close ends what Load began; nil if there is nothing to end.
	Close func(Engine)
	// Slow says that not everybody can be asked in reasonable time, nor loading
	// repeated: some are asked, and the time is that of all by proportion.
	Slow bool
	// Apart says that the work is done by another process, so that neither the
	// processor time nor the heap of this one says anything.
	Apart bool
	// Members is how many there are at most; zero: as many as are asked for. What is
	// asked of everybody is then in proportion.
	Members int
	// OutcomeAlone says that the row is asked without the facts of a request. What it
	// answers then holds for any, but of several rules it may name another.
	OutcomeAlone bool
}

// A Report is the answer to one word.
type Report struct {
	Row  string `json:"row"`
	Did  string `json:"did"`
	Fail string `json:"fail,omitempty"`

	Agreed  int `json:"agreed,omitempty"`  // questions
	Depends int `json:"depends,omitempty"` // questions without an answer: see ErrDepends

	Seconds    float64 `json:"seconds,omitempty"`    // of load; of all
	Text       int     `json:"text,omitempty"`       // bytes of the law's text
	Processor  float64 `json:"processor,omitempty"`  // processor time instead: seconds of load and all, nanoseconds of a decision
	Nanos      float64 `json:"nanos,omitempty"`      // a decision
	Allocs     float64 `json:"allocs,omitempty"`     // a decision
	Bytes      float64 `json:"bytes,omitempty"`      // a decision
	PerSecond  float64 `json:"per_second,omitempty"` // decisions
	Processors int     `json:"processors,omitempty"`
	Decisions  int     `json:"decisions,omitempty"` // of all
	Sampled    bool    `json:"sampled,omitempty"`   // by proportion
	LawHeap    uint64  `json:"law_heap,omitempty"`  // live bytes after loading
	Heap       uint64  `json:"heap,omitempty"`      // and with everybody

	Address string `json:"address,omitempty"` // of load, of a Listener
	Process int    `json:"process,omitempty"` // of load, of a Listener
}

// A Listener is an Engine that is a server, and can be asked by others over HTTP.
type Listener interface {
	// Listens returns the host and port of its HTTP, and the number of its process.
	Listens() (address string, process int)
}

// Questions is how many questions are compared before anything is timed.
const Questions = 20_000

// Hot is how many questions are so few that all they need is in the caches of the
// processor.
const Hot = 256

// Main runs the program of a peer.
func Main(rows ...Row) {
	name := flag.String("row", rows[0].Name, "which row of the table")
	seed := flag.Uint64("seed", 1, "of the workload")
	members := flag.Int("members", workload.Members, "how many members there are")
	budget := flag.Duration("budget", time.Second, "how long one measurement takes")
	profile := flag.String("profile", "", "a file for a profile of the processor")
	flag.Parse()
	at := slices.IndexFunc(rows, func(r Row) bool { return r.Name == *name })
	if at < 0 {
		fmt.Fprintf(os.Stderr, "there is no row %q\n", *name)
		os.Exit(2)
	}
	if *profile != "" {
		file, err := os.Create(*profile)
		if err == nil {
			err = pprof.StartCPUProfile(file)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		defer pprof.StopCPUProfile()
	}
	r := &run{row: rows[at], seed: *seed, size: *members, budget: *budget}
	out := json.NewEncoder(os.Stdout)
	failed := false
	do := func(word string) {
		report := Report{Row: r.row.Name, Did: word}
		if err := r.do(word, &report); err != nil {
			report.Fail, failed = err.Error(), true
		}
		if r.row.Apart {
			report.Processor, report.Allocs, report.Bytes, report.LawHeap, report.Heap = 0, 0, 0, 0, 0
		}
		_ = out.Encode(report)
	}
	if flag.NArg() > 0 {
		for _, word := range flag.Args() {
			do(word)
		}
	} else {
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			do(strings.TrimSpace(lines.Text()))
		}
	}
	if r.row.Close != nil && r.engine != nil {
		r.row.Close(r.engine)
	}
	if failed {
		pprof.StopCPUProfile()
		os.Exit(1)
	}
}

type run struct {
	row    Row
	seed   uint64
	size   int
	budget time.Duration

	law       *workload.Law
	sources   any
	members   []workload.Member
	questions []workload.Request
	engine    Engine
	agreed    bool
	lawHeap   uint64
}

func (r *run) do(word string, report *Report) error {
	if r.law == nil {
		r.law = workload.NewLaw(r.seed)
		var err error
		if r.sources, err = r.row.Sources(r.law); err != nil {
			return err
		}
	}
	if word == "load" {
		return r.load(report)
	}
	if err := r.ready(); err != nil {
		return err
	}
	if word != "agree" && !r.agreed {
		return errors.New("nothing is timed before it agreed: say agree first")
	}
	switch word {
	case "agree":
		return r.agree(report)
	case "time":
		return r.time(report, r.questions)
	case "hot":
		return r.time(report, r.questions[:min(Hot, len(r.questions))])
	case "parallel":
		return r.parallel(report)
	case "all":
		return r.all(report)
	case "memory":
		report.LawHeap, report.Heap = r.lawHeap, heap(r.sources, r.questions, r.members)
		return nil
	}
	return fmt.Errorf("there is no %q: load, agree, time, hot, parallel, all or memory", word)
}

// load compiles the law once more, and keeps the first.
func (r *run) load(report *Report) error {
	before := heap(r.sources)
	start, cpu := time.Now(), processor()
	engine, err := r.row.Load(r.sources)
	report.Seconds, report.Processor = time.Since(start).Seconds(), (processor() - cpu).Seconds()
	if err != nil {
		return err
	}
	report.Text = size(r.sources)
	if r.engine == nil {
		r.engine = engine
		if l, listens := engine.(Listener); listens {
			report.Address, report.Process = l.Listens()
		}
		r.lawHeap = heap(r.sources, engine) - before
		report.LawHeap = r.lawHeap
		return nil
	}
	if r.row.Close != nil {
		r.row.Close(engine)
	}
	return nil
}

func (r *run) ready() error {
	if r.members != nil {
		return nil
	}
	if r.engine == nil {
		if err := r.load(&Report{}); err != nil {
			return err
		}
	}
	n := r.size
	if r.row.Members > 0 {
		n = min(n, r.row.Members)
	}
	r.members = workload.NewMembers(r.law, r.seed, n)
	r.questions = workload.NewRequests(r.law, r.members, r.seed, Questions)
	return r.engine.People(r.law, r.members)
}

func (r *run) agree(report *Report) error {
	naive := workload.NewNaive(r.law, r.members)
	decide, err := r.engine.Decider()
	if err != nil {
		return err
	}
	for i := range r.questions {
		q := &r.questions[i]
		got, err := decide(q)
		if errors.Is(err, ErrDepends) {
			report.Depends++
			continue
		}
		if err != nil {
			return fmt.Errorf("question %d, %+v: %w", i, *q, err)
		}
		want := naive.Decide(*q)
		if r.row.OutcomeAlone {
			want.Rule = got.Rule
		}
		if got != want {
			return fmt.Errorf("question %d, %+v: %+v, but the reference says %+v", i, *q, got, want)
		}
		report.Agreed++
	}
	r.agreed = true
	return nil
}

// sink keeps what is measured from being left out.
var sink atomic.Int64

func (r *run) time(report *Report, questions []workload.Request) error {
	decide, err := r.engine.Decider()
	if err != nil {
		return err
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu := processor()
	n, took, err := repeat(decide, questions, 0, r.budget)
	cpu = processor() - cpu
	runtime.ReadMemStats(&after)
	if err != nil {
		return err
	}
	report.Nanos = float64(took.Nanoseconds()) / float64(n)
	report.Processor = float64(cpu.Nanoseconds()) / float64(n)
	report.Allocs = float64(after.Mallocs-before.Mallocs) / float64(n)
	report.Bytes = float64(after.TotalAlloc-before.TotalAlloc) / float64(n)
	return nil
}

// repeat decides questions, from one on, until the time is over.
func repeat(decide Decider, questions []workload.Request, from int, budget time.Duration) (n int, took time.Duration, err error) {
	start, sum := time.Now(), 0
	for at := from; ; {
		for range 64 {
			d, err := decide(&questions[at])
			if err != nil && !errors.Is(err, ErrDepends) {
				return n, took, err
			}
			sum += int(d.Outcome) + len(d.Rule)
			if at++; at == len(questions) {
				at = 0
			}
		}
		n += 64
		if took = time.Since(start); took >= budget {
			sink.Add(int64(sum))
			return n, took, nil
		}
	}
}

func (r *run) parallel(report *Report) error {
	report.Processors = runtime.GOMAXPROCS(0)
	runtime.GC()
	var (
		all    sync.WaitGroup
		mu     sync.Mutex
		failed error
	)
	for g := range report.Processors {
		decide, err := r.engine.Decider()
		if err != nil {
			return err
		}
		all.Go(func() {
			n, took, err := repeat(decide, r.questions, g*len(r.questions)/report.Processors, r.budget)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = err
				return
			}
			report.PerSecond += float64(n) / took.Seconds()
		})
	}
	all.Wait()
	return failed
}

func (r *run) all(report *Report) error {
	q := r.questions[0]
	report.Decisions = r.size * len(r.law.Privileges)
	if own, ok := r.engine.(Everybody); ok {
		runtime.GC()
		start, cpu := time.Now(), processor()
		n := own.Everybody(&q)
		report.Seconds, report.Processor = time.Since(start).Seconds(), (processor() - cpu).Seconds()
		if n != report.Decisions {
			return fmt.Errorf("%d decisions instead of %d", n, report.Decisions)
		}
		return nil
	}
	decide, err := r.engine.Decider()
	if err != nil {
		return err
	}
	runtime.GC()
	start, cpu, n, sum := time.Now(), processor(), 0, 0
	for i := range r.members {
		q.Member = r.members[i].ID
		for _, q.Privilege = range r.law.Privileges {
			d, err := decide(&q)
			if err != nil && !errors.Is(err, ErrDepends) {
				return err
			}
			sum += int(d.Outcome)
			n++
		}
		if took := time.Since(start); r.row.Slow && took > 3*r.budget {
			report.Sampled = true
			break
		}
	}
	sink.Add(int64(sum))
	report.Sampled = report.Sampled || n < report.Decisions
	share := float64(report.Decisions) / float64(n)
	report.Seconds, report.Processor = time.Since(start).Seconds()*share, (processor()-cpu).Seconds()*share
	return nil
}

// heap is what is live; what is handed over is so until then.
func heap(alive ...any) uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	runtime.KeepAlive(alive)
	return stats.HeapAlloc
}

// A Sized says how large the text of the law is.
type Sized interface{ Size() int }

func size(sources any) int {
	if s, ok := sources.(Sized); ok {
		return s.Size()
	}
	return 0
}

// Texts are the files of a law, by name.
type Texts map[string]string

// Size is that of all together, in bytes.
func (t Texts) Size() int {
	n := 0
	for _, text := range t {
		n += len(text)
	}
	return n
}
