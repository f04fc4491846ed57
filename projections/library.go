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
	// Oracle, if it is set before anything is loaded, compares every expression that
	// is evaluated with what cel-go makes of it.
	Oracle *rules.Oracle
	// Editions, if it is set before anything is loaded, has what other libraries of this
	// process read; with an oracle it is not asked. The texts are each library's own.
	Editions *rules.Editions

	base    *Library     // whose editions it has, too; nil: none
	reader  rules.Reader // of the drafts of those over this one
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
	if l.base != nil {
		if b, found := l.base.Bundle(hash); found {
			return b, true
		}
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	b, found := l.bundles[hash]
	return b, found
}

// Common returns the edition of the common law with this hash.
func (l *Library) Common(hash string) (*rules.Edition, error) {
	if l.base != nil {
		if _, have := l.base.Bundle(hash); have {
			return l.base.Common(hash)
		}
	}
	if l.base != nil {
		return l.load(pair{hash: hash}, func(bundle []byte) (*rules.Edition, error) {
			return l.base.reader.LoadCommon(bundle, l.Oracle)
		})
	}
	return l.load(pair{hash: hash}, func(bundle []byte) (*rules.Edition, error) {
		return l.readCommon(bundle)
	})
}

// State returns a State's edition, checked against an edition of the common law.
func (l *Library) State(hash, common string) (*rules.Edition, error) {
	if l.base != nil {
		_, own := l.base.Bundle(hash)
		if _, have := l.base.Bundle(common); own && have {
			return l.base.State(hash, common)
		}
	}
	base, err := l.Common(common)
	if err != nil {
		return nil, err
	}
	return l.load(pair{hash, common}, func(bundle []byte) (*rules.Edition, error) { return l.readState(bundle, base) })
}

// ReadCommon reads a text of the common law without putting it into the library; one that
// is there already is not read again. Its language consults the library's oracle.
func (l *Library) ReadCommon(bundle []byte) (*rules.Edition, error) {
	if hash := rules.Hash(bundle); l.has(hash) {
		return l.Common(hash)
	}
	return l.readCommon(bundle)
}

func (l *Library) has(hash string) bool {
	_, found := l.Bundle(hash)
	return found
}

func (l *Library) readCommon(bundle []byte) (*rules.Edition, error) {
	if l.Oracle == nil {
		return l.Editions.LoadCommon(bundle)
	}
	e, err := rules.LoadCommon(bundle)
	if err == nil {
		e.Language.Consult(l.Oracle)
	}
	return e, err
}

// ReadState reads a State's text without putting it into the library; one that is there
// already is not read again under an edition of the common law that is there too.
func (l *Library) ReadState(bundle []byte, common *rules.Edition) (*rules.Edition, error) {
	if hash := rules.Hash(bundle); common != nil && l.has(hash) && l.has(common.Hash) {
		if own, err := l.Common(common.Hash); err == nil && own == common {
			return l.State(hash, common.Hash)
		}
	}
	return l.readState(bundle, common)
}

func (l *Library) readState(bundle []byte, common *rules.Edition) (*rules.Edition, error) {
	if l.Oracle != nil {
		return rules.LoadState(bundle, common)
	}
	return l.Editions.LoadState(bundle, common)
}

func (l *Library) load(p pair, read func([]byte) (*rules.Edition, error)) (*rules.Edition, error) {
	bundle, found := l.Bundle(p.hash)
	l.mu.Lock()
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
