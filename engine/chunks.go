package engine

import (
	"context"
	"crypto/sha256"
	"hash"
	"io"
	"runtime"
	"sync"
)

// chunkLen is how many bytes of a snapshot are hashed as one. The last may have
// fewer.
const chunkLen = 1 << 20

// sumOf returns the checksum of a snapshot: SHA-256 over the SHA-256 of each of its
// chunks, in order. The chunks are hashed on as many cores as there are. The error
// is that of the context.
func sumOf(ctx context.Context, data []byte) (sum [sha256.Size]byte, err error) {
	chunks := (len(data) + chunkLen - 1) / chunkLen
	sums := make([]byte, chunks*sha256.Size)
	workers := runtime.GOMAXPROCS(0)
	var all sync.WaitGroup
	for worker := range workers {
		all.Go(func() {
			for i := worker; i < chunks && ctx.Err() == nil; i += workers {
				one := sha256.Sum256(data[i*chunkLen : min(len(data), (i+1)*chunkLen)])
				copy(sums[i*sha256.Size:], one[:])
			}
		})
	}
	all.Wait()
	return sha256.Sum256(sums), ctx.Err()
}

// A chunked writer writes and works out the checksum of what it wrote.
type chunked struct {
	w     io.Writer
	chunk hash.Hash
	in    int // bytes in the chunk
	sums  []byte
}

func newChunked(w io.Writer) *chunked { return &chunked{w: w, chunk: sha256.New()} }

func (c *chunked) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		n := min(len(rest), chunkLen-c.in)
		c.chunk.Write(rest[:n]) // never fails
		c.in, rest = c.in+n, rest[n:]
		if c.in == chunkLen {
			c.end()
		}
	}
	return c.w.Write(p)
}

func (c *chunked) end() {
	c.sums = c.chunk.Sum(c.sums)
	c.chunk.Reset()
	c.in = 0
}

// sum is the checksum of all that was written; nothing may be written after it.
func (c *chunked) sum() []byte {
	if c.in > 0 {
		c.end()
	}
	sum := sha256.Sum256(c.sums)
	return sum[:]
}
