package authzen

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
)

// A speech gathers the facts of a request from what is said here and there.
type speech struct {
	declared map[string]domain.FactDecl // by the law in force
	words    map[string]string
	where    []place  // each word was said
	passed   []string // over, since no fact is called so
}

// A place is where a fact was said.
type place struct{ fact, name string }

// hear reads the properties of one place. The names that are mapped are read as the
// facts that they are mapped to; others by their own, unless only mapped ones are.
func (s *speech) hear(at string, said properties, named map[string]string, onlyNamed bool, but ...string) error {
	if len(said) == 0 {
		return nil
	}
	for _, name := range inAlphabet(said) {
		value := said[name]
		fact, isNamed := named[name]
		if !isNamed {
			fact = name
		}
		if value.Kind() == 'n' || slices.Contains(but, name) {
			continue
		}
		decl, known := s.declared[fact]
		if !known || !isNamed && onlyNamed || fact == object {
			s.passed = append(s.passed, at+"."+name)
			continue
		}
		word, err := wordOf(value, decl.Type)
		if err != nil {
			return api.Bad("request_does_not_fit", "%s.%s: %v", at, name, err)
		}
		if err := s.say(at+"."+name, fact, word); err != nil {
			return err
		}
	}
	return nil
}

// say adds a word. What is said twice must be the same.
func (s *speech) say(at, fact, word string) error {
	if have, found := s.words[fact]; found {
		if have != word {
			first := s.where[slices.IndexFunc(s.where, func(p place) bool { return p.fact == fact })]
			return api.Bad("request_does_not_fit", "%s and %s say different things of %s", first.name, at, fact)
		}
		return nil
	}
	if s.words == nil {
		s.words = map[string]string{}
	}
	s.words[fact], s.where = word, append(s.where, place{fact, at})
	return nil
}

// inAlphabet lists names in their order, so that the same is said of the same.
func inAlphabet(said properties) []string {
	names := make([]string, 0, 8)
	for name := range said {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// wordOf writes a value as the words of a request have it: numbers and truth values as
// they are, money in cents, and a list with commas.
func wordOf(value jsontext.Value, of domain.FactType) (string, error) {
	switch value.Kind() {
	case '"':
		var text string
		err := json.Unmarshal(value, &text)
		return text, err
	case 't', 'f':
		return string(value), nil
	case '0':
		return numberWord(string(value), of)
	case '[':
		var elems []jsontext.Value
		if err := json.Unmarshal(value, &elems); err != nil {
			return "", err
		}
		if of != domain.SetFact {
			return "", fmt.Errorf("a list is not one value")
		}
		words := make([]string, len(elems))
		for i, e := range elems {
			if k := e.Kind(); k == '[' || k == '{' || k == 'n' {
				return "", fmt.Errorf("a list must be of texts, numbers or truth values")
			}
			word, err := wordOf(e, of)
			if err != nil {
				return "", err
			}
			if strings.Contains(word, ",") {
				return "", fmt.Errorf("an element of a list has no comma")
			}
			words[i] = word
		}
		return strings.Join(words, ","), nil
	default:
		return "", fmt.Errorf("an object is not one value")
	}
}

// mostExact is the largest whole number that every program that reads JSON keeps.
const mostExact = 1<<53 - 1

// numberWord writes a number of JSON, in which 3e2, 300.0 and 300 are the same. An amount
// of money is in cents, so that 300.00 is no three hundred dollars.
func numberWord(text string, of domain.FactType) (string, error) {
	if !strings.ContainsAny(text, ".eE") {
		if n, err := strconv.ParseInt(text, 10, 64); err != nil || n > mostExact || n < -mostExact {
			return "", fmt.Errorf("%s is too large", clip(text))
		}
		if text == "-0" {
			return "0", nil
		}
		return text, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f > mostExact || f < -mostExact {
		return "", fmt.Errorf("%s is too large", clip(text))
	}
	if n := int64(f); float64(n) == f {
		return strconv.FormatInt(n, 10), nil
	}
	if of == domain.MoneyFact {
		return "", fmt.Errorf("%s: an amount of money is a whole number of cents; write dollars as a text, such as \"300.00\"", clip(text))
	}
	return strconv.FormatFloat(f, 'f', -1, 64), nil
}

// clip shortens what is repeated to a caller.
func clip(text string) string {
	if len(text) > 80 {
		return strings.ToValidUTF8(text[:80], "") + "..."
	}
	return text
}
