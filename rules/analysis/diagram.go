package analysis

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// A node is a place in a decision diagram: an inner node if it is not negative,
// else the end, which holds the number -node-1.
type node int32

// end is the end that holds n.
func end(n int) node { return node(-n - 1) }

// isEnd reports whether the node is an end; value is what it holds.
func (n node) isEnd() bool { return n < 0 }
func (n node) value() int  { return int(-n) - 1 }

// Diagrams keep decision diagrams over dimensions of several values each, in one
// order, with any number of ends. Equal functions are the same node, which is what
// makes them comparable: two diagrams say the same exactly if they are one.
type diagrams struct {
	sizes  []int // of the dimensions
	inner  []inner
	unique map[string]node
	effort *effort
	key    []byte
	kids   []node // of the nodes that are being made
}

type inner struct {
	dim  int32
	kids []node // by value of the dimension
}

func newDiagrams(sizes []int, e *effort) *diagrams {
	return &diagrams{sizes: sizes, unique: map[string]node{}, effort: e}
}

// make returns the node that branches by a dimension. It keeps no hold of kids.
func (d *diagrams) make(dim int, kids []node) node {
	same := true
	for _, kid := range kids[1:] {
		same = same && kid == kids[0]
	}
	if same {
		return kids[0]
	}
	d.key = binary.AppendVarint(d.key[:0], int64(dim))
	for _, kid := range kids {
		d.key = binary.AppendVarint(d.key, int64(kid))
	}
	if have, found := d.unique[string(d.key)]; found {
		return have
	}
	if len(d.inner) >= mostNodes {
		panic(tooLarge{why: fmt.Sprintf("more than %d nodes%s", mostNodes, d.effort.remedy())})
	}
	d.effort.keep(len(kids))
	n := node(len(d.inner))
	d.inner = append(d.inner, inner{int32(dim), slices.Clone(kids)})
	d.unique[string(d.key)] = n
	return n
}

// branch is a diagram of one dimension: what f says of each of its values.
func (d *diagrams) branch(dim int, f func(value int) node) node {
	size, from := d.sizes[dim], len(d.kids)
	d.effort.spend(size + 1)
	d.kids = slices.Grow(d.kids, size)[:from+size]
	for i := range size {
		kid := f(i) // which may move the kids
		d.kids[from+i] = kid
	}
	n := d.make(dim, d.kids[from:from+size])
	d.kids = d.kids[:from]
	return n
}

// dimOf is the dimension of a node; of an end it is beyond all.
func (d *diagrams) dimOf(n node) int {
	if n.isEnd() {
		return len(d.sizes)
	}
	return int(d.inner[n].dim)
}

func (d *diagrams) kid(n node, dim, value int) node {
	if d.dimOf(n) != dim {
		return n
	}
	return d.inner[n].kids[value]
}

// An operation joins two diagrams end by end. It keeps what it found, and is of
// one set of diagrams.
type operation struct {
	d    *diagrams
	ends func(a, b int) int
	// short, if it is there, decides without looking at all ends.
	short func(a, b node) (node, bool)
	done  map[[2]node]node
}

func (d *diagrams) operation(ends func(a, b int) int, short func(a, b node) (node, bool)) *operation {
	return &operation{d, ends, short, map[[2]node]node{}}
}

func (o *operation) of(a, b node) node {
	o.d.effort.spend(1)
	if o.short != nil {
		if n, known := o.short(a, b); known {
			return n
		}
	}
	if a.isEnd() && b.isEnd() {
		return end(o.ends(a.value(), b.value()))
	}
	if n, done := o.done[[2]node{a, b}]; done {
		return n
	}
	dim := min(o.d.dimOf(a), o.d.dimOf(b))
	n := o.d.branch(dim, func(v int) node { return o.of(o.d.kid(a, dim, v), o.d.kid(b, dim, v)) })
	o.done[[2]node{a, b}] = n
	return n
}

// mapped replaces what the ends of a diagram hold.
func (d *diagrams) mapped(n node, f func(int) int) node {
	done := map[node]node{}
	var walk func(node) node
	walk = func(n node) node {
		if n.isEnd() {
			return end(f(n.value()))
		}
		if have, found := done[n]; found {
			return have
		}
		dim := d.dimOf(n)
		out := d.branch(dim, func(v int) node { return walk(d.inner[n].kids[v]) })
		done[n] = out
		return out
	}
	return walk(n)
}

// ends lists what the ends of a diagram hold, each once, in the order of the walk.
func (d *diagrams) ends(n node) []int {
	var out []int
	seen, held := map[node]bool{}, map[int]bool{}
	var walk func(node)
	walk = func(n node) {
		if n.isEnd() {
			if !held[n.value()] {
				held[n.value()] = true
				out = append(out, n.value())
			}
			return
		}
		if seen[n] {
			return
		}
		seen[n] = true
		d.effort.spend(len(d.inner[n].kids))
		for _, kid := range d.inner[n].kids {
			walk(kid)
		}
	}
	walk(n)
	return out
}

// unset is the value of a dimension on which a path does not depend.
const unset = -1

// path finds values of the dimensions that lead to an end that is wanted; nil if
// there is none. Of several values the one that order gives first is taken.
func (d *diagrams) path(n node, order func(dim int) []int, wanted func(int) bool) []int {
	dead := map[node]bool{}
	out := make([]int, len(d.sizes))
	for i := range out {
		out[i] = unset
	}
	var walk func(node) bool
	walk = func(n node) bool {
		if n.isEnd() {
			return wanted(n.value())
		}
		if dead[n] {
			return false
		}
		dim := d.dimOf(n)
		d.effort.spend(d.sizes[dim])
		for _, v := range order(dim) {
			out[dim] = v
			if walk(d.inner[n].kids[v]) {
				return true
			}
		}
		out[dim] = unset
		dead[n] = true
		return false
	}
	if !walk(n) {
		return nil
	}
	return out
}

// given is the diagram where a dimension has a value.
func (d *diagrams) given(n node, dim, value int) node {
	done := map[node]node{}
	var walk func(node) node
	walk = func(n node) node {
		at := d.dimOf(n)
		switch {
		case at > dim:
			return n
		case at == dim:
			return d.inner[n].kids[value]
		}
		if have, found := done[n]; found {
			return have
		}
		out := d.branch(at, func(v int) node { return walk(d.inner[n].kids[v]) })
		done[n] = out
		return out
	}
	return walk(n)
}
