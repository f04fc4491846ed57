package lsp

// A nodeKind says what a node is.
type nodeKind uint8

const (
	scalarNode nodeKind = iota
	mapNode
	listNode
)

// A node is a part of a file: a scalar, a map or a list.
type node struct {
	kind     nodeKind
	from, to int // byte offsets in the file, half-open
	flow     bool
	column   int // of a block map or list, in bytes from 0
	parent   *node
	entries  []entry        // of a map
	index    map[string]int // of a map with many entries: the first with each key
	items    []*node        // of a list; nil where nothing stands behind the dash

	// Of a scalar: its value, and for each code point of it the byte offset where
	// it stands; there is one more place, for the end. Style is ' for a plain one
	// and otherwise the sign with which it begins.
	value  []rune
	places []int
	style  byte
}

// An entry is one key of a map with what stands under it.
type entry struct {
	key   *node // nil: something stands where a key should
	value *node // nil: nothing
	colon bool  // whether the key has its colon
	to    int
}

// plainStyle marks scalars without quotes.
const plainStyle = ' '

// word returns the value of a scalar.
func (n *node) word() string {
	if n == nil || n.kind != scalarNode {
		return ""
	}
	return string(n.value)
}

// get returns what stands under a key of a map, or nil.
func (n *node) get(key string) *node {
	if e := n.entry(key); e != nil {
		return e.value
	}
	return nil
}

func (n *node) entry(key string) *entry {
	if n == nil || n.kind != mapNode {
		return nil
	}
	if n.index != nil {
		if i, found := n.index[key]; found {
			return &n.entries[i]
		}
		return nil
	}
	for i := range n.entries {
		if n.entries[i].key != nil && n.entries[i].key.word() == key {
			return &n.entries[i]
		}
	}
	return nil
}

// keys names the keys of a map that have a colon.
func (n *node) keys() []string {
	var out []string
	for _, e := range n.entries {
		if e.key != nil && e.colon {
			out = append(out, e.key.word())
		}
	}
	return out
}

// texts are the scalars of a list, or the scalar itself.
func (n *node) texts() []string {
	switch {
	case n == nil:
		return nil
	case n.kind == scalarNode:
		return []string{n.word()}
	}
	var out []string
	for _, i := range n.items {
		if i != nil && i.kind == scalarNode {
			out = append(out, i.word())
		}
	}
	return out
}

// at returns the scalar in which a byte offset is, at its end included, or nil.
func (n *node) at(offset int) *node {
	if n == nil || offset < n.from || offset > n.to {
		return nil
	}
	switch n.kind {
	case scalarNode:
		return n
	case mapNode:
		for _, e := range n.entries {
			for _, part := range []*node{e.key, e.value} {
				if found := part.at(offset); found != nil {
					return found
				}
			}
		}
	case listNode:
		for _, i := range n.items {
			if found := i.at(offset); found != nil {
				return found
			}
		}
	}
	return nil
}

// isKey reports whether the node is a key of the map in which it stands, and of
// which entry.
func (n *node) isKey() (*entry, bool) {
	if n.parent != nil && n.parent.kind == mapNode {
		for i := range n.parent.entries {
			if n.parent.entries[i].key == n {
				return &n.parent.entries[i], true
			}
		}
	}
	return nil, false
}

// keyAbove returns the key under which the node stands in its parent, or nil.
func (n *node) keyAbove() *node {
	if n.parent != nil && n.parent.kind == mapNode {
		for _, e := range n.parent.entries {
			if e.value == n {
				return e.key
			}
		}
	}
	return nil
}

// mapAbove returns the nearest map around the node that has a key.
func (n *node) mapAbove(key string) *node {
	for p := n.parent; p != nil; p = p.parent {
		if p.kind == mapNode && p.get(key) != nil {
			return p
		}
	}
	return nil
}
