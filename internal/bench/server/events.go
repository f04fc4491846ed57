package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"
)

// perCommand is how many events are recorded with one request.
const perCommand = 10

// A feeder records events while others ask: uses of benefits by the same members, each
// request a command of ten events, all of which are durable before the next is sent.
type feeder struct {
	c       *connection
	address string
	extra   string
	rate    int // events a second
	members int
	dice    *rand.Rand
	stop    chan struct{}
	ended   chan error

	recorded int
	latency  latency
}

// feed begins to record events.
func feed(address, extra string, rate, members int) (*feeder, error) {
	f := &feeder{
		address: address, extra: extra, rate: rate, members: members, dice: rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 11)), //nolint:gosec // it is load
		stop: make(chan struct{}), ended: make(chan error, 1),
	}
	var err error
	if f.c, err = connect(address); err != nil {
		return nil, err
	}
	go func() { f.ended <- errors.Join(f.run(), f.c.Close()) }()
	return f, nil
}

// end stops it, and returns how many events were recorded.
func (f *feeder) end() (int, *latency, error) {
	close(f.stop)
	err := <-f.ended
	return f.recorded, &f.latency, err
}

// run sends a command whenever its time has come. If the server is slower than that it
// sends the next at once, and does not make up for what is more than a second late.
func (f *feeder) run() error {
	every := time.Second * perCommand / time.Duration(f.rate)
	for next := time.Now(); ; next = next.Add(every) {
		if late := time.Since(next); late > time.Second {
			next = time.Now()
		} else if late < 0 {
			select {
			case <-f.stop:
				return nil
			case <-time.After(-late):
			}
		}
		select {
		case <-f.stop:
			return nil
		default:
		}
		begun := time.Now()
		status, body, err := f.c.do(f.command(begun))
		if err != nil {
			return err
		}
		if status != 200 {
			return fmt.Errorf("events: status %d: %s", status, body)
		}
		f.latency.add(time.Since(begun))
		f.recorded += perCommand
	}
}

// command makes a request that records events, which happened yesterday.
func (f *feeder) command(now time.Time) []byte {
	var body bytes.Buffer
	for range perCommand {
		who := "m-" + strconv.Itoa(1+f.dice.IntN(f.members))
		fmt.Fprintf(&body, `{"subject":"member/%s","type":"benefit.used","version":1,"effective":"%s","payload":{"privilege":"tax.sales","goods":"groceries","amount":%d}}`+"\n",
			who, now.UTC().AddDate(0, 0, -1).Format(time.DateOnly), 1000+f.dice.IntN(20_000))
	}
	return post(f.address, "/v1/events", "application/x-ndjson", f.extra, body.Bytes())
}
