package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// Of a tree of YAML.

// member returns the value of a key of a mapping, or nil.
func member(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// take removes a key of a mapping and returns its value, or nil.
func take(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			value := n.Content[i+1]
			n.Content = append(n.Content[:i:i], n.Content[i+2:]...)
			return value
		}
	}
	return nil
}

// set adds a key to a mapping, or gives it another value.
func set(n *yaml.Node, key string, value *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content[i+1] = value
			return
		}
	}
	n.Content = append(n.Content, text(key), value)
}

// pairs are the keys and values of a mapping.
func pairs(n *yaml.Node) func(yield func(key string, value *yaml.Node) bool) {
	return func(yield func(string, *yaml.Node) bool) {
		if n == nil || n.Kind != yaml.MappingNode {
			return
		}
		content := append([]*yaml.Node(nil), n.Content...)
		for i := 0; i+1 < len(content); i += 2 {
			if !yield(content[i].Value, content[i+1]) {
				return
			}
		}
	}
}

// text is a text.
func text(s string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(s)
	return n
}

func number(i int) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(i)}
}

func truth(b bool) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(b)}
}

// mapping is an object of keys and values, in turn: texts, nodes.
func mapping(of ...any) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for i := 0; i+1 < len(of); i += 2 {
		n.Content = append(n.Content, text(of[i].(string)), node(of[i+1]))
	}
	return n
}

// list is a list of texts or nodes.
func list[T any](of ...T) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for _, one := range of {
		n.Content = append(n.Content, node(one))
	}
	return n
}

func node(v any) *yaml.Node {
	switch v := v.(type) {
	case *yaml.Node:
		return v
	case string:
		return text(v)
	case int:
		return number(v)
	case bool:
		return truth(v)
	}
	panic(fmt.Sprintf("bad node in openapi: %T", v))
}

// ref is a reference to a component.
func ref(kind, name string) *yaml.Node { return mapping("$ref", "#/components/"+kind+"/"+name) }

// texts are the items of a list of texts.
func texts(n *yaml.Node) []string {
	if n == nil {
		return nil
	}
	var out []string
	for _, one := range n.Content {
		out = append(out, one.Value)
	}
	return out
}

// toJSON writes a tree as JSON, with its keys in their order.
func toJSON(out *bytes.Buffer, n *yaml.Node) error {
	switch n.Kind {
	case yaml.DocumentNode:
		return toJSON(out, n.Content[0])
	case yaml.MappingNode:
		out.WriteByte('{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			if i > 0 {
				out.WriteByte(',')
			}
			out.WriteString(quoted(n.Content[i].Value))
			out.WriteByte(':')
			if err := toJSON(out, n.Content[i+1]); err != nil {
				return err
			}
		}
		out.WriteByte('}')
		return nil
	case yaml.SequenceNode:
		out.WriteByte('[')
		for i, one := range n.Content {
			if i > 0 {
				out.WriteByte(',')
			}
			if err := toJSON(out, one); err != nil {
				return err
			}
		}
		out.WriteByte(']')
		return nil
	case yaml.ScalarNode:
		switch n.ShortTag() {
		case "!!int", "!!float", "!!bool":
			out.WriteString(n.Value)
		case "!!null":
			out.WriteString("null")
		default: // a date is a text
			out.WriteString(quoted(n.Value))
		}
		return nil
	}
	return fmt.Errorf("line %d: an alias: write it out", n.Line)
}

// quoted is a text as JSON.
func quoted(s string) string {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic("bad text in openapi: " + err.Error()) // a string always is JSON
	}
	return out.String()[:out.Len()-1]
}

// fromJSON reads JSON as a tree, which YAML covers.
func fromJSON(data []byte) (*yaml.Node, error) {
	var n yaml.Node
	if err := yaml.Unmarshal(data, &n); err != nil {
		return nil, err
	}
	if len(n.Content) == 0 {
		return nil, fmt.Errorf("empty")
	}
	plain(n.Content[0])
	return n.Content[0], nil
}

// plain takes the style of JSON from a tree.
func plain(n *yaml.Node) {
	n.Style = 0
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" {
		n.SetString(n.Value)
	}
	for _, one := range n.Content {
		plain(one)
	}
}

// asJSON is a tree as JSON.
func asJSON(n *yaml.Node) ([]byte, error) {
	var out bytes.Buffer
	err := toJSON(&out, n)
	return out.Bytes(), err
}
