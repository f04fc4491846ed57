package facts

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/comity-project/comity/domain"
)

// A store can be written to a file and read back, which is much faster than to
// read the log again. The form is this program's own, see docs/format/snapshot.md.
// It is a list of sections, each its length in bytes (8 bytes, little-endian), the
// bytes, and as many zeros as make a multiple of 8:
//
//	position, number of subjects, number of links: 8 bytes each
//	dictionary          see dictionary.append
//	subjects            per subject: kind (1 byte, as in the list of kinds), revised (1),
//	                    length of the id (1), id
//	marks               per subject: first, last: 4 bytes each
//	links               per link: to, from, pos, kind: 4 bytes each
//	five tables         their slots, 4 bytes each: ids, commands, subjects, heads, pairs
//	disputed            positions, 4 bytes each
//	per block           its columns; its data
//
// In which order links hang together is worked out again when the sections are
// read. Columns and data are used where they lie.

// ErrSnapshot is returned for bytes that are not those of a store.
var ErrSnapshot = errors.New("this is not a snapshot of this version of the program")

// Save writes the store as it is at its position. Nobody may apply events
// meanwhile; reading goes on.
func (s *Store) Save(to io.Writer) error {
	w := &sections{w: bufio.NewWriterSize(to, 1<<20)}
	k := uint32(s.next.Load())
	w.section(u64s(uint64(k), uint64(s.subjects.names.n), uint64(s.refs.links.n)))
	w.section(s.texts.append(nil))
	w.section(s.subjects.save())
	w.section(s.subjects.saveMarks())
	w.section(s.refs.save())
	for _, t := range s.tables() {
		w.section(t.save())
	}
	var disputed []byte
	s.disputed.Range(func(pos, _ any) bool {
		disputed = binary.LittleEndian.AppendUint32(disputed, uint32(pos.(domain.Position)))
		return true
	})
	w.section(disputed)
	for i, b := range s.blocks.all() {
		n := min(k-uint32(i)<<blockBits, blockLen)
		if n == 0 {
			break // of a block that was begun and taken back
		}
		w.section(b.fixed)
		w.section((*b.data.Load())[:b.u32(offEnd, n-1)])
	}
	if w.err == nil {
		w.err = w.w.Flush()
	}
	return w.err
}

func (s *Store) tables() []*table {
	return []*table{&s.ids, &s.commands, &s.subjects.table, &s.refs.heads, &s.refs.pairs}
}

// Load reads a store that was saved. It goes on using the bytes, which must not
// change; whoever has them has verified that they are as they were written.
func Load(data []byte) (s *Store, err error) {
	defer func() {
		if r := recover(); r != nil { // a place outside the bytes
			s, err = nil, fmt.Errorf("%w: %v", ErrSnapshot, r)
		}
	}()
	r := reader{data: data}
	head := r.section()
	if len(head) != 24 {
		return nil, ErrSnapshot
	}
	k := uint32(binary.LittleEndian.Uint64(head))
	s = &Store{}
	s.subjects.init()
	texts, names, marks, links := r.section(), r.section(), r.section(), r.section()
	for _, t := range s.tables() {
		t.load(r.section())
	}
	disputed := r.section()
	for i := 0; i < len(disputed); i += 4 {
		s.disputed.Store(domain.Position(binary.LittleEndian.Uint32(disputed[i:])), true)
	}
	for from := uint32(0); from < k; from += blockLen {
		b := &block{fixed: r.section()}
		data := r.section()
		if len(b.fixed) != fixedLen {
			return nil, ErrSnapshot
		}
		if k-from < blockLen { // more will be written to the last
			b.fixed = append(make([]byte, 0, fixedLen), b.fixed...)
			data = append(make([]byte, 0, len(data)), data...)
		}
		data = data[:len(data):len(data)]
		b.data.Store(&data)
		s.blocks.add(b)
	}
	if !r.done() {
		return nil, ErrSnapshot
	}
	err = together(
		func() (err error) {
			s.texts, _, err = readDictionary(texts)
			return err
		},
		func() error { return s.subjects.load(names, marks, int(binary.LittleEndian.Uint64(head[8:]))) },
		func() error {
			s.refs.load(links, int(binary.LittleEndian.Uint64(head[16:])))
			return nil
		},
	)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSnapshot, err)
	}
	s.pack = newPacker(s.texts)
	s.next.Store(uint64(k))
	return s, nil
}

// together does several things at once. A panic is the error of the one that panicked.
func together(do ...func() error) error {
	failed := make([]error, len(do))
	var all sync.WaitGroup
	for i, f := range do {
		all.Go(func() {
			defer func() {
				if r := recover(); r != nil {
					failed[i] = fmt.Errorf("%v", r)
				}
			}()
			failed[i] = f()
		})
	}
	all.Wait()
	return errors.Join(failed...)
}

func (s *subjects) save() []byte {
	var out []byte
	kinds := domain.SubjectKinds()
	for n := range s.names.n {
		name := s.name(n)
		kind, revised := byte(0), byte(0)
		for i, k := range kinds {
			if k == name.Kind {
				kind = byte(i)
			}
		}
		if s.marks.at(n).revised.Load() {
			revised = 1
		}
		out = append(out, kind, revised, byte(len(name.ID)))
		out = append(out, name.ID...)
	}
	return out
}

func (s *subjects) saveMarks() []byte {
	out := make([]byte, 0, 8*int(s.marks.n))
	for n := range s.marks.n {
		m := s.marks.at(n)
		out = binary.LittleEndian.AppendUint32(out, m.first.Load())
		out = binary.LittleEndian.AppendUint32(out, m.last.Load())
	}
	return out
}

func (s *subjects) load(names, marks []byte, count int) error {
	all := string(names) // one text, of which each id is a part
	kinds := domain.SubjectKinds()
	lists := make([][]uint32, len(kinds))
	if len(marks) != 8*count {
		return errors.New("the marks are not those of the subjects")
	}
	for at := 0; len(marks) > 0; marks = marks[8:] {
		kind, revised, length := all[at], all[at+1], int(all[at+2])
		n, name := s.names.add()
		*name = domain.Subject{Kind: kinds[kind], ID: all[at+3 : at+3+length]}
		_, m := s.marks.add()
		m.revised.Store(revised == 1)
		m.first.Store(binary.LittleEndian.Uint32(marks))
		m.last.Store(binary.LittleEndian.Uint32(marks[4:]))
		if m.first.Load() != 0 {
			m.listed = true
			lists[kind] = append(lists[kind], n)
		}
		at += 3 + length
	}
	for i, of := range lists {
		if len(of) > 0 {
			s.kinds[kinds[i]].published.Store(&of)
		}
	}
	return nil
}

func (r *references) save() []byte {
	kinds := domain.SubjectKinds()
	out := make([]byte, 0, 16*int(r.links.n))
	for i := range r.links.n {
		l := r.links.at(i)
		kind := uint32(0)
		for j, k := range kinds {
			if k == l.kind {
				kind = uint32(j)
			}
		}
		for _, v := range []uint32{l.to, l.from, l.pos.Load(), kind} {
			out = binary.LittleEndian.AppendUint32(out, v)
		}
	}
	return out
}

func (r *references) load(data []byte, count int) {
	kinds := domain.SubjectKinds()
	type place struct{ to, kind uint32 }
	heads := map[place]uint32{}
	for range count {
		u := func(i int) uint32 { return binary.LittleEndian.Uint32(data[4*i:]) }
		i, l := r.links.add()
		l.to, l.from, l.kind = u(0), u(1), kinds[u(3)]
		l.pos.Store(u(2))
		p := place{u(0), u(3)}
		if head, found := heads[p]; found {
			h := r.links.at(head)
			l.next.Store(h.next.Load())
			h.next.Store(i + 1)
		} else {
			heads[p] = i
		}
		data = data[16:]
	}
}

func (t *table) save() []byte {
	p := t.slots.Load()
	if p == nil {
		return nil
	}
	out := make([]byte, 0, 4*len(*p))
	for i := range *p {
		out = binary.LittleEndian.AppendUint32(out, (*p)[i].Load())
	}
	return out
}

// load makes a table of slots that were saved.
func (t *table) load(data []byte) {
	n := len(data) / 4
	if n == 0 {
		return
	}
	if n&(n-1) != 0 || len(data) != 4*n {
		panic("a table has a power of two of slots")
	}
	slots := make([]atomic.Uint32, n)
	for i := range slots {
		if v := binary.LittleEndian.Uint32(data[4*i:]); v != 0 {
			slots[i].Store(v)
			t.used++
		}
	}
	t.slots.Store(&slots)
}

func u64s(of ...uint64) []byte {
	var out []byte
	for _, v := range of {
		out = binary.LittleEndian.AppendUint64(out, v)
	}
	return out
}

// sections writes one after the other; after the first error it does nothing.
type sections struct {
	w   *bufio.Writer
	err error
}

var padding [8]byte

func (w *sections) section(data []byte) {
	for _, part := range [][]byte{u64s(uint64(len(data))), data, padding[:-len(data)&7]} {
		if w.err == nil {
			_, w.err = w.w.Write(part)
		}
	}
}

type reader struct{ data []byte }

func (r *reader) section() []byte {
	n := int(binary.LittleEndian.Uint64(r.data))
	out := r.data[8 : 8+n : 8+n]
	r.data = r.data[8+n+(-n&7):]
	return out
}

func (r *reader) done() bool { return len(r.data) == 0 }
