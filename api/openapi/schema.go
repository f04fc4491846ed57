package openapi

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// plainTypes are the words for what is no schema of its own.
var plainTypes = map[string]func() *yaml.Node{
	"text":   func() *yaml.Node { return mapping("type", "string") },
	"number": func() *yaml.Node { return mapping("type", "integer") },
	"count":  func() *yaml.Node { return mapping("type", "integer", "minimum", 0) },
	"truth":  func() *yaml.Node { return mapping("type", "boolean") },
	"any":    func() *yaml.Node { return mapping() },
	"object": func() *yaml.Node { return mapping("type", "object") },
}

// schema spells a schema out. Those of what is asked for are always closed.
func (b *builder) schema(n *yaml.Node, asked bool) (*yaml.Node, error) {
	if n.Kind == yaml.ScalarNode {
		return b.named(n.Value, n.Line)
	}
	if n.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: a schema is a text or a mapping", n.Line)
	}
	has, means := take(n, "has"), take(n, "means")
	out := mapping()
	if has != nil {
		set(out, "type", text("object"))
	}
	if means != nil {
		set(out, "description", text(means.Value))
	}
	if has != nil {
		properties, required := mapping(), list[string]()
		for name, value := range pairs(has) {
			plain, optional := strings.CutSuffix(name, "~")
			of, err := b.schema(value, asked)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", plain, err)
			}
			set(properties, plain, of)
			if !optional {
				required.Content = append(required.Content, text(plain))
			}
		}
		if len(required.Content) > 0 {
			set(out, "required", required)
		}
		set(out, "properties", properties)
		if asked || b.closed {
			set(out, "additionalProperties", truth(false))
		}
	}
	for key, value := range pairs(n) {
		switch key {
		case "items", "additionalProperties", "contains", "not":
			if value.ShortTag() != "!!bool" {
				of, err := b.schema(value, asked)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", key, err)
				}
				value = of
			}
		case "oneOf", "anyOf", "allOf":
			all := list[*yaml.Node]()
			for _, one := range value.Content {
				of, err := b.schema(one, asked)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", key, err)
				}
				all.Content = append(all.Content, of)
			}
			value = all
		}
		set(out, key, value)
	}
	return out, nil
}

// named spells out "[]Position, in order".
func (b *builder) named(short string, line int) (*yaml.Node, error) {
	kind, means, _ := strings.Cut(short, ",")
	kind, means = strings.TrimSpace(kind), strings.TrimSpace(means)
	out, err := b.kind(kind, line)
	if err != nil {
		return nil, err
	}
	if means != "" {
		set(out, "description", text(means)) // beside $ref too, since 3.1
	}
	return out, nil
}

func (b *builder) kind(kind string, line int) (*yaml.Node, error) {
	if of, null := strings.CutSuffix(kind, "|null"); null {
		one, err := b.kind(of, line)
		if err != nil {
			return nil, err
		}
		return mapping("anyOf", list(one, mapping("type", "null"))), nil
	}
	if of, found := strings.CutPrefix(kind, "[]"); found {
		one, err := b.kind(of, line)
		if err != nil {
			return nil, err
		}
		return mapping("type", "array", "items", one), nil
	}
	if of, found := strings.CutPrefix(kind, "{}"); found {
		one, err := b.kind(of, line)
		if err != nil {
			return nil, err
		}
		return mapping("type", "object", "additionalProperties", one), nil
	}
	if make, found := plainTypes[kind]; found {
		return make(), nil
	}
	if !b.names[kind] {
		return nil, fmt.Errorf("line %d: there is no schema %q", line, kind)
	}
	return ref("schemas", kind), nil
}
