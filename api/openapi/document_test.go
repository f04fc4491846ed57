package openapi_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/comity-project/comity/api/openapi"
)

func parse(t testing.TB, text []byte) any {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	return doc
}

// TestDocument holds the document against the schema that the standard publishes.
func TestDocument(t *testing.T) {
	standard, err := os.ReadFile("testdata/oas31-schema.json")
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("oas31.json", parse(t, standard)))
	schema, err := c.Compile("oas31.json")
	require.NoError(t, err)
	require.NoError(t, schema.Validate(parse(t, openapi.JSON("1.2.3"))))
	require.NoError(t, schema.Validate(parse(t, openapi.Closed())))

	broken := bytes.Replace(openapi.JSON(""), []byte(`"responses"`), []byte(`"replies"`), 1)
	require.Error(t, schema.Validate(parse(t, broken)), "the schema finds what is wrong")
}

// TestVersion puts the version of the program where the standard has it, and nowhere else.
func TestVersion(t *testing.T) {
	var doc struct {
		OpenAPI string
		Info    struct{ Version string }
	}
	require.NoError(t, json.Unmarshal(openapi.JSON(`1.2.3-"rc"`), &doc))
	assert.Equal(t, "3.1.0", doc.OpenAPI)
	assert.Equal(t, `1.2.3-"rc"`, doc.Info.Version)
	require.NoError(t, yaml.Unmarshal(openapi.YAML(`1.2.3-"rc"`), &doc))
	assert.Equal(t, `1.2.3-"rc"`, doc.Info.Version)
	require.NoError(t, json.Unmarshal(openapi.JSON(""), &doc))
	assert.Equal(t, openapi.Unreleased, doc.Info.Version)
	assert.NotContains(t, string(openapi.YAML("1")), "@version@")
	assert.Equal(t, string(openapi.JSON("1")), string(openapi.JSON("1")))
}

// TestYAML says the same as the JSON.
func TestYAML(t *testing.T) {
	var fromYAML any
	require.NoError(t, yaml.Unmarshal(openapi.YAML("1"), &fromYAML))
	text, err := json.Marshal(fromYAML)
	require.NoError(t, err)
	assert.JSONEq(t, string(openapi.JSON("1")), string(text))
}

// TestSchemas compiles every schema, whichever part of the document it stands in, and
// follows every reference.
func TestSchemas(t *testing.T) {
	for _, text := range [][]byte{openapi.JSON("1"), openapi.Closed()} {
		c := jsonschema.NewCompiler()
		c.AssertFormat()
		doc := parse(t, text)
		require.NoError(t, c.AddResource("openapi.json", doc))
		compiled := 0
		walk(doc, "", func(at string, v map[string]any) {
			if strings.HasSuffix(at, "/schema") || regexp.MustCompile(`^/components/schemas/[^/]+$`).MatchString(at) {
				_, err := c.Compile("openapi.json#" + at)
				assert.NoError(t, err, "%s", at)
				compiled++
			}
			if to, isText := v["$ref"].(string); isText {
				assert.NotNil(t, lookUp(doc, to), "%s: %s is not there", at, to)
			}
		})
		assert.Greater(t, compiled, 100)
	}
}

// TestNothingIsIdle finds components that nothing refers to.
func TestNothingIsIdle(t *testing.T) {
	doc := parse(t, openapi.JSON("1")).(map[string]any)
	used := map[string]bool{}
	walk(doc, "", func(at string, v map[string]any) {
		if to, isText := v["$ref"].(string); isText {
			used[to] = true
		}
	})
	for kind, all := range doc["components"].(map[string]any) {
		if kind == "securitySchemes" {
			continue
		}
		for name := range all.(map[string]any) {
			assert.True(t, used["#/components/"+kind+"/"+name], "nothing refers to %s/%s", kind, name)
		}
	}
}

// TestCodesOfOperations has every code of the closed list with some operation.
func TestCodesOfOperations(t *testing.T) {
	doc := parse(t, openapi.JSON("1"))
	// What is not in the document, and an item of a batch, have codes of their own.
	codes := map[any]bool{"method": true, "item": true}
	walk(doc, "", func(at string, v map[string]any) {
		if of, isObject := v["code"].(map[string]any); isObject && strings.Contains(at, "/responses/") {
			list, _ := of["enum"].([]any)
			for _, one := range list {
				codes[one] = true
			}
		}
	})
	for _, code := range lookUp(doc, "#/components/schemas/ProblemCode").(map[string]any)["enum"].([]any) {
		assert.True(t, codes[code], "no operation has the problem %s", code)
	}
}

// TestClosed leaves nothing open in what the tests hold answers against, but what says so.
func TestClosed(t *testing.T) {
	open := map[string]bool{}
	walk(parse(t, openapi.Closed()), "", func(at string, v map[string]any) {
		if _, has := v["properties"].(map[string]any); has && strings.HasPrefix(at, "/components/schemas/") && v["additionalProperties"] != false {
			open[strings.Split(at, "/")[3]] = true
		}
	})
	require.NotEmpty(t, open)
	for name := range open {
		assert.True(t, strings.HasPrefix(name, "AuthZEN") || name == "NewEvent", "%s is open", name)
	}
}

// TestOperations have names of their own, and examples.
func TestOperations(t *testing.T) {
	seen := map[string]bool{}
	for _, op := range openapi.Operations() {
		assert.False(t, seen[op.ID], "%s is there twice", op.ID)
		seen[op.ID] = true
		assert.NotEmpty(t, op.Summary, op.ID)
		assert.NotEmpty(t, op.Tag, op.ID)
		assert.NotEmpty(t, op.Calls, op.ID)
		names := map[string]bool{}
		for _, c := range op.Calls {
			assert.False(t, names[c.Name], "%s: two examples are called %q", op.ID, c.Name)
			names[c.Name] = true
			_, err := os.Stat(openapi.AnswerFile(op, c))
			assert.NoError(t, err, "write the answer with: go test ./api/httpapi -run TestExamples -update")
		}
	}
}

// walk calls a function for every object of a document, with its JSON pointer.
func walk(v any, at string, f func(string, map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		f(at, v)
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if key == "examples" || key == "example" || key == "x-comity-calls" {
				continue
			}
			walk(v[key], at+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(key), f)
		}
	case []any:
		for i, one := range v {
			walk(one, at+"/"+strconv.Itoa(i), f)
		}
	}
}

// lookUp follows a reference within a document.
func lookUp(doc any, to string) any {
	path, found := strings.CutPrefix(to, "#/")
	if !found {
		return nil
	}
	for part := range strings.SplitSeq(path, "/") {
		object, _ := doc.(map[string]any)
		doc = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]
	}
	return doc
}
