package auth

import (
	"crypto/sha256"
	"sync"
	"time"
)

// A cache remembers tokens that were verified, by the SHA-256 of their whole text: to
// verify a signature takes some fifty times as long as to look it up. It holds who sent
// a token and nothing that could be sent again. Only what was verified gets in, so that
// nobody can fill it who has no tokens.
type cache struct {
	shards [shardsOfCache]shard
}

const (
	shardsOfCache = 16
	mostInShard   = 1024
)

type shard struct {
	mu sync.RWMutex
	of map[[sha256.Size]byte]held // mu
}

// A held token counts before both of its ends. One is of the world's clock: a clock that
// is set back does not make a token last longer than the other, which this machine
// counts by itself.
type held struct {
	caller    *Caller
	ends      time.Time // when the token ends
	forgotten time.Time // when it must be verified again
}

func (h *held) counts(now time.Time) bool { return now.Before(h.ends) && now.Before(h.forgotten) }

func newCache() *cache {
	c := &cache{}
	for i := range c.shards {
		c.shards[i].of = map[[sha256.Size]byte]held{}
	}
	return c
}

// get returns who sent a token, or nil if it must be verified.
func (c *cache) get(hash *[sha256.Size]byte, now time.Time) *Caller {
	s := &c.shards[hash[0]%shardsOfCache]
	s.mu.RLock()
	h, found := s.of[*hash]
	s.mu.RUnlock()
	if !found || !h.counts(now) {
		return nil
	}
	return h.caller
}

// put remembers a token. If there is no room, what counts no more goes, or else any
// token does: it is verified again if it comes again.
func (c *cache) put(hash *[sha256.Size]byte, h held, now time.Time) {
	s := &c.shards[hash[0]%shardsOfCache]
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.of) >= mostInShard {
		s.makeRoom(now)
	}
	s.of[*hash] = h
}

// makeRoom is called with mu held.
func (s *shard) makeRoom(now time.Time) {
	for hash, h := range s.of {
		if !h.counts(now) {
			delete(s.of, hash)
		}
	}
	for hash := range s.of {
		if len(s.of) < mostInShard*7/8 {
			break
		}
		delete(s.of, hash)
	}
}

// size counts the tokens that are held.
func (c *cache) size() int {
	n := 0
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.RLock()
		n += len(s.of)
		s.mu.RUnlock()
	}
	return n
}
