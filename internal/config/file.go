package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/comity-project/comity/domain"
)

// readFile reads what a file sets.
func (l *loader) readFile(top reflect.Value, text []byte) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) {
		return // nothing but comments
	}
	if err == nil {
		if err = decoder.Decode(&yaml.Node{}); errors.Is(err, io.EOF) {
			err = nil
		} else if err == nil {
			l.mistake(l.file, "", "there are several documents in the file: write one, without ---")
			return
		}
	}
	if err != nil {
		where, text := syntax(l.file, err)
		l.mistake(where, "", "%s", text)
		return
	}
	root := document.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return
	}
	if l.repeats(root) {
		return
	}
	l.section(top, root, "")
}

var yamlLine = regexp.MustCompile(`^yaml: line (\d+): `)

// syntax says where a file is no YAML.
func syntax(file string, err error) (where, text string) {
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		return file + ":" + m[1], strings.TrimPrefix(err.Error(), m[0])
	}
	return file, strings.TrimPrefix(err.Error(), "yaml: ")
}

// repeats reports anchors and aliases, by which a small file can stand for a large one.
func (l *loader) repeats(n *yaml.Node) bool {
	found := false
	if n.Anchor != "" || n.Kind == yaml.AliasNode {
		l.mistake(l.at(n), "", "anchors and aliases are not read: write out what they stand for")
		return true
	}
	for _, child := range n.Content {
		found = l.repeats(child) || found
	}
	return found
}

func (l *loader) at(n *yaml.Node) string { return fmt.Sprintf("%s:%d:%d", l.file, n.Line, n.Column) }

// pairs yields the names and values of a mapping, and reports names that come twice.
func (l *loader) pairs(n *yaml.Node, path, what string, each func(key, value *yaml.Node)) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return // a section that is left empty
	}
	if n.Kind != yaml.MappingNode {
		l.mistake(l.at(n), path, "is %s, and must be %s", kindOf(n), what)
		return
	}
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			l.mistake(l.at(key), path, "a name is one word, not %s", kindOf(key))
			continue
		}
		if line, twice := first[key.Value]; twice {
			l.mistake(l.at(key), under(path, clip(key.Value)), "is there twice: first in line %d", line)
			continue
		}
		first[key.Value] = key.Line
		each(key, value)
	}
}

// section reads the names of a struct.
func (l *loader) section(v reflect.Value, n *yaml.Node, path string) {
	fields := fieldsOf(v.Type())
	l.pairs(n, path, "a section with names and values", func(key, value *yaml.Node) {
		f, known := named(fields, key.Value)
		at := under(path, clip(key.Value))
		if !known {
			l.mistake(l.at(key), at, "there is no such setting%s", domain.DidYouMean(key.Value, names(fields)))
			return
		}
		l.of[at] = l.at(key)
		l.value(&f, v.Field(f.index), value, at)
	})
}

// value reads one value. The origin of a word is where it stands; that of a section, a
// list or a map is where its name stands.
func (l *loader) value(f *field, v reflect.Value, n *yaml.Node, path string) {
	switch shapeOf(v.Type()) {
	case shapeSection:
		l.section(v, n, path)
	case shapeList:
		l.list(f, v, n, path)
	case shapeMap:
		made := reflect.MakeMap(v.Type())
		l.pairs(n, path, "names and values", func(key, value *yaml.Node) {
			at := under(path, clip(key.Value))
			l.of[at] = l.at(key)
			one := reflect.New(v.Type().Elem()).Elem()
			l.value(f, one, value, at)
			made.SetMapIndex(reflect.ValueOf(key.Value).Convert(v.Type().Key()), one)
		})
		v.Set(made)
	default:
		l.of[path] = l.at(n)
		if wrong := unfit(v.Type(), n); wrong != "" {
			l.mistake(l.at(n), path, "%s", wrong)
		} else if err := f.assign(v, n.Value); err != nil {
			l.mistake(l.at(n), path, "%s%w", f.shown(n.Value), err)
		}
	}
}

func (l *loader) list(f *field, v reflect.Value, n *yaml.Node, path string) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		v.SetZero()
		return
	}
	if n.Kind != yaml.SequenceNode {
		l.mistake(l.at(n), path, "is %s, and must be a list: write [a, b], or each after a dash", kindOf(n))
		return
	}
	made := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, child := range n.Content {
		at := fmt.Sprintf("%s[%d]", path, i)
		l.of[at] = l.at(child)
		l.value(f, made.Index(i), child, at)
	}
	v.Set(made)
}

// unfit says why what YAML makes of a word is not for a type; empty if it is.
func unfit(t reflect.Type, n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode {
		return "is " + kindOf(n) + ", and must be one value"
	}
	if n.Tag == "!!null" {
		return "has no value: write one, or leave the line out"
	}
	want, quoted := shapeOf(t), n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
	switch want {
	case shapeText:
		if n.Tag != "!!str" && n.Tag != "!!timestamp" {
			return "is read as " + kindOf(n) + ", and must be text: put it in quotes"
		}
	case shapeBool, shapeInt, shapeUint, shapeFloat:
		if quoted {
			return "is text: leave out the quotes"
		}
	default:
		// what is written with a unit is text, and says itself what is wrong
	}
	return ""
}

// kindOf names what YAML makes of something.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a section"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		switch n.Tag {
		case "!!null":
			return "nothing"
		case "!!bool":
			return "true or false"
		case "!!int", "!!float":
			return "a number"
		case "!!str":
			return "text"
		}
		return "of the type " + clip(n.Tag)
	default:
		return "nothing that is read here"
	}
}
