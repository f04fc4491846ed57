// Command table builds the programs of all peers, lets each agree with the
// reference, measures them in turn, and writes the table of docs/performance.md.
//
//	go run ./internal/bench/peers/table [-rounds 5] [-budget 500ms] [-rows floor,cel-go] [-page docs/performance.md]
//
// All rows are of one run: their programs stay up together, and each measurement
// goes round all of them before it begins again, so that what else the machine does
// hits all alike. A row is the median of its rounds.
package main

import (
	"bufio"
	"bytes"
	"debug/buildinfo"
	_ "embed" // method.md
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/comity-project/comity/internal/bench/peers/harness"
)

// A row of the table, and where it comes from.
type row struct {
	name   string
	folder string // of its program, in internal/bench/peers
	module string // of which the version is shown; empty: comity's own code
	peer   bool   // another engine
	says   string
}

var rows = []row{
	{name: "floor", folder: "floor", says: "hand-written Go: bit sets, rules picked by State and privilege, strictest first"},
	{name: "machine", folder: "comity", says: "comity: evaluates; the rules as instructions on rows of numbers, for people that were handed over before (`rules/plan.Machine`)"},
	{name: "plan", folder: "comity", says: "comity: evaluates; walks the plan of the law for a person whose facts are at hand"},
	{name: "seat", folder: "comity", says: "comity: evaluates what depends on the request; the rest was evaluated when the member's facts became known"},
	{name: "glance", folder: "comity", says: "comity, a whole office of 12,800 members, by names: **looks up** a kept verdict, without facts of a request"},
	{name: "glance-with", folder: "comity", says: "comity, a whole office of 12,800 members, by names: evaluates what depends on the request, which comes as text, and has kept the rest"},
	{name: "resolve", folder: "comity", says: "comity: evaluates every rule and combines them, without a plan"},
	{name: "cel-go", folder: "celgo", module: "github.com/google/cel-go", peer: true, says: "a program for each rule, picked by State and privilege, combined in Go"},
	{name: "cedar-go", folder: "cedar", module: "github.com/cedar-policy/cedar-go", peer: true, says: "policies sliced by cell, status, State and privilege; ids of what fired are combined in Go"},
	{name: "casbin", folder: "casbin", module: "github.com/casbin/casbin/v2", peer: true, says: "an enforcer for each State and privilege, lines in order of strictness; up to three asked"},
	{name: "cerbos", folder: "cerbos", module: "github.com/cerbos/cerbos", peer: true, says: "its evaluator in process; two actions, outcome and rule as outputs"},
	{name: "opa", folder: "opa", module: "github.com/open-policy-agent/opa", peer: true, says: "prepared query, indexed rules, parsed input"},
	{name: "cerbos-server", folder: "cerbos", module: "github.com/cerbos/cerbos", peer: true, says: "the same over gRPC on the loopback interface; by the clock"},
	{name: "opa-server", folder: "opa", module: "github.com/open-policy-agent/opa", peer: true, says: "the same over HTTP on the loopback interface; by the clock"},
}

func main() {
	rounds := flag.Int("rounds", 5, "how often each measurement is repeated")
	budget := flag.Duration("budget", 500*time.Millisecond, "how long one measurement takes")
	only := flag.String("rows", "", "rows to measure, with commas; all of them unless given")
	page := flag.String("page", "", "the page between whose marks the table is written; standard output unless given")
	flag.Parse()
	if err := run(*rounds, *budget, *only, *page); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(rounds int, budget time.Duration, only, page string) error {
	var all []*running
	defer func() {
		for _, p := range all {
			p.close()
		}
	}()
	built := map[string]bool{}
	for _, r := range rows {
		if only != "" && !slices.Contains(strings.Split(only, ","), r.name) {
			continue
		}
		binary, err := filepath.Abs(filepath.Join("bin", "peers", r.folder))
		if err != nil {
			return err
		}
		if !built[r.folder] {
			note("build %s", r.folder)
			if err := build(r.folder, binary); err != nil {
				note("%s is left out: it can't be built: %v", r.folder, err)
				continue
			}
			built[r.folder] = true
		}
		p, err := start(r, binary, budget)
		if err != nil {
			return err
		}
		all = append(all, p)
	}
	prepare(all)
	all = slices.DeleteFunc(all, func(p *running) bool { return p.left })
	for round := range rounds {
		note("round %d of %d", round+1, rounds)
		for _, word := range []string{"hot", "time", "parallel"} {
			for _, p := range all {
				if err := p.measure(word); err != nil {
					return err
				}
			}
		}
		if round < 3 {
			for _, p := range all {
				if err := p.measure("all"); err != nil {
					return err
				}
			}
		}
	}
	text := write(all, rounds, budget)
	if page == "" {
		_, err := os.Stdout.WriteString(text)
		return err
	}
	return insert(page, text)
}

func note(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// build builds a program, in its own module if it has one.
func build(folder, binary string) error {
	at := filepath.Join("internal", "bench", "peers", folder)
	cmd := exec.Command("go", "build", "-o", binary, ".")
	cmd.Dir, cmd.Stderr = at, os.Stderr
	return cmd.Run()
}

// A running row is its program, and what it said.
type running struct {
	row
	*exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
	version string
	said    map[string][]harness.Report
	left    bool
}

func start(r row, binary string, budget time.Duration) (*running, error) {
	p := &running{row: r, Cmd: exec.Command(binary, "-row", r.name, "-budget", budget.String()), said: map[string][]harness.Report{}}
	p.Stderr = os.Stderr
	var err error
	if p.in, err = p.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(out)
	p.out.Buffer(nil, 1<<20)
	if info, err := buildinfo.ReadFile(binary); err == nil {
		for _, dep := range info.Deps {
			if dep.Path == r.module {
				p.version = dep.Version
			}
		}
	}
	return p, p.Start()
}

// prepare lets all load and agree, some at a time: loading takes some of them minutes.
func prepare(all []*running) {
	turn := make(chan struct{}, together)
	var done sync.WaitGroup
	for _, p := range slices.Backward(all) { // the slowest are the last
		done.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			p.prepare()
		})
	}
	done.Wait()
}

const together = 3

// prepare loads the law three times and lets the row agree. One that does not is left out.
func (p *running) prepare() {
	for _, word := range []string{"load", "load", "load", "agree", "memory"} {
		if err := p.measure(word); err != nil {
			note("%s is left out: %v", p.name, err)
			p.close()
			return
		}
	}
}

func (p *running) measure(word string) error {
	if word == "load" && len(p.said[word]) > 0 && p.said[word][0].Seconds > 5 {
		return nil // once says enough
	}
	if word == "all" && len(p.said[word]) > 0 && p.said[word][0].Sampled {
		return nil
	}
	note("  %s %s", p.name, word)
	if _, err := io.WriteString(p.in, word+"\n"); err != nil {
		return err
	}
	if !p.out.Scan() {
		return errors.Join(errors.New("it is gone"), p.out.Err())
	}
	var report harness.Report
	if err := json.Unmarshal(p.out.Bytes(), &report); err != nil {
		return err
	}
	if report.Fail != "" {
		return errors.New(report.Fail)
	}
	p.said[word] = append(p.said[word], report)
	return nil
}

func (p *running) close() {
	if p.left {
		return
	}
	p.left = true
	_ = p.in.Close()
	_ = p.Wait()
}

// of is the median of what was measured; 0 if nothing was.
func (p *running) of(word string, what func(harness.Report) float64) float64 {
	var all []float64
	for _, r := range p.said[word] {
		all = append(all, what(r))
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// cost is the processor time of a decision, or of what the report is about; where
// another process works, the time by the clock.
func cost(r harness.Report) float64 {
	switch {
	case r.Processor > 0:
		return r.Processor
	case r.Nanos > 0:
		return r.Nanos
	default:
		return r.Seconds
	}
}

//go:embed method.md
var method string

const (
	begin = "<!-- peers: written by make bench-peers -->"
	end   = "<!-- peers: end -->"
)

func write(all []*running, rounds int, budget time.Duration) string {
	var b strings.Builder
	floor, fastest, celgo, engines := 0.0, 0.0, 0.0, 0.0 // the last two: plain cel-go, and the fastest of the others
	for _, p := range all {
		hot := p.of("hot", cost)
		if p.name == "floor" {
			floor = hot
		}
		if p.peer && (fastest == 0 || hot < fastest) {
			fastest = hot
		}
		switch {
		case p.name == "cel-go":
			celgo = hot
		case p.peer && (engines == 0 || hot < engines):
			engines = hot
		}
	}
	ratio := func(a, b float64) string {
		if a == 0 || b == 0 {
			return ""
		}
		if a >= 100*b {
			return fmt.Sprintf("%.0f", a/b)
		}
		return fmt.Sprintf("%.2g", a/b)
	}
	fmt.Fprintf(&b, "%s\n## Beside other engines\n\nTaken on %s, %s, in %d rounds of %v. A decision is by string ids, with outcome and deciding rule.\n\n", begin, time.Now().UTC().Format("2 January 2006, 15:04 UTC"), machine(), rounds, budget)
	b.WriteString("| row | a decision, hot | of 128,000 | times the floor | fastest peer is slower by | allocations | in parallel, a second | everybody | load 190 | heap: law, with members | agreed |\n|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, p := range all {
		name := p.name
		if p.version != "" {
			name += " " + p.version
		}
		everybody := p.said["all"]
		sampled := ""
		if len(everybody) > 0 && everybody[0].Sampled {
			sampled = " (by proportion)"
		}
		allocations, heap := "", ""
		if !slices.Contains([]string{"cerbos-server", "opa-server"}, p.name) {
			allocations = fmt.Sprintf("%.0f, %.0f B", p.of("time", func(r harness.Report) float64 { return r.Allocs }), p.of("time", func(r harness.Report) float64 { return r.Bytes }))
			heap = fmt.Sprintf("%.0f, %.0f MB", p.of("memory", func(r harness.Report) float64 { return float64(r.LawHeap) / 1e6 }), p.of("memory", func(r harness.Report) float64 { return float64(r.Heap) / 1e6 }))
		}
		agreed := fmt.Sprintf("%.0f", p.of("agree", func(r harness.Report) float64 { return float64(r.Agreed) }))
		if n := p.of("agree", func(r harness.Report) float64 { return float64(r.Depends) }); n > 0 {
			agreed += fmt.Sprintf(", outcome alone; %.0f depend on the request", n)
		}
		hot := p.of("hot", cost)
		slower := ""
		if !p.peer {
			slower = ratio(fastest, hot)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s%s | %s | %s | %s |\n", name, nanos(hot), nanos(p.of("time", cost)), ratio(hot, floor), slower,
			allocations, thousands(p.of("parallel", func(r harness.Report) float64 { return r.PerSecond })), seconds(p.of("all", cost)), sampled, seconds(p.of("load", cost)), heap, agreed)
	}
	b.WriteString("\nThe aim is a decision 20 times as fast as that of the fastest peer, and within twice the floor. Plain cel-go is no engine: what picks and combines its programs is written by hand.")
	for _, p := range all {
		if hot := p.of("hot", cost); p.name == "machine" || p.name == "plan" || p.name == "seat" {
			fmt.Fprintf(&b, " Row `%s`: %s times as fast as plain cel-go, %s times as fast as the fastest of the others, %s times the floor.", p.name, ratio(celgo, hot), ratio(engines, hot), ratio(hot, floor))
		}
	}
	b.WriteString("\n\nWhat each row does:\n\n")
	for _, p := range all {
		fmt.Fprintf(&b, "- **%s**: %s.\n", p.name, p.says)
	}
	b.WriteString("\n" + method + "\n" + end + "\n")
	return b.String()
}

func nanos(n float64) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%.1f ms", n/1e6)
	case n >= 1e4:
		return fmt.Sprintf("%.0f us", n/1e3)
	case n >= 1e3:
		return fmt.Sprintf("%.1f us", n/1e3)
	default:
		return fmt.Sprintf("%.0f ns", n)
	}
}

func seconds(s float64) string {
	switch {
	case s >= 10:
		return fmt.Sprintf("%.0f s", s)
	case s >= 1:
		return fmt.Sprintf("%.1f s", s)
	default:
		return fmt.Sprintf("%.0f ms", s*1e3)
	}
}

func thousands(n float64) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%.1f million", n/1e6)
	default:
		return fmt.Sprintf("%.1f thousand", n/1e3)
	}
}

// machine says on what it was measured, as far as that can be found out.
func machine() string {
	out := fmt.Sprintf("%s/%s, %d processors, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				out = strings.TrimSpace(value) + ", " + out
				break
			}
		}
	}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		if f := strings.Fields(string(text)); len(f) > 2 {
			out += fmt.Sprintf(", load %s at the end", f[0])
		}
	}
	return out
}

// insert puts the table between the marks of a page, or at its end.
func insert(page, text string) error {
	old, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	from, to := bytes.Index(old, []byte(begin)), bytes.Index(old, []byte(end))
	if from < 0 || to < from {
		from, to = len(old), len(old)
		text = "\n" + text
	} else {
		to = min(len(old), to+len(end)+1)
	}
	return os.WriteFile(page, slices.Concat(old[:from], []byte(text), old[to:]), 0o644)
}
