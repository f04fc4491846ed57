package esdbtest

import (
	"errors"
	"math"
	"slices"
	"sort"
	"time"
)

// What a writer may expect of a stream, beside a revision.
const (
	expectAny    int64 = -2
	expectNone   int64 = -1
	expectExists int64 = -4
)

var (
	errWrongRevision = errors.New("wrong expected revision")
	errDeleted       = errors.New("stream is deleted")
)

// A store is everything that was committed. It is owned by the cluster's lock,
// but what is in its slices never changes, so readers may keep parts of them.
type store struct {
	all     []*Event           // by position
	streams map[string][]entry // by revision
	end     uint64             // position of the next event
	recent  map[recent]*Event  // written since the leader came to office; all that Any goes by
}

// entry is one event in its stream and how many events lie before it in all.
type entry struct {
	*Event
	index int
}

type recent struct {
	stream string
	id     [16]byte
}

func newStore() *store {
	return &store{streams: map[string][]entry{}, recent: map[recent]*Event{}, end: 4211}
}

// forget makes the store as the next leader finds it, who knows what is on disk
// and not what was in another's memory.
func (s *store) forget() { clear(s.recent) }

// now is the time with the server's resolution.
func now() time.Time { return time.Now().UTC().Truncate(100 * time.Nanosecond) }

// check weighs what is expected of a stream against what is there. It returns
// the last event of the same append if that was made before, nil if it is to be
// written, or an error; and the stream's last revision in any case.
func (s *store) check(stream string, expected int64, ids [][16]byte) (done *Event, cur int64, err error) {
	at := s.view().look(stream)
	cur = at.cur
	switch {
	case at.tombstoned:
		return nil, cur, errDeleted
	case expected == expectExists && at.softDeleted():
		return nil, cur, errDeleted
	case expected == expectExists && cur < 0 && !s.described(stream):
		return nil, cur, errWrongRevision
	case expected == expectAny || expected == expectExists:
		return s.checkRecent(stream, cur, ids)
	case expected > cur:
		return nil, cur, errWrongRevision
	case expected == cur:
		return nil, cur, nil
	}
	entries := s.streams[stream]
	for i, id := range ids {
		place := expected + 1 + int64(i)
		if place <= cur && entries[place].ID == id {
			done = entries[place].Event
			continue
		}
		if i == 0 && expected == expectNone && at.softDeleted() {
			return nil, cur, nil
		}
		return nil, cur, errWrongRevision
	}
	if done == nil {
		return nil, cur, errWrongRevision
	}
	return done, cur, nil
}

// checkRecent is check for writers who expect nothing. Only what was written
// under this leader is known.
func (s *store) checkRecent(stream string, cur int64, ids [][16]byte) (done *Event, _ int64, err error) {
	for i, id := range ids {
		known, ok := s.recent[recent{stream, id}]
		if !ok && i == 0 {
			return nil, cur, nil
		}
		if !ok {
			return nil, cur, errWrongRevision
		}
		done = known
	}
	return done, cur, nil
}

// append writes events to the end of a stream, whatever is expected of it, and
// returns the last one. A stream that was deleted softly is there again, without
// what was in it.
func (s *store) append(stream string, events ...Event) *Event {
	at := s.view().look(stream)
	var last *Event
	for _, e := range events {
		at.cur++
		last = s.write(stream, uint64(at.cur), e)
	}
	if at.softDeleted() && last != nil {
		at.meta.Before = at.cur - int64(len(events)) + 1
		s.setMetadata(stream, at.meta)
	}
	return last
}

// described says that somebody has written metadata of a stream, which makes it exist.
func (s *store) described(stream string) bool { return len(s.streams["$$"+stream]) > 0 }

// setMetadata writes what the metadata of a stream is from now on.
func (s *store) setMetadata(stream string, m metadata) *Event {
	return s.append("$$"+stream, Event{ID: newID(), Type: typeMetadata, ContentType: contentJSON, Data: m.encode()})
}

// tombstone ends a stream for ever.
func (s *store) tombstone(stream string) *Event {
	return s.write(stream, deletedBefore, Event{ID: newID(), Type: typeTombstone, ContentType: contentOctets})
}

func (s *store) write(stream string, revision uint64, e Event) *Event {
	e.Stream, e.Revision, e.Position, e.Created = stream, revision, s.end, now()
	// A log record has a frame, and its size depends on more than we keep.
	s.end += uint64(e.size() + len(stream) + 113 + len(s.all)%7)
	s.streams[stream] = append(s.streams[stream], entry{&e, len(s.all)})
	s.all = append(s.all, &e)
	s.recent[recent{stream, e.ID}] = &e
	return &e
}

// view is everything.
func (s *store) view() view { return view{s, len(s.all)} }

// A view is what a node shows: the first n of all events.
type view struct {
	s *store
	n int
}

// at is the state of one stream in a view.
type at struct {
	entries    []entry // without the tombstone
	cur        int64   // last revision, -1 when nothing was ever written
	tombstoned bool
	tombstone  *Event // nil for metadata, which end with their stream
	meta       metadata
}

func (a at) softDeleted() bool { return a.meta.Before == deletedBefore }

// missing says that a reader is told there is no such stream: never written, or deleted.
// One that was truncated as a whole is there, and empty.
func (a at) missing() bool { return a.cur < 0 || a.softDeleted() }

// entries are those of the stream that the view shows.
func (v view) entries(stream string) []entry {
	all := v.s.streams[stream]
	return all[:sort.Search(len(all), func(i int) bool { return all[i].index >= v.n })]
}

func (v view) look(stream string) at {
	a := at{entries: v.entries(stream), cur: -1}
	if n := len(a.entries); n > 0 && a.entries[n-1].Type == typeTombstone {
		a.entries, a.tombstoned, a.tombstone = a.entries[:n-1], true, a.entries[n-1].Event
	}
	a.cur = int64(len(a.entries)) - 1
	if isMetadata(stream) {
		a.meta.MaxCount = 1
		a.tombstoned = a.tombstoned || v.look(stream[2:]).tombstoned
	} else if meta := v.entries("$$" + stream); len(meta) > 0 {
		a.meta = parseMetadata(meta[len(meta)-1].Data)
	}
	return a
}

// forwards are the events of a stream from a revision on that may be read.
func (a at) forwards(from int64) []entry {
	from = max(from, a.meta.Before, 0)
	if a.meta.MaxCount > 0 {
		from = max(from, a.cur-a.meta.MaxCount+1)
	}
	if from > a.cur {
		return nil
	}
	shown := a.entries[from:]
	for a.meta.MaxAge > 0 && len(shown) > 0 && !a.meta.shows(shown[0].Event, a.cur, now()) {
		shown = shown[1:]
	}
	return shown
}

// backwards are the events of a stream from a revision down that may be read, the
// last first.
func (a at) backwards(from int64) []entry {
	shown := a.forwards(0)
	if len(shown) == 0 {
		return nil
	}
	first := int64(shown[0].Revision)
	shown = slices.Clone(shown[:max(0, min(int64(len(shown)), from-first+1))])
	slices.Reverse(shown)
	return shown
}

// revision takes one from the wire; what no stream can have is beyond all.
func revision(r uint64) int64 { return int64(min(r, math.MaxInt64-1)) }
