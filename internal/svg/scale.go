package svg

import (
	"slices"
	"time"
)

// A scale is where moments lie on the axis.
type scale struct {
	left, right         float64
	openLeft, openRight bool
	edges               []time.Time // where something begins or ends, and the mark, in order
	xs                  []float64   // of the edges
	ticks               []time.Time // edges that get a tick: the mark has a line of its own
	marked              bool        // whether the mark lies on the axis
	zone                *time.Location
	format              string // of an edge
}

func newScale(d Drawing, left, right float64) scale {
	s := scale{left: left, right: right, zone: d.Zone, format: time.DateOnly}
	if s.zone == nil {
		s.zone = time.UTC
	}
	for _, r := range d.Rows {
		for _, b := range r.Bars {
			s.openLeft = s.openLeft || b.From.IsZero()
			s.openRight = s.openRight || b.To.IsZero()
			s.add(b.From)
			s.add(b.To)
		}
	}
	slices.SortFunc(s.edges, time.Time.Compare)
	s.edges = slices.CompactFunc(s.edges, time.Time.Equal)
	for _, e := range s.edges {
		if h, m, sec := e.In(s.zone).Clock(); h+m+sec+e.Nanosecond() != 0 {
			s.format = "2006-01-02 15:04"
		}
	}
	s.ticks = slices.Clone(s.edges)
	s.mark(d.Mark)
	s.place()
	return s
}

func (s *scale) add(t time.Time) {
	if !t.IsZero() {
		s.edges = append(s.edges, t)
	}
}

// mark makes room for a moment that lies where the axis is open: beyond the edges.
func (s *scale) mark(t time.Time) {
	if t.IsZero() {
		return
	}
	n := len(s.edges)
	s.marked = n == 0 || (s.openLeft || !t.Before(s.edges[0])) && (s.openRight || !t.After(s.edges[n-1]))
	if i, found := slices.BinarySearchFunc(s.edges, t, time.Time.Compare); s.marked && !found {
		s.edges = slices.Insert(s.edges, i, t)
	}
}

// place gives every stretch between two edges a least width, and divides the
// rest by duration.
func (s *scale) place() {
	n := len(s.edges)
	if n == 0 {
		return
	}
	from, to := s.left, s.right
	if s.openLeft {
		from += openEnd
	}
	if s.openRight {
		to -= openEnd
	}
	s.xs = make([]float64, n)
	s.xs[0] = from
	if n == 1 {
		if s.openLeft && s.openRight {
			s.xs[0] = (s.left + s.right) / 2
		}
		return
	}
	least := min(leastBar, (to-from)/float64(n-1))
	rest := to - from - least*float64(n-1)
	whole := s.edges[n-1].Sub(s.edges[0]).Seconds()
	for i := 1; i < n; i++ {
		part := s.edges[i].Sub(s.edges[i-1]).Seconds() / whole
		s.xs[i] = s.xs[i-1] + least + rest*part
	}
}

// from is where a bar begins, and to where it ends.
func (s *scale) from(t time.Time) float64 {
	if t.IsZero() || len(s.edges) == 0 {
		return s.left
	}
	return s.at(t)
}

func (s *scale) to(t time.Time) float64 {
	if t.IsZero() || len(s.edges) == 0 {
		return s.right
	}
	return s.at(t)
}

// at is where a moment lies; one beyond the edges lies at the end.
func (s *scale) at(t time.Time) float64 {
	i, found := slices.BinarySearchFunc(s.edges, t, time.Time.Compare)
	switch {
	case found:
		return s.xs[i]
	case i == 0:
		return s.left
	case i == len(s.edges):
		return s.right
	}
	part := t.Sub(s.edges[i-1]).Seconds() / s.edges[i].Sub(s.edges[i-1]).Seconds()
	return s.xs[i-1] + part*(s.xs[i]-s.xs[i-1])
}

func (s *scale) label(t time.Time) string { return t.In(s.zone).Format(s.format) }
