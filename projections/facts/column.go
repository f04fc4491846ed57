package facts

import "sync/atomic"

// A list grows at its end by one writer while many read it without locks. The
// writer fills the place behind what readers see and then publishes the longer
// slice. The zero list is empty.
type list[T any] struct{ published atomic.Pointer[[]T] }

func (l *list[T]) all() []T {
	if p := l.published.Load(); p != nil {
		return *p
	}
	return nil
}

func (l *list[T]) add(one T) {
	longer := append(l.all(), one)
	l.published.Store(&longer)
}

const (
	chunkBits = 10
	chunkLen  = 1 << chunkBits
)

// A column is a long list whose entries never move, so that it neither copies
// them as it grows nor needs twice the room. One writer adds; whoever was told of
// an index may read the entry there.
type column[T any] struct {
	chunks list[*[chunkLen]T]
	n      uint32 // the writer's own
}

func (c *column[T]) at(i uint32) *T { return &c.chunks.all()[i>>chunkBits][i&(chunkLen-1)] }

// add returns the index of the new entry, for the writer to tell.
func (c *column[T]) add() (uint32, *T) {
	i := c.n
	if i>>chunkBits == uint32(len(c.chunks.all())) {
		c.chunks.add(new([chunkLen]T))
	}
	c.n++
	return i, c.at(i)
}

// A table finds numbers by the hash of what they stand for. What that is, it
// does not know: who looks something up compares. One writer adds while any
// number look up, without locks. Entries are never removed; who added one that no
// longer counts tells it apart when comparing.
type table struct {
	slots atomic.Pointer[[]atomic.Uint32] // number+1; 0 is free; a power of two of them
	used  int                             // the writer's own
}

// find returns the first number under the hash that is the same as what is
// looked for.
func (t *table) find(hash uint64, same func(uint32) bool) (uint32, bool) {
	p := t.slots.Load()
	if p == nil {
		return 0, false
	}
	slots := *p
	mask := uint64(len(slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		n := slots[i].Load()
		if n == 0 {
			return 0, false
		}
		if same(n - 1) {
			return n - 1, true
		}
	}
}

// add puts a number under a hash. HashOf returns the hash of a number added
// before, for when the table grows; more is by how much it is expected to.
func (t *table) add(hash uint64, n uint32, hashOf func(uint32) uint64, more float64) {
	p := t.slots.Load()
	if p == nil || (t.used+1)*4 > len(*p)*3 {
		size := 64
		if p != nil {
			size = 2 * len(*p)
		}
		for float64(size)*3 < float64(t.used)*more*4 {
			size *= 2
		}
		p = t.grow(size, hashOf)
	}
	place(*p, hash, n)
	t.used++
}

func (t *table) grow(size int, hashOf func(uint32) uint64) *[]atomic.Uint32 {
	larger := make([]atomic.Uint32, size)
	if p := t.slots.Load(); p != nil {
		for i := range *p {
			if n := (*p)[i].Load(); n != 0 {
				place(larger, hashOf(n-1), n-1)
			}
		}
	}
	t.slots.Store(&larger)
	return &larger
}

func place(slots []atomic.Uint32, hash uint64, n uint32) {
	mask := uint64(len(slots) - 1)
	i := hash & mask
	for slots[i].Load() != 0 {
		i = (i + 1) & mask
	}
	slots[i].Store(n + 1)
}

// hashBytes and hashText are FNV-1a, folded so that the low bits are good.
func hashBytes(b [16]byte) uint64 {
	// Identifiers are mostly random already; four words mixed are enough.
	h := uint64(14695981039346656037)
	for i := 0; i < 16; i += 8 {
		w := uint64(b[i]) | uint64(b[i+1])<<8 | uint64(b[i+2])<<16 | uint64(b[i+3])<<24 |
			uint64(b[i+4])<<32 | uint64(b[i+5])<<40 | uint64(b[i+6])<<48 | uint64(b[i+7])<<56
		h = mix(h ^ w)
	}
	return h
}

func hashText(seed uint64, s string) uint64 {
	h := uint64(14695981039346656037) ^ seed
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return mix(h)
}

// mix spreads every bit over all others (the finalizer of MurmurHash3, public domain).
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
