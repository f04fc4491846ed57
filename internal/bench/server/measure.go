package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// A point is a server, and how it is asked.
type point struct {
	server      *server
	connections int
	batch       bool
	events      bool
	rounds      []round
}

// A round is one measurement.
type round struct {
	burst
	served    time.Duration // processor time of the server
	asked     time.Duration // and of this program, which has that of recording in it
	recorded  int           // events
	recording latency
}

// mostRecorded is over how many connections batches are asked for of a server that records
// them: whole decisions take so long that more would not be answered in time.
const mostRecorded = 16

// measure goes round all servers again and again.
func measure(ctx context.Context, o options, servers []*server) ([]*point, error) {
	var all []*point
	for _, n := range o.connections {
		for _, batch := range []bool{false, true} {
			for _, events := range []bool{false, true} {
				for _, s := range servers {
					if batch && (s.batch == nil || s.records && n > mostRecorded) || events && (o.events == 0 || !s.events || s.row != "comity" && s.row != "strict") {
						continue
					}
					all = append(all, &point{server: s, connections: n, batch: batch, events: events})
				}
			}
		}
	}
	for _, s := range servers { // what is asked for the first time is not what is measured
		note("warm up %s", s.row)
		for _, exchanges := range [][]*exchange{s.single, s.batch} {
			for range 2 {
				if err := once(s, exchanges); err != nil {
					return nil, fmt.Errorf("%s: %w", s.row, err)
				}
			}
		}
	}
	if err := rest(ctx, servers); err != nil {
		return nil, err
	}
	for n := range o.rounds {
		note("round %d of %d: %d measurements of %s", n+1, o.rounds, len(all), o.budget)
		for _, p := range all {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err := p.measure(o); err != nil {
				return nil, fmt.Errorf("%s: %w", p.name(), err)
			}
		}
	}
	return all, nil
}

// rest waits until the servers have nothing to do any more: comity works out how everybody
// stands when it begins, and that is not what is measured.
func rest(ctx context.Context, servers []*server) error {
	const most = 10 * time.Minute
	begun := time.Now()
	for _, s := range servers {
		for busy, before := true, s.processor(); busy; {
			if time.Since(begun) > most {
				return fmt.Errorf("%s does not come to rest within %s", s.row, most)
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Second):
			}
			now := s.processor()
			busy, before = now-before > 50*time.Millisecond, now
		}
	}
	note("the servers are at rest after %s", time.Since(begun).Round(time.Second))
	return nil
}

// once sends every exchange once, and refuses a server whose answers are others.
func once(s *server, exchanges []*exchange) error {
	if len(exchanges) == 0 {
		return nil
	}
	c, err := connect(s.address)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	b := burst{}
	for _, e := range exchanges {
		if err := b.run(c, []*exchange{e}, 0, time.Now().Add(time.Nanosecond)); err != nil {
			return err
		}
	}
	if b.others > 0 {
		return fmt.Errorf("%d of %d answers are not those expected", b.others, len(exchanges))
	}
	return nil
}

func (p *point) name() string {
	name := fmt.Sprintf("%s, %d connections", p.server.row, p.connections)
	if p.batch {
		name += ", batches"
	}
	if p.events {
		name += ", with events"
	}
	return name
}

func (p *point) measure(o options) error {
	s := p.server
	exchanges := s.single
	if p.batch {
		exchanges = s.batch
	}
	var f *feeder
	if p.events {
		var err error
		if f, err = feed(s.address, s.extra, o.events, o.members); err != nil {
			return err
		}
	}
	served, asked := s.processor(), own()
	b, err := drive(s.address, exchanges, p.connections, o.budget)
	if err != nil {
		return err
	}
	r := round{burst: *b, served: s.processor() - served, asked: own() - asked}
	if f != nil {
		recorded, latency, err := f.end()
		if err != nil {
			return err
		}
		r.recorded, r.recording = recorded, *latency
	}
	if r.decisions == 0 {
		return fmt.Errorf("nothing was answered, and %d requests were refused", r.refused)
	}
	if r.others > 0 {
		wrong := r.others
		if f != nil {
			if wrong, err = s.settle(s.address); err != nil {
				return err
			}
		}
		if wrong > 0 {
			return fmt.Errorf("%d answers are not those expected", wrong)
		}
	}
	p.rounds = append(p.rounds, r)
	return nil
}

// median returns the middle of what is taken of each round.
func (p *point) median(of func(*round) float64) float64 {
	all := make([]float64, len(p.rounds))
	for i := range p.rounds {
		all[i] = of(&p.rounds[i])
	}
	slices.Sort(all)
	return all[len(all)/2]
}
