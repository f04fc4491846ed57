package openapi

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A builder puts the parts together.
type builder struct {
	closed  bool
	answers fs.FS
	root    *yaml.Node
	paths   *yaml.Node
	codes   map[string]code     // of problems
	order   []string            // of codes
	groups  map[string][]string // of codes
	names   map[string]bool     // of schemas
	asked   *yaml.Node          // the schemas of what is asked for
	answer  *yaml.Node          // the schemas of answers
}

// A code of a problem, with the status that it comes with.
type code struct {
	Status int    `yaml:"status"`
	Means  string `yaml:"means"`
}

// order is that of the files in the document; the others follow by name.
var order = []string{"head.yaml", "ask.yaml", "read.yaml", "record.yaml", "rulesets.yaml", "audit.yaml", "watch.yaml", "authzen.yaml", "machine.yaml"}

// read reads the parts and joins them.
func (b *builder) read(parts fs.FS) error {
	files, err := fs.Glob(parts, "*.yaml")
	if err != nil {
		return err
	}
	place := func(file string) int {
		if i := slices.Index(order, file); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortFunc(files, func(x, y string) int { return cmp.Or(place(x)-place(y), strings.Compare(x, y)) })
	b.root, b.paths, b.asked, b.answer = mapping(), mapping(), mapping(), mapping()
	b.names, b.codes, b.groups = map[string]bool{"ProblemCode": true}, map[string]code{}, map[string][]string{}
	for _, file := range files {
		data, err := fs.ReadFile(parts, file)
		if err != nil {
			return err
		}
		if err := b.part(data); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	set(b.root, "paths", b.paths)
	return nil
}

// part joins one file.
func (b *builder) part(data []byte) error {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return err
	}
	if len(doc.Content) == 0 {
		return nil
	}
	for key, value := range pairs(doc.Content[0]) {
		var err error
		switch key {
		case "paths":
			err = join(b.paths, value)
		case "schemas", "asked":
			for name := range pairs(value) {
				b.names[name] = true
			}
			to := b.answer
			if key == "asked" {
				to = b.asked
			}
			err = join(to, value)
		case "tags":
			if all := member(b.root, key); all != nil {
				all.Content = append(all.Content, value.Content...)
			} else {
				set(b.root, key, value)
			}
		case "codes":
			for name := range pairs(value) {
				b.order = append(b.order, name)
			}
			err = value.Decode(&b.codes)
		case "groups":
			err = value.Decode(&b.groups)
		default:
			err = join(b.root, mapping(key, value))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// join adds the members of one mapping to another, which has none of them.
func join(to, from *yaml.Node) error {
	for key, value := range pairs(from) {
		if member(to, key) != nil {
			return fmt.Errorf("line %d: %s is there already", value.Line, key)
		}
		set(to, key, value)
	}
	return nil
}

// spellOut writes the shorthand out.
func (b *builder) spellOut() ([]Operation, error) {
	components := member(b.root, "components")
	schemas := mapping()
	for _, kind := range []struct {
		of    *yaml.Node
		asked bool
	}{{b.asked, true}, {b.answer, false}} {
		for name, value := range pairs(kind.of) {
			of, err := b.schema(value, kind.asked)
			if err != nil {
				return nil, fmt.Errorf("schema %s: %w", name, err)
			}
			set(schemas, name, of)
		}
	}
	set(schemas, "ProblemCode", b.problemCode())
	set(components, "schemas", schemas)
	for name, one := range pairs(member(components, "parameters")) {
		if err := b.parameter(one); err != nil {
			return nil, fmt.Errorf("parameter %s: %w", name, err)
		}
	}
	for name, one := range pairs(member(components, "headers")) {
		if err := b.parameter(one); err != nil {
			return nil, fmt.Errorf("header %s: %w", name, err)
		}
	}
	var all []Operation
	for path, item := range pairs(b.paths) {
		for method, op := range pairs(item) {
			one, err := b.operation(strings.ToUpper(method), path, op)
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", method, path, err)
			}
			all = append(all, one)
		}
	}
	return all, nil
}

// parameter spells out the schema of a parameter.
func (b *builder) parameter(n *yaml.Node) error {
	of := member(n, "schema")
	if of == nil {
		return nil
	}
	s, err := b.schema(of, true)
	if err != nil {
		return err
	}
	set(n, "schema", s)
	return nil
}

// problemCode is the closed list of codes.
func (b *builder) problemCode() *yaml.Node {
	var means strings.Builder
	means.WriteString("What went wrong, for programs. The list is closed:\n")
	for _, name := range b.order {
		fmt.Fprintf(&means, "\n- `%s` (%d): %s", name, b.codes[name].Status, b.codes[name].Means)
	}
	return mapping("type", "string", "description", means.String(), "enum", list(b.order...))
}
