package openapitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/comity-project/comity/api/openapi"
)

// A contract is the closed document, ready to be held against.
type contract struct {
	doc map[string]any
	mux *http.ServeMux

	mu       sync.Mutex
	compiler *jsonschema.Compiler
	schemas  map[string]*jsonschema.Schema // mu; by pointer
}

var theContract = sync.OnceValue(func() *contract {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(openapi.Closed()))
	if err != nil {
		panic("bad contract: " + err.Error())
	}
	c := &contract{doc: doc.(map[string]any), mux: http.NewServeMux(), compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}}
	c.compiler.AssertFormat()
	if err := c.compiler.AddResource("openapi.json", doc); err != nil {
		panic("bad contract: " + err.Error())
	}
	for _, op := range openapi.Operations() {
		c.mux.HandleFunc(op.Method+" "+strings.Replace(op.Path, "{rule}", "{rule...}", 1), func(http.ResponseWriter, *http.Request) {})
	}
	return c
})

// ordinary are the headers that any answer may have.
var ordinary = []string{
	"Allow", "Cache-Control", "Connection", "Content-Length", "Content-Security-Policy", "Content-Type", "Date",
	"Referrer-Policy", "Transfer-Encoding", "X-Accel-Buffering", "X-Content-Type-Options",
}

// wrong lists what is wrong with an answer, and with the request if it was granted.
func (c *contract) wrong(r *http.Request, body []byte, status int, header http.Header, answer []byte) []string {
	header = plain(header)
	_, pattern := c.mux.Handler(r)
	if pattern == "" { // that every route is in the contract, another test says
		if header.Get("Content-Type") == "application/problem+json" {
			return c.body("/components/schemas/Problem", answer)
		}
		return nil
	}
	method, path, _ := strings.Cut(pattern, " ")
	op := pointer("paths", strings.Replace(path, "...", "", 1), strings.ToLower(method))
	at := op + pointer("responses", strconv.Itoa(status))
	response, found := c.at(at).(map[string]any)
	if !found {
		return []string{fmt.Sprintf("%s has no status %d", pattern, status)}
	}
	out := c.headers(at, response, header)
	out = append(out, c.content(at, response, header, answer)...)
	if status >= 200 && status < 300 {
		out = append(out, c.request(op, path, r, body)...)
	}
	for i := range out {
		out[i] = fmt.Sprintf("%s, status %d: %s", pattern, status, out[i])
	}
	return out
}

// plain has the names of headers as they arrive, however the server wrote them.
func plain(header http.Header) http.Header {
	out := http.Header{}
	for name, values := range header {
		for _, value := range values {
			out.Add(name, value)
		}
	}
	return out
}

// headers finds those that are not written down, are missing, or are of another form.
func (c *contract) headers(at string, response map[string]any, header http.Header) (out []string) {
	known, _ := response["headers"].(map[string]any)
	for name := range header {
		if _, found := known[name]; !found && !slices.ContainsFunc(ordinary, func(o string) bool { return strings.EqualFold(o, name) }) && !canonical(known, name) {
			out = append(out, "the header "+name+" is not in the contract")
		}
	}
	for name := range known {
		where := at + pointer("headers", name)
		where = c.follow(where)
		one, _ := c.at(where).(map[string]any)
		given := header.Get(name)
		if given == "" {
			if one["required"] == true {
				out = append(out, "the header "+name+" is missing")
			}
			continue
		}
		if err := c.valid(where+"/schema", given); err != nil {
			out = append(out, fmt.Sprintf("the header %s: %v", name, err))
		}
	}
	return out
}

func canonical(known map[string]any, name string) bool {
	for k := range known {
		if http.CanonicalHeaderKey(k) == name {
			return true
		}
	}
	return false
}

// content holds a body against the schema of its media type.
func (c *contract) content(at string, response map[string]any, header http.Header, answer []byte) []string {
	known, _ := response["content"].(map[string]any)
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	switch {
	case len(known) == 0 && len(answer) == 0:
		return nil
	case err != nil:
		return []string{fmt.Sprintf("the Content-Type %q: %v", header.Get("Content-Type"), err)}
	}
	of, found := known[media].(map[string]any)
	if !found {
		return []string{"the Content-Type " + media + " is not in the contract"}
	}
	where := at + pointer("content", media)
	if _, stream := of["x-event"]; stream {
		return c.events(where+"/x-event", answer)
	}
	if isJSON(media) {
		return c.body(where+"/schema", answer)
	}
	if err := c.valid(where+"/schema", string(answer)); err != nil {
		return []string{err.Error()}
	}
	return nil
}

// events holds the events of a stream against their schema. One that has not ended is not
// looked at: the stream was left.
func (c *contract) events(at string, answer []byte) (out []string) {
	blocks := strings.Split(string(answer), "\n\n")
	for _, block := range blocks[:len(blocks)-1] {
		event := map[string]any{}
		for line := range strings.SplitSeq(block, "\n") {
			name, text, _ := strings.Cut(line, ":")
			if name == "" {
				continue // a comment
			}
			text = strings.TrimPrefix(text, " ")
			if name == "data" {
				data, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
				if err != nil {
					out = append(out, fmt.Sprintf("an event: %v\n%s", err, block))
				}
				event[name] = data
				continue
			}
			event[name] = text
		}
		if len(event) == 0 {
			continue
		}
		if err := c.valid(at, event); err != nil {
			out = append(out, fmt.Sprintf("an event: %v\n%s", err, block))
		}
	}
	return out
}

// request holds what was granted against what may be asked.
func (c *contract) request(op, path string, r *http.Request, body []byte) (out []string) {
	of, _ := c.at(op).(map[string]any)
	list, _ := of["parameters"].([]any)
	known := map[string]bool{}
	query := r.URL.Query()
	for i := range list {
		where := c.follow(fmt.Sprintf("%s/parameters/%d", op, i))
		p, _ := c.at(where).(map[string]any)
		name, _ := p["name"].(string)
		var given []string
		switch p["in"] {
		case "query":
			known[name] = true
			if prefix, isPrefix := strings.CutSuffix(name, "*"); isPrefix {
				for n, values := range query {
					if strings.HasPrefix(n, prefix) {
						known[n] = true
						given = append(given, values...)
					}
				}
			} else {
				given = query[name]
			}
		case "header":
			given = r.Header.Values(name)
		case "path":
			given = []string{segment(path, r.URL, name)}
		}
		if len(given) == 0 && p["required"] == true {
			out = append(out, "the parameter "+name+" is missing and was not missed")
		}
		for _, one := range given {
			if err := c.valid(where+"/schema", c.typed(where, one)); err != nil {
				out = append(out, fmt.Sprintf("the parameter %s: %v", name, err))
			}
		}
	}
	for name := range query {
		if !known[name] {
			out = append(out, "the parameter "+name+" is not in the contract")
		}
	}
	if wanted, found := of["requestBody"].(map[string]any); found {
		content, _ := wanted["content"].(map[string]any)
		media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil && len(body) == 0 && wanted["required"] != true {
			return out
		}
		if _, found := content[media]; !found {
			return append(out, "the request has the Content-Type "+media+", which is not in the contract")
		}
		if isJSON(media) {
			for _, text := range c.body(op+pointer("requestBody", "content", media, "schema"), body) {
				out = append(out, "the request: "+text)
			}
		}
	} else if len(body) > 0 {
		out = append(out, "the request has a body, which is not in the contract")
	}
	return out
}

// isJSON reports whether a media type is one value of JSON.
func isJSON(media string) bool {
	return media == "application/json" || strings.HasSuffix(media, "+json")
}

// typed reads a parameter as its schema has it.
func (c *contract) typed(where, text string) any {
	s, _ := c.at(where + "/schema").(map[string]any)
	switch s["type"] {
	case "integer":
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return json.Number(strconv.FormatInt(n, 10))
		}
	case "boolean":
		if b, err := strconv.ParseBool(text); err == nil {
			return b
		}
	}
	return text
}

// segment is the part of a path that a parameter names.
func segment(path string, u *url.URL, name string) string {
	r := http.Request{Method: http.MethodGet, URL: u}
	var mux http.ServeMux
	var out string
	mux.HandleFunc(path, func(_ http.ResponseWriter, r *http.Request) { out = r.PathValue(name) })
	mux.ServeHTTP(nil, &r)
	return out
}

// body holds JSON against a schema.
func (c *contract) body(where string, text []byte) []string {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return []string{fmt.Sprintf("%v: %s", err, text)}
	}
	if err := c.valid(where, v); err != nil {
		return []string{fmt.Sprintf("%v\n%s", err, text)}
	}
	return nil
}

// valid holds a value against a schema.
func (c *contract) valid(where string, v any) error {
	c.mu.Lock()
	s := c.schemas[where]
	var err error
	if s == nil {
		s, err = c.compiler.Compile("openapi.json#" + where)
		c.schemas[where] = s
	}
	c.mu.Unlock()
	if err != nil {
		return err
	}
	return s.Validate(v)
}

// follow is where a reference leads to, if there is one.
func (c *contract) follow(where string) string {
	of, _ := c.at(where).(map[string]any)
	if to, isText := of["$ref"].(string); isText {
		return strings.TrimPrefix(to, "#")
	}
	return where
}

// at is what stands at a JSON pointer, or nil.
func (c *contract) at(where string) any {
	var v any = c.doc
	for part := range strings.SplitSeq(strings.TrimPrefix(where, "/"), "/") {
		switch of := v.(type) {
		case map[string]any:
			v = of[unescaped.Replace(part)]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(of) {
				return nil
			}
			v = of[i]
		default:
			return nil
		}
	}
	return v
}

var (
	escaped   = strings.NewReplacer("~", "~0", "/", "~1")
	unescaped = strings.NewReplacer("~1", "/", "~0", "~")
)

// pointer is a JSON pointer.
func pointer(parts ...string) string {
	var out strings.Builder
	for _, part := range parts {
		out.WriteString("/" + escaped.Replace(part))
	}
	return out.String()
}
