package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog/esdblog/esdbtest"
)

// A chaos does harm to replicas, to the nodes of their cluster and to the ways between,
// by chance, and mends it. All is as it was between two harms but for what chance left
// behind in processes.
type chaos struct {
	rs     *replicas
	cl     *clients
	chance *rand.Rand
}

func newChaos(rs *replicas, cl *clients, seed uint64) *chaos {
	return &chaos{rs, cl, rand.New(rand.NewPCG(seed, 77))}
}

// A harm is done at once, and mended later. Where others can do the work meanwhile, it is
// not mended before they have.
type harm struct {
	name string
	// others says that the rest of the cluster goes on without waiting.
	others bool
	do     func() (mend func())
}

// script does so many harms, each kind in turn before any comes again; now and then one to
// a replica together with one to the cluster.
func (x *chaos) script(steps int) {
	x.rs.t.Helper()
	var left []int
	for step := range steps {
		if len(left) == 0 {
			left = x.chance.Perm(len(x.toReplicas()) + len(x.toNodes()))
		}
		one, two := x.toReplicas(), x.toNodes()
		together := []harm{append(one, two...)[left[0]]}
		if x.chance.IntN(3) == 0 {
			together = []harm{one[x.chance.IntN(len(one))], two[x.chance.IntN(len(two))]}
		}
		left = left[1:]
		others := true
		var mends []func()
		for _, h := range together {
			x.rs.t.Logf("step %d, %d acknowledged: %s", step, x.cl.count(), h.name)
			others = others && h.others
			mends = append(mends, h.do())
		}
		if others {
			x.cl.progress(5)
		} else {
			time.Sleep(time.Duration(100+x.chance.IntN(400)) * time.Millisecond) // for something to go wrong
		}
		x.chance.Shuffle(len(mends), func(i, j int) { mends[i], mends[j] = mends[j], mends[i] })
		for _, mend := range mends {
			mend()
		}
		x.cl.progress(5)
	}
	x.rs.c.ClearFaults()
}

func (x *chaos) replica() *peer { return x.cl.some(x.chance) }

// other is a node that does not lead.
func (x *chaos) other() int { return (max(x.rs.c.Leader(), 0) + 1 + x.chance.IntN(2)) % 3 }

// toReplicas are what may happen next to a replica or its way to the cluster. Which one is
// chosen anew each time.
func (x *chaos) toReplicas() []harm {
	r, other := x.replica(), x.other()
	again := func() { r.start() }
	return []harm{
		{r.name + " is killed", true, func() func() { r.kill(); return again }},
		{r.name + " is killed and its state is lost", true, func() func() {
			r.kill()
			require.NoError(x.rs.t, os.RemoveAll(r.state()))
			return again
		}},
		{r.name + " is asked to end", true, func() func() {
			serves := r.at() != "" // else it is interrupted in opening the office
			require.True(x.rs.t, r.signal(syscall.SIGTERM))
			return func() {
				code := r.gone()
				require.True(x.rs.t, code == exitAnswered || !serves, "%d: %s", code, r.lately())
				again()
			}
		}},
		{r.name + " is stopped", true, func() func() {
			r.signal(syscall.SIGSTOP)
			return func() { r.signal(syscall.SIGCONT) }
		}},
		{r.name + " is cut off", true, func() func() { r.proxy.Cut(); return func() { r.proxy.Mend() } }},
		{r.name + " hears nothing", true, func() func() { r.proxy.Stall(); return func() { r.proxy.Mend() } }},
		{fmt.Sprintf("%s is cut off from node %d", r.name, other), true, func() func() { r.proxy.Cut(other); return func() { r.proxy.Mend() } }},
	}
}

// toNodes are what may happen next to the nodes of the cluster.
func (x *chaos) toNodes() []harm {
	c, other := x.rs.c, x.other()
	back := func() {}
	return []harm{
		{fmt.Sprintf("the leader is killed, and %d elected", other), true, func() func() {
			leader := c.Leader()
			c.Kill(leader)
			time.Sleep(time.Duration(x.chance.IntN(200)) * time.Millisecond) // as an election takes
			c.Elect(other)
			return func() { c.Start(leader) }
		}},
		{"all nodes are killed", false, func() func() {
			for i := range 3 {
				c.Kill(i)
			}
			return func() {
				for i := range 3 {
					c.Start(i)
				}
				c.Elect(other)
			}
		}},
		{"nobody leads", false, func() func() { c.Depose(); return func() { c.Elect(other) } }},
		{fmt.Sprintf("node %d is elected", other), true, func() func() { c.Elect(other); return back }},
		{"the leader is stopped, and another elected", true, func() func() {
			leader := c.Leader()
			c.Pause(leader)
			c.Elect(other)
			return func() { c.Resume(leader) }
		}},
		{fmt.Sprintf("node %d lags", other), true, func() func() { c.Lag(other, true); return func() { c.Lag(other, false) } }},
		{"connections are cut and answers lost after appends", true, func() func() {
			for _, do := range []esdbtest.Mischief{esdbtest.CutAfter, esdbtest.AbortAfter, esdbtest.UnavailableAfter, esdbtest.CutBefore, esdbtest.EmptyAnswer} {
				c.Inject(esdbtest.Fault{On: esdbtest.Append, Stream: "ofm", Do: do})
			}
			return back
		}},
	}
}
