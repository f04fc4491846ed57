// Command server measures "comity serve" over HTTP: how many decisions a second, and how
// long each request takes, at 1, 16 and 256 connections, alone and a hundred in a request,
// with and without events that arrive meanwhile.
//
//	go run ./internal/bench/server [-members 12800] [-budget 2s] [-rounds 3] [-peers] [-json FILE]
//
// It begins the servers as processes of its own, on loopback, and sends load nowhere else.
// Beside comity, with and without a key and a log of answers, it measures a server of
// net/http that answers without having understood the question (row "floor"): that is what
// the standard library leaves to whoever builds on it. With -peers the servers of OPA and
// Cerbos are measured too, which answer by the law of internal/bench/peers: not the law
// that comity answers by here, so that the ratio is one of servers.
//
// Every answer is compared with what is expected: what "/v1/ask" decides on the same
// question, or, of peers, which rule decides by the reference of their workload. All rows are of one run and
// take turns, so that what else the machine does hits all alike; a figure is the median of
// its rounds. The client shares the processors with the servers. Processor time of server
// and client for each decision is told beside what the clock says, since on a machine that
// is shared it says more.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"time"
)

// options are the flags.
type options struct {
	binary      string
	beside      string
	folder      string
	members     int
	perMember   int
	questions   int
	budget      time.Duration
	rounds      int
	connections []int
	events      int
	rows        string
	peers       bool
	json        string
	seed        uint64
}

func main() {
	if address := os.Getenv(asFloor); address != "" {
		fail(floor(address))
		return
	}
	o := options{}
	var connections string
	flag.StringVar(&o.binary, "comity", "bin/comity", "the program that is measured")
	flag.StringVar(&o.beside, "beside", "", "another build of the program, measured in the row beside, to compare the two")
	flag.StringVar(&o.folder, "folder", "bin/bench-server", "folder for offices, which are kept for the next run")
	flag.IntVar(&o.members, "members", 12_800, "how many members the office has; 128000 is the goal's size")
	flag.IntVar(&o.perMember, "events-each", 24, "how many events are on record for each member")
	flag.IntVar(&o.questions, "questions", 2000, "how many questions there are, asked again and again")
	flag.DurationVar(&o.budget, "budget", 2*time.Second, "how long one measurement takes")
	flag.IntVar(&o.rounds, "rounds", 3, "how often each is repeated")
	flag.StringVar(&connections, "connections", "1,16,256", "how many connections, with commas")
	flag.IntVar(&o.events, "events", 1000, "events a second that arrive in the rows with events; 0 leaves these rows out")
	flag.StringVar(&o.rows, "rows", "floor,comity,key,strict,best-effort", "which servers, with commas")
	flag.BoolVar(&o.peers, "peers", false, "measure the servers of OPA and Cerbos too, which takes long to build and to load")
	flag.StringVar(&o.json, "json", "", "a file for all figures as JSON")
	flag.Uint64Var(&o.seed, "seed", 1, "of the office and the questions")
	flag.Parse()
	for word := range strings.SplitSeq(connections, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 {
			fail(fmt.Errorf("-connections: %q is no number of connections", word))
		}
		o.connections = append(o.connections, n)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	fail(run(ctx, o))
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func note(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

func run(ctx context.Context, o options) error {
	begun := time.Now()
	servers, err := start(ctx, o)
	defer func() {
		for _, s := range servers {
			s.end()
		}
	}()
	if err != nil {
		return err
	}
	all, err := measure(ctx, o, servers)
	if err != nil {
		return err
	}
	r := report(o, begun, all)
	if o.json != "" {
		text, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(o.json, append(text, '\n'), 0o600); err != nil {
			return err
		}
	}
	_, err = os.Stdout.WriteString(r.table())
	return err
}
