package facts

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
)

// A dictionary gives numbers to texts that come again, from 0 without gaps. A
// number means the same text for good. One goroutine adds; any number read,
// without locks: whoever learned of a number from the one who adds finds its text.
type dictionary struct {
	count atomic.Uint32                              // of texts that readers may see
	texts atomic.Pointer[[]*[dictionaryChunk]string] // by number; chunks never move
	slots []uint32                                   // the writer's own: numbers plus one by hash, 0 for none; a power of two of them
	bytes int                                        // the writer's own: of all texts
}

const (
	dictionaryChunk = 1 << 10 // texts
	dictionaryMost  = 1 << 31 // texts, far more than memory holds
)

func newDictionary() *dictionary {
	d := &dictionary{slots: make([]uint32, dictionaryChunk)}
	d.texts.Store(&[]*[dictionaryChunk]string{})
	return d
}

// len is how many texts have numbers.
func (d *dictionary) len() int { return int(d.count.Load()) }

// text returns the text of a number, and "" for one that has none.
func (d *dictionary) text(n uint32) string {
	text, _ := d.lookup(uint64(n))
	return text
}

func (d *dictionary) lookup(n uint64) (text string, found bool) {
	if n >= uint64(d.count.Load()) {
		return "", false
	}
	return (*d.texts.Load())[n/dictionaryChunk][n%dictionaryChunk], true
}

// intern returns the number of a text, which gets one if it has none.
func (d *dictionary) intern(text string) uint32 {
	hash := hashOf(text)
	if n, found := find(d, hash, text); found {
		return n
	}
	return d.add(hash, text)
}

// find looks for a text. The writer alone may call it.
func find[T string | []byte](d *dictionary, hash uint64, text T) (n uint32, found bool) {
	mask := uint64(len(d.slots) - 1)
	for i := hash & mask; d.slots[i] != 0; i = (i + 1) & mask {
		if n := d.slots[i] - 1; d.text(n) == string(text) {
			return n, true
		}
	}
	return 0, false
}

// add gives a number to a text that has none.
func (d *dictionary) add(hash uint64, text string) uint32 {
	n := d.count.Load()
	if n >= dictionaryMost {
		panic("bad math in dictionary: it is full") // memory was, long before
	}
	chunks := *d.texts.Load()
	if n%dictionaryChunk == 0 {
		chunks = append(chunks, new([dictionaryChunk]string)) // behind what readers see
		d.texts.Store(&chunks)
	}
	// A copy, since the text may be a part of something long.
	chunks[n/dictionaryChunk][n%dictionaryChunk] = strings.Clone(text)
	d.count.Store(n + 1)
	d.bytes += len(text)
	if 4*uint64(n) >= 3*uint64(len(d.slots)) {
		d.slots = make([]uint32, 2*len(d.slots))
		for old := range n {
			d.place(hashOf(d.text(old)), old)
		}
	}
	d.place(hash, n)
	return n
}

func (d *dictionary) place(hash uint64, n uint32) {
	mask := uint64(len(d.slots) - 1)
	i := hash & mask
	for d.slots[i] != 0 {
		i = (i + 1) & mask
	}
	d.slots[i] = n + 1
}

// append appends the whole dictionary as bytes: eight that say how events are
// packed, the number of texts, then each with its length before it.
func (d *dictionary) append(dst []byte) []byte {
	n := d.count.Load()
	dst = binary.BigEndian.AppendUint64(dst, packedAs)
	dst = binary.AppendUvarint(dst, uint64(n))
	for i := range n {
		text := d.text(i)
		dst = binary.AppendUvarint(dst, uint64(len(text)))
		dst = append(dst, text...)
	}
	return dst
}

var (
	// errDictionary is returned for bytes that append cannot have written.
	errDictionary = errors.New("this is not a dictionary: build the snapshot again from the log")
	// errPackedAs is returned for the dictionary of events that were packed otherwise.
	errPackedAs = errors.New("another version of the program packed these events: build the snapshot again from the log")
)

// readDictionary reads what append appended, and returns what comes after it.
func readDictionary(data []byte) (d *dictionary, rest []byte, err error) {
	if len(data) < 8 {
		return nil, nil, errDictionary
	}
	if binary.BigEndian.Uint64(data) != packedAs {
		return nil, nil, errPackedAs
	}
	rest = data[8:]
	count, size := binary.Uvarint(rest)
	if size <= 0 {
		return nil, nil, errDictionary
	}
	rest = rest[size:]
	d = newDictionary()
	for n := range count {
		length, size := binary.Uvarint(rest)
		if size <= 0 || length > uint64(len(rest)-size) {
			return nil, nil, fmt.Errorf("text %d of %d: %w", n, count, errDictionary)
		}
		rest = rest[size:]
		text := string(rest[:length])
		rest = rest[length:]
		if got := d.intern(text); uint64(got) != n {
			return nil, nil, fmt.Errorf("text %d of %d is that of %d: %w", n, count, got, errDictionary)
		}
	}
	return d, rest, nil
}

// hashOf is FNV-1a of 64 bits: the same on every machine and in every run.
func hashOf[T string | []byte](text T) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * prime
	}
	return h ^ h>>32 // the low bits alone are weak
}
