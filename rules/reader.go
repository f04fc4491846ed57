package rules

import (
	"slices"
	"sync"
)

// A Reader reads one edition of the common law after another, as somebody writes it, and
// reads and checks only what is new: files that are byte for byte as they were, and
// expressions that were checked before in the same language. What it comes to, and
// every mistake, is the same as of [LoadCommon]. The zero Reader is ready, and may be used
// by many goroutines; editions that it read may share parts.
type Reader struct {
	mu   sync.Mutex
	kept kept
}

// kept is of the last edition without a mistake. None of it is ever changed.
type kept struct {
	files    map[string]*parsed // by name
	lang     *Language
	speaks   map[string][]item // the blocks of which the language consists
	compiled map[string]*compiled
}

// A parsed file had no mistake that is found without knowing the others.
type parsed struct {
	text  string // as it was in the bundle
	src   *source
	roots []item
}

// LoadCommon is [LoadCommon]. Its languages consult the oracle.
func (r *Reader) LoadCommon(bundle []byte, o *Oracle) (*Edition, error) {
	r.mu.Lock()
	before := r.kept
	r.mu.Unlock()
	if before.lang != nil && before.lang.oracle != o {
		before = kept{}
	}
	e, after, err := loadAfter(bundle, nil, before)
	if err != nil {
		return nil, err
	}
	if after.lang != before.lang {
		after.lang.Consult(o)
	}
	r.mu.Lock()
	r.kept = after
	r.mu.Unlock()
	return e, nil
}

// language are the blocks that make a language, or what its expressions mean.
var language = []string{"vocabulary", "privileges", "facts", "request", "conditions", "clocks", "let"}

// sameLanguage takes the language that was read before, and what was checked in it, if
// this one is read from the same.
func (l *loader) sameLanguage() {
	if l.before.lang == nil || len(l.wrong) > 0 {
		return
	}
	for _, block := range language {
		if !slices.Equal(l.blocks[block], l.before.speaks[block]) {
			return
		}
	}
	l.lang, l.shared = l.before.lang, true
}

// keeps is what the next edition may share.
func (l *loader) keeps() kept {
	out := kept{files: l.parsed, lang: l.lang, compiled: l.compiled, speaks: map[string][]item{}}
	for _, block := range language {
		out.speaks[block] = l.blocks[block]
	}
	return out
}
