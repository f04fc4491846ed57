package authzen

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/comity-project/comity/domain"
)

// A Mapping says what AuthZEN's words are in comity. A list that is left out is that of
// [Usual]; one that is there is all there is.
type Mapping struct {
	// Subjects are the types of subjects: member or mission. The id is that on record.
	Subjects map[string]string `json:"subjects,omitzero" yaml:"subjects" doc:"types of subjects: each member or mission"`
	// IDs are the ids of subjects that callers have other names for, such as the one that
	// an issuer of tokens gives: each the id on record. Any other id is itself the one on
	// record, unless somebody there has another name.
	IDs map[string]string `json:"ids,omitzero" yaml:"ids" doc:"other names of subjects: each the id on record"`
	// Actions are the names of actions, each the code of a privilege. Without any a
	// name is itself the code.
	Actions map[string]string `json:"actions,omitzero" yaml:"actions" doc:"names of actions: each the code of a privilege; without any a name is itself the code"`
	// Resources are the types of resources.
	Resources map[string]Resource `json:"resources,omitzero" yaml:"resources" doc:"types of resources"`
	// Facts are the names of properties that are facts of the request under another
	// name. Whatever the law declares as a fact is read by its own name from the
	// properties of resources and actions and from the context; of a subject only what
	// is listed here, since what a caller says of somebody is not what is on record.
	Facts Facts `json:"facts,omitzero" yaml:"facts" doc:"properties that are facts of a request under another name, and of subjects any"`
}

// A Resource says what a type of resources is. The zero Resource is something of which
// the office keeps no record, such as a purchase: its properties say what matters.
type Resource struct {
	// Kind is vehicle or property: the resource is one on record, and its id the fact
	// object of the request.
	Kind string `json:"kind,omitzero" yaml:"kind" doc:"vehicle or property, if it is one on record"`
	// Fact is the fact of the request that the id is, such as matter.
	Fact string `json:"fact,omitzero" yaml:"fact" doc:"fact of the request that the id is"`
	// Actions are the names of those that are done to it; without any, all.
	Actions []string `json:"actions,omitzero" yaml:"actions" doc:"names of the actions that are done to it; without any, all"`
	// Privilege says that the id is the code of the privilege, the same as the action.
	Privilege bool `json:"privilege,omitzero" yaml:"privilege" doc:"whether the id is the code of the privilege"`
}

// Facts says which properties are which facts of a request. A property that is mapped
// to nothing is passed over.
type Facts struct {
	Subject  map[string]string `json:"subject,omitzero" yaml:"subject" doc:"of subjects"`
	Resource map[string]string `json:"resource,omitzero" yaml:"resource" doc:"of resources"`
	Action   map[string]string `json:"action,omitzero" yaml:"action" doc:"of actions"`
	Context  map[string]string `json:"context,omitzero" yaml:"context" doc:"of the context"`
}

// Usual is the mapping of comity's own words.
func Usual() Mapping {
	return Mapping{
		Subjects: map[string]string{"member": "member", "mission": "mission"},
		Resources: map[string]Resource{
			"vehicle": {Kind: "vehicle"}, "property": {Kind: "property"}, "matter": {Fact: "matter"}, "privilege": {Privilege: true},
			"purchase": {}, "import": {}, "trip": {}, "event": {}, "visit": {}, "act": {},
		},
	}
}

// object is the fact of a request that names what is on record.
const object = "object"

// Check refuses a mapping to what there can't be.
func (m *Mapping) Check() error {
	var errs []error
	for _, word := range slices.Sorted(maps.Keys(m.Subjects)) {
		if kind := m.Subjects[word]; kind != string(domain.KindMember) && kind != string(domain.KindMission) {
			errs = append(errs, fmt.Errorf("mapping: subjects: %s is %q: write member or mission", word, kind))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.IDs)) {
		if err := domain.CheckID(m.IDs[name]); err != nil {
			errs = append(errs, fmt.Errorf("mapping: ids: %s: %w", name, err))
		}
	}
	for _, word := range slices.Sorted(maps.Keys(m.Actions)) {
		if m.Actions[word] == "" {
			errs = append(errs, fmt.Errorf("mapping: actions: %s: write the code of a privilege", word))
		}
	}
	for _, word := range slices.Sorted(maps.Keys(m.Resources)) {
		r := m.Resources[word]
		if r.Kind != "" && r.Kind != string(domain.KindVehicle) && r.Kind != string(domain.KindProperty) {
			errs = append(errs, fmt.Errorf("mapping: resources: %s: the kind %q is not kept: write vehicle or property, or leave it out", word, r.Kind))
		}
		for _, name := range r.Actions {
			if _, found := m.Actions[name]; !found && len(m.Actions) > 0 {
				errs = append(errs, fmt.Errorf("mapping: resources: %s: no action is called %s%s", word, name, domain.DidYouMean(name, slices.Sorted(maps.Keys(m.Actions)))))
			}
		}
		if r.Kind != "" && r.Fact != "" || r.Privilege && (r.Kind != "" || r.Fact != "") {
			errs = append(errs, fmt.Errorf("mapping: resources: %s: an id is one thing: write kind, fact or privilege", word))
		}
	}
	return errors.Join(errs...)
}

// A mapping is a Mapping that is ready to be used.
type mapping struct {
	Mapping
	names map[domain.Privilege][]string // of actions; nil: the codes themselves
	other map[string]string             // of ids on record: the first name that callers have for it
}

func (m Mapping) ready() *mapping {
	usual := Usual()
	if m.Subjects == nil {
		m.Subjects = usual.Subjects
	}
	if m.Resources == nil {
		m.Resources = usual.Resources
	}
	out := &mapping{Mapping: m, other: map[string]string{}}
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(m.IDs))) {
		out.other[m.IDs[name]] = name
	}
	if len(m.Actions) > 0 {
		out.names = map[domain.Privilege][]string{}
		for _, name := range slices.Sorted(maps.Keys(m.Actions)) {
			p := domain.Privilege(m.Actions[name])
			out.names[p] = append(out.names[p], name)
		}
	}
	return out
}

// privilege returns the privilege that an action is.
func (m *mapping) privilege(action string) (domain.Privilege, bool) {
	if m.names == nil {
		return domain.Privilege(action), true
	}
	code, found := m.Actions[action]
	return domain.Privilege(code), found
}

// actions returns the names of actions that are some privileges, sorted, and which
// privilege each is.
func (m *mapping) actions(privileges []domain.Privilege) (names []string, of map[string]domain.Privilege) {
	of = map[string]domain.Privilege{}
	for _, p := range privileges {
		if m.names == nil {
			of[string(p)] = p
			continue
		}
		for _, name := range m.names[p] {
			of[name] = p
		}
	}
	return slices.Sorted(maps.Keys(of)), of
}

// id returns the id on record of a subject.
func (m *mapping) id(name string) string {
	if id, found := m.IDs[name]; found {
		return id
	}
	if _, found := m.other[name]; found {
		return "" // whoever has another name is not called so
	}
	return name
}

// name returns what callers call a subject on record.
func (m *mapping) name(id string) string {
	if name, found := m.other[id]; found {
		return name
	}
	return id
}

// takes reports whether an action is one that is done to such resources.
func (r *Resource) takes(action string) bool {
	return len(r.Actions) == 0 || slices.Contains(r.Actions, action)
}

// kind returns what a type of subjects is.
func (m *mapping) kind(subject string) (domain.SubjectKind, bool) {
	kind, found := m.Subjects[subject]
	return domain.SubjectKind(kind), found
}
