package facts

import "github.com/comity-project/comity/domain"

// Topics are sorts of things that change in time, as a set: those on which an answer
// rests, and those that change at an instant. Where no topic of an answer changes,
// the answer does not.
type Topics uint64

const (
	// Standing is what every answer rests on: the editions in force, who is in which
	// capacity and phase with which status, and what binds them.
	Standing Topics = 1
	// Everything is all topics.
	Everything = ^Topics(0)
)

// The other topics are one for each way in which facts are computed, and one for each
// register that rules may read.
var topics = func() map[string]Topics {
	out, next := map[string]Topics{}, Standing<<1
	add := func(name string) {
		if next == 0 {
			panic("bad topics: there are more than fit") // unreachable: they are declared in this package
		}
		out[name], next = next, next<<1
	}
	for c := range Constructors() {
		add(c)
	}
	for _, r := range registers {
		add(registerTopic + string(r))
	}
	add(aheadTopic)
	return out
}()

const (
	registerTopic = "register "
	aheadTopic    = "filing ahead" // how many days ahead a request is, which changes daily
)

// topicsOf is the topics of some constructors.
func topicsOf(of ...constructor) Topics {
	var out Topics
	for _, c := range of {
		out |= topics[string(c)]
	}
	return out
}

// registerTopics are what changes with a register: also what is made of it.
func registerTopics(r attribute) Topics {
	out := topics[registerTopic+string(r)]
	switch r {
	case attrStatus, attrKind, attrState:
		out |= Standing
	case attrNationalities:
		out |= topicsOf(ofNationalities)
	default:
		// it is read as it is
	}
	return out
}

// TopicsOf are the topics on which a fact of an object of a kind rests, beside
// [Standing].
func TopicsOf(kind string, from domain.FactSource) Topics {
	switch c := constructor(from.Constructor); c {
	case ofCapacity, ofStatus, ofParam, ofField:
		return 0
	case ofRegister:
		switch domain.SubjectKind(kind) {
		case domain.KindVehicle:
			return topicsOf(ofVehicle)
		case domain.KindProperty:
			return topicsOf(ofProperty)
		default:
			return topics[registerTopic+from.Attr] // none: there is no such register
		}
	case ofFiling:
		if from.Attr == "ahead" {
			return topicsOf(ofFiling) | topics[aheadTopic]
		}
		return topicsOf(ofFiling)
	default:
		if of, known := topics[from.Constructor]; known {
			return of
		}
		return Everything
	}
}
