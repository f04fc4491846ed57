package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// A figures is one line of the report. Times are in microseconds.
type figures struct {
	Row         string  `json:"row"`
	Connections int     `json:"connections"`
	Batch       int     `json:"batch"` // decisions of a request
	Events      float64 `json:"events_per_second"`

	PerSecond float64 `json:"decisions_per_second"`
	P50       float64 `json:"p50_us"`
	P99       float64 `json:"p99_us"`
	P999      float64 `json:"p999_us"`
	Most      float64 `json:"max_us"`
	// Refused is the share of requests for which there was no time or no room.
	Refused float64 `json:"refused,omitempty"`
	// Server and Client are processor time of a decision.
	Server float64 `json:"server_us"`
	Client float64 `json:"client_us"`
	// ByProcessor is how many decisions a second the processors of this machine would
	// come to, if server and client had them to themselves.
	ByProcessor float64 `json:"by_processor_per_second"`
	// OfFloor is the rate as a share of that of the floor, of the same run.
	OfFloor float64 `json:"of_floor,omitempty"`
	// Times is the rate as a multiple of that of a peer, in the row comity.
	Times map[string]float64 `json:"times,omitempty"`
	// RecordedP99 is within which time 99 of 100 commands of events were durable.
	RecordedP99 float64 `json:"recorded_p99_us,omitempty"`
}

// A document is the whole report.
type document struct {
	At         time.Time `json:"at"`
	Took       float64   `json:"took_seconds"`
	Machine    string    `json:"machine"`
	Processors int       `json:"processors"`
	Load       string    `json:"load"`
	Go         string    `json:"go"`
	Members    int       `json:"members"`
	Questions  int       `json:"questions"`
	Rounds     int       `json:"rounds"`
	Budget     string    `json:"budget"`
	Lines      []figures `json:"lines"`
}

func report(o options, begun time.Time, all []*point) *document {
	d := &document{
		At: begun.UTC().Truncate(time.Minute), Took: time.Since(begun).Seconds(), Machine: machine(), Processors: runtime.NumCPU(), Load: load(),
		Go: runtime.Version(), Members: o.members, Questions: o.questions, Rounds: o.rounds, Budget: o.budget.String(),
	}
	for _, p := range all {
		d.Lines = append(d.Lines, p.figures())
	}
	for i := range d.Lines {
		l := &d.Lines[i]
		for k := range d.Lines {
			other := &d.Lines[k]
			if other.Connections != l.Connections || other.Batch != l.Batch || other.Row == l.Row || other.PerSecond == 0 {
				continue
			}
			switch {
			case other.Row == "floor":
				l.OfFloor = l.PerSecond / other.PerSecond
			case l.Row == "comity" && l.Events == 0 && (other.Row == opaRow || other.Row == cerbosRow):
				if l.Times == nil {
					l.Times = map[string]float64{}
				}
				l.Times[other.Row] = l.PerSecond / other.PerSecond
			}
		}
	}
	return d
}

func (p *point) figures() figures {
	micro := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }
	at := func(share float64) float64 {
		return p.median(func(r *round) float64 { return micro(r.latency.at(share)) })
	}
	f := figures{
		Row: p.server.row, Connections: p.connections, Batch: 1, P50: at(.5), P99: at(.99), P999: at(.999),
		PerSecond: p.median(func(r *round) float64 { return float64(r.decisions) / r.took.Seconds() }),
		Refused:   p.median(func(r *round) float64 { return float64(r.refused) / float64(max(r.latency.count, 1)) }),
		Server:    p.median(func(r *round) float64 { return micro(r.served) / float64(r.decisions) }),
		Client:    p.median(func(r *round) float64 { return micro(r.asked) / float64(r.decisions) }),
	}
	for i := range p.rounds {
		f.Most = max(f.Most, micro(p.rounds[i].latency.most))
	}
	if p.batch {
		f.Batch = perBatch
	}
	if f.Server > 0 {
		f.ByProcessor = 1e6 * float64(runtime.NumCPU()) / (f.Server + f.Client)
	}
	if p.events {
		f.Events = p.median(func(r *round) float64 { return float64(r.recorded) / r.took.Seconds() })
		f.RecordedP99 = p.median(func(r *round) float64 { return micro(r.recording.at(.99)) })
	}
	return f
}

// table writes the report for people, in Markdown.
func (d *document) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Taken on %s, %s, %d processors, %s, load %s at the end, in %d rounds of %s; %d members, %d questions.\n\n",
		d.At.Format("2 January 2006, 15:04 MST"), d.Machine, d.Processors, d.Go, d.Load, d.Rounds, d.Budget, d.Members, d.Questions)
	for _, batch := range []int{1, perBatch} {
		what := "One decision a request"
		if batch > 1 {
			what = fmt.Sprintf("%d decisions a request", batch)
		}
		fmt.Fprintf(&b, "%s:\n\n| row | connections | decisions a second | of the floor | p50 | p99 | p99.9 | longest | processor time a decision: server, client | would come to, with the processors alone |\n|---|---|---|---|---|---|---|---|---|---|\n", what)
		for _, l := range d.Lines {
			if l.Batch != batch {
				continue
			}
			row, share := l.Row, ""
			if l.Events > 0 {
				row += fmt.Sprintf(", %.0f events/s (p99 %s)", l.Events, micros(l.RecordedP99))
			}
			if l.Refused > 0 {
				row += fmt.Sprintf(", %.1f %% refused", 100*l.Refused)
			}
			if l.OfFloor > 0 {
				share = fmt.Sprintf("%.2f", l.OfFloor)
			}
			for _, peer := range []string{opaRow, cerbosRow} {
				if n := l.Times[peer]; n > 0 {
					share += fmt.Sprintf(" %.1f x %s", n, peer)
				}
			}
			fmt.Fprintf(&b, "| %s | %d | %.0f | %s | %s | %s | %s | %s | %.2f us, %.2f us | %.0f/s |\n",
				row, l.Connections, l.PerSecond, share, micros(l.P50), micros(l.P99), micros(l.P999), micros(l.Most), l.Server, l.Client, l.ByProcessor)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func micros(us float64) string {
	switch {
	case us >= 1e6:
		return fmt.Sprintf("%.1f s", us/1e6)
	case us >= 10_000:
		return fmt.Sprintf("%.0f ms", us/1e3)
	case us >= 1000:
		return fmt.Sprintf("%.1f ms", us/1e3)
	}
	return fmt.Sprintf("%.0f us", us)
}

// machine names the processor.
func machine() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.SplitSeq(string(text), "\n") {
		if name, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value) + ", " + runtime.GOOS + "/" + runtime.GOARCH
		}
	}
	return runtime.GOOS + "/" + runtime.GOARCH
}

// load is how many processes wanted a processor in the last minute.
func load() string {
	text, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(text), " ")
	return first
}
