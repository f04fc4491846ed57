package main

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// An exchange is a request and the answer that is expected.
type exchange struct {
	request []byte
	// answer is the body that is expected; nil if any with status 200 will do.
	answer []byte
	// part is what the body must hold, if not all of it is known.
	part []byte
	// decisions is how many decisions the answer holds.
	decisions int
	// other is set when the answer was another than expected.
	other atomic.Bool
}

// A burst is what one measurement came to.
type burst struct {
	took      time.Duration
	decisions int
	latency   latency
	others    int // answers that were not as expected
	refused   int // requests for which there was no time, or no room
}

// drive sends the exchanges over so many connections for a while, each connection
// beginning at its own place. An answer that is not as expected is counted, and so is one
// for which the server had no time or room (503 and 504); any other without status 200 is
// an error.
func drive(address string, exchanges []*exchange, connections int, budget time.Duration) (*burst, error) {
	all := make([]*connection, connections)
	defer func() {
		for _, c := range all {
			if c != nil {
				_ = c.Close()
			}
		}
	}()
	for i := range all {
		var err error
		if all[i], err = connect(address); err != nil {
			return nil, err
		}
		if err := all[i].SetDeadline(time.Now().Add(budget + patience)); err != nil {
			return nil, err
		}
	}
	out := make([]burst, connections)
	wrong := make([]error, connections)
	var done sync.WaitGroup
	begun := time.Now()
	ends := begun.Add(budget)
	for i, c := range all {
		done.Go(func() { wrong[i] = out[i].run(c, exchanges, i*len(exchanges)/connections, ends) })
	}
	done.Wait()
	whole := &burst{took: time.Since(begun)}
	for i := range out {
		whole.decisions += out[i].decisions
		whole.others += out[i].others
		whole.refused += out[i].refused
		whole.latency.join(&out[i].latency)
	}
	return whole, errors.Join(wrong...)
}

// run sends exchanges over one connection until the time is over.
func (b *burst) run(c *connection, exchanges []*exchange, at int, ends time.Time) error {
	for now := time.Now(); now.Before(ends); at++ {
		e := exchanges[at%len(exchanges)]
		status, body, err := c.do(e.request)
		if err != nil {
			return err
		}
		then := time.Now()
		b.latency.add(then.Sub(now))
		now = then
		if status == 503 || status == 504 {
			b.refused++
			continue
		}
		if status != 200 {
			return fmt.Errorf("status %d: %.200s", status, body)
		}
		if e.answer != nil && !bytes.Equal(body, e.answer) || !bytes.Contains(body, e.part) {
			b.others++
			e.other.Store(true)
		}
		b.decisions += e.decisions
	}
	return nil
}
