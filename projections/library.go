package projections

import (
	"fmt"
	"sync"

	"github.com/comity-project/comity/rules"
)

// A Library keeps the bundles of every edition that was ever published, and the
// editions loaded from them. It only grows, and is safe for concurrent use. The
// bytes come from the office's own shelf of bodies, never from the program, so
// that a new program changes no old answer.
type Library struct {
	mu      sync.RWMutex
	bundles map[string][]byte
	loaded  map[pair]*loading
}

// A pair is an edition and the common edition that it was checked against;
// for a common edition the second is empty.
type pair struct{ hash, common string }

type loading struct {
	once    sync.Once
	edition *rules.Edition
	err     error
}

// NewLibrary returns an empty library.
func NewLibrary() *Library {
	return &Library{bundles: map[string][]byte{}, loaded: map[pair]*loading{}}
}

// Put keeps a bundle under its hash, and returns the hash.
func (l *Library) Put(bundle []byte) string {
	hash := rules.Hash(bundle)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bundles[hash] = bundle
	return hash
}

// Bundle returns the bytes of an edition.
func (l *Library) Bundle(hash string) ([]byte, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	b, found := l.bundles[hash]
	return b, found
}

// Common returns the edition of the common law with this hash.
func (l *Library) Common(hash string) (*rules.Edition, error) {
	return l.load(pair{hash: hash}, func(bundle []byte) (*rules.Edition, error) { return rules.LoadCommon(bundle) })
}

// State returns a State's edition, checked against an edition of the common law.
func (l *Library) State(hash, common string) (*rules.Edition, error) {
	base, err := l.Common(common)
	if err != nil {
		return nil, err
	}
	return l.load(pair{hash, common}, func(bundle []byte) (*rules.Edition, error) { return rules.LoadState(bundle, base) })
}

func (l *Library) load(p pair, read func([]byte) (*rules.Edition, error)) (*rules.Edition, error) {
	l.mu.Lock()
	bundle, found := l.bundles[p.hash]
	one := l.loaded[p]
	if one == nil && found {
		one = &loading{}
		l.loaded[p] = one
	}
	l.mu.Unlock()
	if !found {
		return nil, fmt.Errorf("the text of edition %s is not in this office", p.hash)
	}
	one.once.Do(func() { one.edition, one.err = read(bundle) })
	return one.edition, one.err
}
