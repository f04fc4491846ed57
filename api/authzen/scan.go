package authzen

import (
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/comity-project/comity/api"
)

// A scan reads what nearly all callers send, and much faster than what reads all that
// there is: the members of a question with texts of plain ASCII, and properties and
// contexts of texts, numbers and truth values. At anything else it gives up, and the
// body is read anew as any other. So it never says what is wrong with a body, and what
// it has read is what would have been read.
type scan struct {
	text  string
	at    int
	lost  bool // it gave up
	cells []cell
}

// A cell is where the parts of a tuple are kept, many together.
type cell struct {
	subject, resource entity
	action            action
}

const mostCells = 64

func (s *scan) cell() *cell {
	if len(s.cells) == cap(s.cells) {
		s.cells = make([]cell, 0, min(mostCells, 2*cap(s.cells)+1))
	}
	s.cells = s.cells[:len(s.cells)+1]
	return &s.cells[len(s.cells)-1]
}

// decodeTuple reads the body of a question.
func decodeTuple(c *api.Call, t *tuple) error {
	text, err := c.Body("application/json")
	if err != nil {
		return err
	}
	s := scan{text: string(text)}
	if s.tuple(t, nil); s.end() {
		return nil
	}
	*t = tuple{}
	return api.Unmarshal(text, t)
}

// decodeBatch reads the body of several questions.
func decodeBatch(c *api.Call, b *batch) error {
	text, err := c.Body("application/json")
	if err != nil {
		return err
	}
	s := scan{text: string(text)}
	if s.batch(b); s.end() {
		return nil
	}
	*b = batch{}
	return api.Unmarshal(text, b)
}

// end reports whether all was read.
func (s *scan) end() bool {
	s.space()
	return !s.lost && s.at == len(s.text)
}

func (s *scan) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// next reads one character after any space.
func (s *scan) next(c byte) bool {
	s.space()
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scan) must(c byte) {
	if !s.next(c) {
		s.lost = true
	}
}

// word reads a text without escapes, in ASCII.
func (s *scan) word() string {
	s.must('"')
	for i := s.at; i < len(s.text) && !s.lost; i++ {
		switch c := s.text[i]; {
		case c == '"':
			word := s.text[s.at:i]
			s.at = i + 1
			return word
		case c == '\\' || c < ' ' || c > '~':
			s.lost = true
		}
	}
	s.lost = true
	return ""
}

// object reads the members of an object; read reads the value of one.
func (s *scan) object(read func(name string)) {
	s.must('{')
	if s.lost || s.next('}') {
		return
	}
	for {
		name := s.word()
		s.must(':')
		if s.lost {
			return
		}
		s.space()
		if read(name); s.lost || s.next('}') {
			return
		}
		s.must(',')
		s.space()
		if s.lost {
			return
		}
	}
}

// names sees to it that no name is there twice.
type names struct {
	few  [12]string
	have int
}

func (n *names) once(s *scan, name string) {
	if n.have == len(n.few) || slices.Contains(n.few[:n.have], name) {
		s.lost = true
		return
	}
	n.few[n.have] = name
	n.have++
}

// scalar reads a text, a number or a truth value, and returns it as it stands.
func (s *scan) scalar() jsontext.Value {
	from := s.at
	if s.at == len(s.text) {
		s.lost = true
		return nil
	}
	switch c := s.text[s.at]; {
	case c == '"':
		s.word()
	case c == 't':
		s.literal("true")
	case c == 'f':
		s.literal("false")
	case c == '-' || c >= '0' && c <= '9':
		s.number()
	default:
		s.lost = true
	}
	if s.lost {
		return nil
	}
	return jsontext.Value(s.text[from:s.at])
}

func (s *scan) literal(word string) {
	if len(s.text)-s.at < len(word) || s.text[s.at:s.at+len(word)] != word {
		s.lost = true
		return
	}
	s.at += len(word)
}

func (s *scan) number() {
	if s.text[s.at] == '-' {
		s.at++
	}
	if s.at < len(s.text) && s.text[s.at] == '0' {
		s.at++
	} else if !s.digits() {
		return
	}
	if s.at < len(s.text) && s.text[s.at] == '.' {
		s.at++
		if !s.digits() {
			return
		}
	}
	if s.at < len(s.text) && (s.text[s.at] == 'e' || s.text[s.at] == 'E') {
		if s.at++; s.at < len(s.text) && (s.text[s.at] == '+' || s.text[s.at] == '-') {
			s.at++
		}
		s.digits()
	}
}

// digits reads one digit at least.
func (s *scan) digits() bool {
	from := s.at
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
	}
	s.lost = s.lost || s.at == from
	return !s.lost
}

func (s *scan) properties() properties {
	out := properties{}
	var seen names
	s.object(func(name string) {
		seen.once(s, name)
		out[name] = s.scalar()
	})
	return out
}

func (s *scan) entity(e *entity) *entity {
	var seen names
	s.object(func(name string) {
		seen.once(s, name)
		switch name {
		case "type":
			e.Type = s.word()
		case "id":
			e.ID = s.word()
		case "properties":
			e.Properties = s.properties()
		default:
			s.scalar()
		}
	})
	return e
}

// tuple reads a question; more reads a member that others do not have, and reports
// whether there is such a one.
func (s *scan) tuple(t *tuple, more func(name string) bool) {
	s.space()
	var seen names
	kept := s.cell()
	s.object(func(name string) {
		seen.once(s, name)
		switch name {
		case "subject":
			t.Subject = s.entity(&kept.subject)
		case "resource":
			t.Resource = s.entity(&kept.resource)
		case "action":
			t.Action = s.action(&kept.action)
		case "context":
			t.Context = s.properties()
		default:
			if more == nil || !more(name) {
				s.scalar()
			}
		}
	})
}

func (s *scan) action(a *action) *action {
	var seen names
	s.object(func(name string) {
		seen.once(s, name)
		switch name {
		case "name":
			a.Name = s.word()
		case "properties":
			a.Properties = s.properties()
		default:
			s.scalar()
		}
	})
	return a
}

func (s *scan) batch(b *batch) {
	s.tuple(&b.tuple, func(name string) bool {
		switch name {
		case "evaluations":
			s.items(b)
		case "options":
			var seen names
			s.object(func(name string) {
				seen.once(s, name)
				if name == "evaluations_semantic" {
					b.Options.Semantics = s.word()
				} else {
					s.scalar()
				}
			})
		default:
			return false
		}
		return true
	})
}

func (s *scan) items(b *batch) {
	b.Evaluations = []item{}
	s.must('[')
	if s.lost || s.next(']') {
		return
	}
	for !s.lost {
		b.Evaluations = append(b.Evaluations, item{})
		s.tuple(&b.Evaluations[len(b.Evaluations)-1].tuple, nil)
		if s.lost || s.next(']') {
			return
		}
		s.must(',')
	}
}
