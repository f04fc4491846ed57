package esdbtest

// Counts says what clients have asked of the nodes since the start, whatever the
// answer was, and what is going on now.
type Counts struct {
	Connections   int // accepted
	Appends       int
	Appended      int // events that were written by them
	Reads         int
	Subscriptions int
	Deletes       int // tombstones too
	Gossips       int

	Connected  int // connections now
	Subscribed int // subscriptions now, that of a client who has its confirmation for sure
}

// Counts returns what was counted.
func (c *Cluster) Counts() Counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts
}

func (c *Cluster) count(change func(*Counts)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.counts)
}
