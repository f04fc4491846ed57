package facts

import (
	"encoding/binary"
	"sync/atomic"
)

// Events lie in blocks of blockLen, in order of position. A block has what is
// of one size in columns, one after the other, and what is not in data:
//
//	fixed   subject   4 bytes each: number of the subject
//	        before    4: position of the event before it about the same subject, plus 1; 0 is none
//	        end       4: where its part of data ends; it begins where that of the one before ends
//	        recorded  8: microseconds since 1970, UTC
//	data    per event: position of the target, plus 1, as a varint (0 is none); then the
//	        packed event, see pack.go
//
// All numbers are little-endian. There are no pointers inside, so that the
// collector has nothing to look at, and a block can be written to a file and
// used from there as it is.
const (
	blockBits = 12
	blockLen  = 1 << blockBits

	offSubject  = 0
	offBefore   = offSubject + 4*blockLen
	offEnd      = offBefore + 4*blockLen
	offRecorded = offEnd + 4*blockLen
	fixedLen    = offRecorded + 8*blockLen
)

type block struct {
	fixed []byte
	// data is published anew only when it had to move; what readers may read of
	// it lies before the end of the last event that they know.
	data atomic.Pointer[[]byte]
}

func newBlock(room int) *block {
	b := &block{fixed: make([]byte, fixedLen)}
	data := make([]byte, room)
	b.data.Store(&data)
	return b
}

func (b *block) u32(column int, i uint32) uint32 {
	return binary.LittleEndian.Uint32(b.fixed[column+4*int(i):])
}

func (b *block) setU32(column int, i, v uint32) {
	binary.LittleEndian.PutUint32(b.fixed[column+4*int(i):], v)
}

func (b *block) recorded(i uint32) int64 {
	return int64(binary.LittleEndian.Uint64(b.fixed[offRecorded+8*int(i):]))
}

// begin is where the part of event i begins in data.
func (b *block) begin(i uint32) uint32 {
	if i == 0 {
		return 0
	}
	return b.u32(offEnd, i-1)
}

func putUvarint(dst []byte, v uint32) []byte { return binary.AppendUvarint(dst, uint64(v)) }

// part returns what data has of event i.
func (b *block) part(i uint32) []byte { return (*b.data.Load())[b.begin(i):b.u32(offEnd, i)] }

// event returns the target of event i (position plus 1) and its packed form.
func (b *block) event(i uint32) (target uint32, packed []byte) {
	part := b.part(i)
	if part[0] < 0x80 {
		return uint32(part[0]), part[1:]
	}
	v, n := binary.Uvarint(part)
	return uint32(v), part[n:]
}

func (b *block) setRecorded(i uint32, micros int64) {
	binary.LittleEndian.PutUint64(b.fixed[offRecorded+8*int(i):], uint64(micros))
}

// full gives back the room that was left for more.
func (b *block) full() {
	data := *b.data.Load()
	if end := int(b.u32(offEnd, blockLen-1)); len(data)-end > end/32 {
		exact := make([]byte, end)
		copy(exact, data)
		b.data.Store(&exact)
	}
}

// put writes the part of event i, which is the first that readers don't know.
func (b *block) put(i uint32, head, packed []byte) {
	data := *b.data.Load()
	from := b.begin(i)
	end := from + uint32(len(head)+len(packed))
	if int(end) > len(data) {
		// What is there is about as long as what will come.
		larger := make([]byte, max(int(end)*blockLen/int(i+1)*9/8, int(end)+64))
		copy(larger, data[:from])
		b.data.Store(&larger)
		data = larger
	}
	copy(data[from:], head)
	copy(data[int(from)+len(head):], packed)
	b.setU32(offEnd, i, end)
}
