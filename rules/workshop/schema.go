package workshop

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
)

// SchemaNames lists of what there are schemas: ruleset, for a whole file, and each
// block of one.
func SchemaNames() []string {
	names := []string{"ruleset"}
	for _, k := range rules.Shapes()[0].Keys {
		if k.Is.Kind != rules.TextType && k.Is.Kind != rules.DateType {
			names = append(names, k.Name)
		}
	}
	return names
}

// Schema writes the JSON Schema (2020-12) of a file of a ruleset, or of one of its
// blocks. It is made of the shapes by which files are read. What the language
// declares is in it: privileges, categories and all other codes, facts, and
// conditions. Whether expressions are right, and whether files add up, no schema
// says: comity rules check does.
func Schema(name string, language *rules.Language) ([]byte, error) {
	m := &schemaMaker{lang: language}
	root := map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"title":   "a ruleset of comity",
		"$ref":    "#/$defs/file",
	}
	if name != "ruleset" && name != "" {
		t, known := shapeTypes["file"][name]
		if !known || !slices.Contains(SchemaNames(), name) {
			return nil, fmt.Errorf("there is no schema of %q%s: there are those of %s", name, domain.DidYouMean(name, SchemaNames()), strings.Join(SchemaNames(), ", "))
		}
		delete(root, "$ref")
		root["title"] = "the block " + name + " of a ruleset of comity"
		root["allOf"] = []any{m.keyed("file", rules.Key{Name: name, Is: t})}
	}
	defs := map[string]any{}
	for _, s := range rules.Shapes() {
		defs[s.Name] = m.shape(s)
	}
	for list := range language.Lists {
		defs["list."+list] = map[string]any{"enum": m.codes(list)}
	}
	root["$defs"] = defs
	out, err := json.MarshalIndent(root, "", "  ")
	return append(out, '\n'), err
}

type schemaMaker struct{ lang *rules.Language }

func (m *schemaMaker) codes(list string) []string {
	out := []string{}
	for _, c := range m.lang.Lists[list].Codes {
		out = append(out, c.Code)
	}
	return out
}

func (m *schemaMaker) shape(s rules.Shape) map[string]any {
	properties := map[string]any{}
	required := []string{}
	for _, k := range s.Keys {
		one := m.keyed(s.Name, k)
		if k.Doc != "" {
			one["description"] = k.Doc
		}
		properties[k.Name] = one
		if k.Required {
			required = append(required, k.Name)
		}
	}
	out := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	if s.Name == "bound" {
		m.facts(properties, "measure", "agreement", "waiver")
	}
	return out
}

// facts adds the facts of objects.
func (m *schemaMaker) facts(properties map[string]any, objects ...string) {
	for _, object := range objects {
		for _, d := range m.lang.Facts[object] {
			one := map[string]any{}
			text := d.Doc
			if d.Unit != "" {
				text = strings.TrimSpace(text + " (" + d.Unit + ")")
			}
			if text != "" {
				one["description"] = text
			}
			properties[d.Name] = one
		}
	}
}

func (m *schemaMaker) factsOf(object string) map[string]any {
	properties := map[string]any{}
	m.facts(properties, object)
	return map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
}

// keyed is the schema of what stands under a key of a shape.
func (m *schemaMaker) keyed(shape string, k rules.Key) map[string]any {
	switch {
	case shape == "file" && k.Name == "vocabulary":
		level := shapeType("level")
		return map[string]any{
			"type":                 "object",
			"properties":           map[string]any{"level": m.of(rules.Type{Kind: rules.EntriesType, Of: &level})},
			"additionalProperties": m.of(*k.Is.Of),
		}
	case shape == "case" && k.Name == "request":
		return m.factsOf("request")
	case shape == "floor" && k.Name == "witness":
		return map[string]any{"type": "array", "items": m.factsOf("request")}
	case shape == "given" && k.Name == "member":
		return map[string]any{"anyOf": []any{map[string]any{"const": "nobody"}, m.factsOf("member")}}
	case shape == "given" && k.Name == "sponsor":
		return m.factsOf("member")
	case shape == "given" && k.Is.Kind == rules.EntriesType:
		return m.factsOf(k.Name)
	}
	return m.of(k.Is)
}

// of is the schema of a type.
func (m *schemaMaker) of(t rules.Type) map[string]any {
	switch t.Kind {
	case rules.TextType:
		return map[string]any{"type": []string{"string", "number"}}
	case rules.BoolType:
		return map[string]any{"type": "boolean"}
	case rules.CountType:
		return map[string]any{"type": "integer", "minimum": 0}
	case rules.DateType:
		return map[string]any{"type": "string", "pattern": `^\d{4}-\d{2}-\d{2}$`}
	case rules.InstantType:
		return map[string]any{"type": "string", "pattern": `^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?$`}
	case rules.ExpressionType:
		return map[string]any{"type": []string{"string", "boolean", "number"}}
	case rules.ValueType:
		return map[string]any{"type": "string", "pattern": "^="}
	case rules.WordType:
		return map[string]any{"enum": t.Words}
	case rules.CodeType:
		return m.codeIn(t.List)
	case rules.PatternType:
		return map[string]any{"anyOf": []any{m.codeIn("privilege"), map[string]any{"type": "string", "pattern": `^(.*\.)?\*$`}}}
	case rules.ListType:
		return map[string]any{"type": "array", "items": m.of(*t.Of)}
	case rules.EntriesType:
		out := map[string]any{"type": "object", "additionalProperties": m.of(*t.Of)}
		if t.List != "" {
			out["propertyNames"] = m.codeIn(t.List)
		}
		return out
	case rules.ShapeType:
		return map[string]any{"$ref": "#/$defs/" + t.Shape}
	case rules.EitherType:
		var all []any
		for _, one := range t.Either {
			all = append(all, m.of(one))
		}
		return map[string]any{"anyOf": all}
	case rules.AnyType:
	}
	return map[string]any{}
}

// codeIn is the schema of a code of a list; of any text, if the language has no such list.
func (m *schemaMaker) codeIn(list string) map[string]any {
	if m.lang.Lists[list] == nil {
		return map[string]any{"type": "string"}
	}
	return map[string]any{"$ref": "#/$defs/list." + list}
}
