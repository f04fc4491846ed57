package facts

import (
	"slices"

	"github.com/comity-project/comity/domain"
)

// Conflicts returns what stands of the notes that sources differ on the event at
// a position, in order of recording. They are known or not; when they took
// effect does not matter.
func (v View) Conflicts(pos domain.Position) []domain.ConflictNoted {
	if _, disputed := v.store.disputed.Load(pos); !disputed {
		return nil // as nearly all
	}
	if pos >= v.k {
		return nil
	}
	noted := v.spans(v.SubjectAt(pos), attrNoted)
	slices.SortFunc(noted, func(a, b *Span) int { return int(a.Root) - int(b.Root) })
	var out []domain.ConflictNoted
	for _, s := range noted {
		// A correction of the note targets the note, which targets the event.
		_, _, target := v.store.said(uint32(s.Root))
		if conflict, ok := s.Event.(domain.ConflictNoted); ok && domain.Position(target) == pos+1 {
			out = append(out, conflict)
		}
	}
	return out
}
