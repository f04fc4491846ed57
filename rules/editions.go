package rules

import "sync"

// Editions keeps editions by the text they were read from, so that a process that opens
// one office after another reads a text once. What it returns is what [LoadCommon] and
// [LoadState] return; only an edition without a mistake is kept, and it is given to
// everybody who asks with the same bytes (and, of a State, under the same edition of the
// common law), who must not set an oracle on it. It only grows. Nil keeps nothing; the
// zero Editions is ready, and may be used by many goroutines.
type Editions struct {
	mu   sync.Mutex
	kept map[under]*Edition
}

// under is a text, by its hash, with what it is read under.
type under struct {
	hash   string
	common *Edition // nil: it is the common law
}

// LoadCommon is [LoadCommon].
func (k *Editions) LoadCommon(bundle []byte) (*Edition, error) { return k.load(bundle, nil) }

// LoadState is [LoadState].
func (k *Editions) LoadState(bundle []byte, common *Edition) (*Edition, error) {
	if k == nil || common == nil {
		return LoadState(bundle, common)
	}
	return k.load(bundle, common)
}

func (k *Editions) load(bundle []byte, common *Edition) (*Edition, error) {
	if k == nil {
		return load(bundle, common)
	}
	key := under{Hash(bundle), common}
	k.mu.Lock()
	defer k.mu.Unlock() // also while it is read: whoever else wants it waits for it
	if e := k.kept[key]; e != nil {
		return e, nil
	}
	e, err := load(bundle, common)
	if err != nil {
		return nil, err
	}
	if k.kept == nil {
		k.kept = map[under]*Edition{}
	}
	k.kept[key] = e
	return e, nil
}
