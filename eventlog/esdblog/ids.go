package esdblog

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/comity-project/comity/eventlog"
)

// ids knows where in the log an id may be, for all records up to a position, and when
// the last of them was recorded. It is a table of small cells, each a part of a hash of
// an id and the position of its record: whoever finds one looks at the record to be
// sure.
type ids struct {
	mu    sync.Mutex
	cells []uint64 // 0 is free; else the upper bits of the hash, and 1 + the position
	end   eventlog.Position
	last  time.Time // when the record before end was recorded
}

// placeBits are the bits of a cell that hold a position.
const placeBits = 32

// mostRecords is how many records a log that is written to may have: 4,294,967,294.
const mostRecords = 1<<placeBits - 2

const firstCells = 1 << 10

// hash spreads an id. Ids may be alike in most of their bytes.
func hash(id eventlog.ID) uint64 {
	h := binary.LittleEndian.Uint64(id[:8])*0x9e3779b97f4a7c15 ^ binary.LittleEndian.Uint64(id[8:])
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	h ^= h >> 29
	h *= 0xff51afd7ed558ccd
	return h ^ h>>32
}

// at returns the position up to which ids are known, and when the record before it was
// recorded.
func (s *ids) at() (eventlog.Position, time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end, s.last
}

// saw adds the record at a position, if it is the next one. Whoever reads the log says
// so, in any order.
func (s *ids) saw(at eventlog.Position, r *eventlog.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at != s.end || at >= mostRecords {
		return
	}
	if 4*uint64(s.end+1) > 3*uint64(len(s.cells)) {
		s.grow()
	}
	s.put(hash(r.ID)>>placeBits<<placeBits|uint64(at+1), hash(r.ID))
	s.end, s.last = at+1, r.Recorded
}

// The cells of a hash follow each other from a place that its lower bits say, so that
// the table can grow only by reading the ids again: the place is kept to the bits that a
// cell has.
func (s *ids) put(cell, hash uint64) {
	mask := uint64(len(s.cells) - 1)
	for i := spot(hash) & mask; ; i = (i + 1) & mask {
		if s.cells[i] == 0 {
			s.cells[i] = cell
			return
		}
	}
}

// spot says where the search for a hash begins. It depends only on the bits that a cell
// holds, and spreads them.
func spot(hash uint64) uint64 { return (hash >> placeBits) * 0x9e3779b97f4a7c15 >> 16 }

func (s *ids) grow() {
	old := s.cells
	s.cells = make([]uint64, max(firstCells, 2*len(old)))
	for _, cell := range old {
		if cell != 0 {
			s.put(cell, cell)
		}
	}
}

// perhaps returns the positions of the records that may have the id.
func (s *ids) perhaps(id eventlog.ID) []eventlog.Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.cells) == 0 {
		return nil
	}
	h, mask := hash(id), uint64(len(s.cells)-1)
	var found []eventlog.Position
	for i := spot(h) & mask; s.cells[i] != 0; i = (i + 1) & mask {
		if s.cells[i]>>placeBits == h>>placeBits {
			found = append(found, eventlog.Position(s.cells[i]&(1<<placeBits-1))-1)
		}
	}
	return found
}
