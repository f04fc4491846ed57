package workshop

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/comity-project/comity/rules"
)

var anyType = rules.Type{Kind: rules.AnyType}

func shapeType(name string) rules.Type { return rules.Type{Kind: rules.ShapeType, Shape: name} }

// shapeOrder says of each shape at which place a key is written.
var shapeOrder = func() map[string]map[string]int {
	out := map[string]map[string]int{}
	for _, s := range rules.Shapes() {
		out[s.Name] = map[string]int{}
		for i, k := range s.Keys {
			out[s.Name][k.Name] = i
		}
	}
	return out
}()

var shapeTypes = func() map[string]map[string]rules.Type {
	out := map[string]map[string]rules.Type{}
	for _, s := range rules.Shapes() {
		out[s.Name] = map[string]rules.Type{}
		for _, k := range s.Keys {
			out[s.Name][k.Name] = k.Is
		}
	}
	return out
}()

// fitting chooses among the types that may stand somewhere the one for a node.
func fitting(t rules.Type, n *yaml.Node) rules.Type {
	if t.Kind != rules.EitherType {
		return t
	}
	for _, one := range t.Either {
		one = fitting(one, n)
		switch one.Kind {
		case rules.ShapeType, rules.EntriesType:
			if n.Kind == yaml.MappingNode {
				return one
			}
		case rules.ListType:
			if n.Kind == yaml.SequenceNode {
				return one
			}
		case rules.ValueType:
			if n.Kind == yaml.ScalarNode && strings.HasPrefix(n.Value, "=") {
				return one
			}
		default:
			if n.Kind == yaml.ScalarNode && !strings.HasPrefix(n.Value, "=") {
				return one
			}
		}
	}
	return anyType
}

// typeAt is the type of a node under a key, or in a list, of something of type t.
func typeAt(t rules.Type, n *yaml.Node, key string) rules.Type {
	switch t.Kind { //nolint:exhaustive // the others hold nothing
	case rules.ShapeType:
		if inner, known := shapeTypes[t.Shape][key]; known {
			return fitting(inner, n)
		}
	case rules.EntriesType:
		if t.Of.Kind == rules.EntriesType && t.Of.Of.Kind == rules.ShapeType && t.Of.Of.Shape == "code" && key == "level" {
			level := shapeType("level")
			return rules.Type{Kind: rules.EntriesType, Of: &level}
		}
		return fitting(*t.Of, n)
	case rules.ListType:
		if key == "" {
			return fitting(*t.Of, n)
		}
	}
	if n.Kind == yaml.ScalarNode && strings.HasPrefix(n.Value, "=") && t.Kind == rules.EntriesType {
		return rules.Type{Kind: rules.ValueType}
	}
	return anyType
}

// orderOf returns the order of the keys of a map; nil if it is the author's.
func orderOf(t rules.Type, n *yaml.Node) func(string) int {
	if t.Kind != rules.ShapeType || n.Kind != yaml.MappingNode || t.Shape == "bound" {
		return nil
	}
	places := shapeOrder[t.Shape]
	return func(key string) int {
		if at, known := places[key]; known {
			return at
		}
		return len(places)
	}
}

// isExpression reports whether a text of a type is an expression.
func isExpression(t rules.Type, value string) bool {
	return t.Kind == rules.ExpressionType || t.Kind == rules.ValueType && strings.HasPrefix(value, "=") ||
		t.Kind == rules.AnyType && strings.HasPrefix(value, "=")
}
