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
	count atomic.Uint32  // of texts that readers may see
	texts column[string] // by number
	index table          // texts to numbers; the writer alone looks
	bytes int            // of all texts; the writer's own
}

const dictionaryMost = 1 << 31 // texts, far more than memory holds

func newDictionary() *dictionary { return &dictionary{} }

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
	return *d.texts.at(uint32(n)), true
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
	return d.index.find(hash, func(n uint32) bool { return *d.texts.at(n) == string(text) })
}

// add gives a number to a text that has none.
func (d *dictionary) add(hash uint64, text string) uint32 {
	if d.count.Load() >= dictionaryMost {
		panic("bad math in dictionary: it is full") // memory was, long before
	}
	n, place := d.texts.add()
	*place = strings.Clone(text) // since it may be a part of something long
	d.index.add(hash, n, func(n uint32) uint64 { return hashOf(*d.texts.at(n)) }, 1)
	d.bytes += len(text)
	d.count.Store(n + 1)
	return n
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
