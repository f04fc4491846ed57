package auth

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCacheIsBounded(t *testing.T) {
	c, now := newCache(), time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	hash := func(n uint64) *[sha256.Size]byte {
		h := sha256.Sum256(binary.BigEndian.AppendUint64(nil, n))
		return &h
	}
	for n := range uint64(100_000) {
		h := held{caller: &Caller{ID: "x"}, ends: now.Add(time.Hour), forgotten: now.Add(time.Hour)}
		c.put(hash(n), h, now)
		require.Same(t, h.caller, c.get(hash(n), now), "the last is there")
	}
	assert.LessOrEqual(t, c.size(), shardsOfCache*mostInShard)
	assert.Greater(t, c.size(), shardsOfCache*mostInShard/2)
}

// What counts no more goes first.
func TestCacheForgetsWhatHasEnded(t *testing.T) {
	c, now := newCache(), time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var last [sha256.Size]byte // all are in the first shard
	for n := range uint64(mostInShard) {
		var h [sha256.Size]byte
		binary.BigEndian.PutUint64(h[8:], n+1)
		ends := now.Add(time.Minute)
		if n == 7 {
			last, ends = h, now.Add(time.Hour)
		}
		c.put(&h, held{caller: &Caller{ID: "x"}, ends: ends, forgotten: now.Add(time.Hour)}, now)
	}
	now = now.Add(time.Minute)
	var h [sha256.Size]byte
	c.put(&h, held{caller: &Caller{ID: "y"}, ends: now.Add(time.Hour), forgotten: now.Add(time.Hour)}, now)
	assert.Equal(t, 2, c.size())
	assert.NotNil(t, c.get(&last, now))
}

func TestCacheEnds(t *testing.T) {
	c, now := newCache(), time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var a, b [sha256.Size]byte
	b[1] = 1
	c.put(&a, held{caller: &Caller{ID: "a"}, ends: now.Add(time.Second), forgotten: now.Add(time.Hour)}, now)
	c.put(&b, held{caller: &Caller{ID: "b"}, ends: now.Add(time.Hour), forgotten: now.Add(time.Second)}, now)
	assert.Equal(t, "a", c.get(&a, now).ID)
	assert.Equal(t, "b", c.get(&b, now).ID)
	assert.Nil(t, c.get(&a, now.Add(time.Second)))
	assert.Nil(t, c.get(&b, now.Add(time.Second)))
}

func TestCacheOfMany(_ *testing.T) {
	c, now := newCache(), time.Now()
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			for n := range 5000 {
				h := sha256.Sum256([]byte{byte(n), byte(n >> 8), byte(g & 1)})
				if c.get(&h, now) == nil {
					c.put(&h, held{caller: &Caller{ID: "x"}, ends: now.Add(time.Hour), forgotten: now.Add(time.Hour)}, now)
				}
			}
		})
	}
	all.Wait()
}
