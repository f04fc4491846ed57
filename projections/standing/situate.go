package standing

import (
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// Situated is a question as the rules see it, and the law by which it is answered.
type Situated struct {
	At        timeline.Instant // of the act, if the request says when it is done
	Situation *rules.Situation
	Law       rules.Law
	Editions  []domain.Edition
}

// Situate puts a question and does not answer it. With the objects that are named,
// vehicle, property, filing or protection, also those are found that no rule about
// the privilege reads. The facts of its objects are found out when they are read, by
// one goroutine at a time.
func (m *Moment) Situate(subject domain.Subject, p domain.Privilege, t timeline.Instant, request map[string]string, objects ...string) (Situated, error) {
	in, err := m.inquire(subject, request)
	if err != nil {
		return Situated{}, err
	}
	t = in.time(t)
	r, err := in.situation(p, t)
	if err != nil {
		return Situated{}, err
	}
	now, s := in.instant(t), r.situation
	for _, object := range objects {
		switch object {
		case "vehicle":
			if s.Vehicle == nil {
				s.Vehicle = now.named(object)
			}
		case "property":
			if s.Property == nil {
				s.Property = now.named(object)
			}
		case "filing", "protection":
			for i := range s.Capacities {
				now.findOf(object, s, &s.Capacities[i], i)
			}
		}
	}
	return Situated{At: t, Situation: s, Law: r.law, Editions: r.editions}, nil
}

// findOf finds the filing or the protection of one capacity, unless it was found.
func (now *instant) findOf(object string, s *rules.Situation, c *rules.Capacity, i int) {
	of := role{kind: object, privilege: s.Privilege, capacity: uint8(min(i, 255))} //nolint:gosec // it is at most 255
	switch {
	case object == "filing" && c.Filing == nil:
		c.Filing = now.object(finding{kind: object, asked: s, through: c, role: of})
	case object == "protection" && c.Protection == nil:
		c.Protection = now.object(finding{kind: object, of: asker(c), role: of})
	}
}
