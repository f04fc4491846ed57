package openapi

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// An Operation is one thing that can be asked of the server.
type Operation struct {
	// Method and Path are as in the document: GET and /v1/requests/{id}.
	Method, Path, ID, Summary, Tag string
	// Right is what the caller must have a right to; empty is none.
	Right string
	// Open operations are for everybody.
	Open  bool
	Calls []Call
}

// A Call is an example of an operation.
type Call struct {
	Name    string
	Path    string // with its query
	Headers map[string]string
	// Type and Body are what is sent; the body is empty if nothing is.
	Type string
	Body []byte
	// Status is what is answered.
	Status int
}

// operation spells out one operation.
func (b *builder) operation(method, path string, n *yaml.Node) (Operation, error) {
	op := Operation{Method: method, Path: path, ID: value(n, "operationId"), Summary: value(n, "summary")}
	if tags := texts(member(n, "tags")); len(tags) > 0 {
		op.Tag = tags[0]
	}
	right := take(n, "right")
	if right == nil {
		return op, fmt.Errorf("line %d: an operation says which right it needs", n.Line)
	}
	groups := []string{"every"}
	switch right.Value {
	case "open":
		op.Open = true
		groups = []string{"open"}
		set(n, "security", list[string]())
	case "none":
		set(n, "x-comity-right", text(""))
	default:
		op.Right = right.Value
		set(n, "x-comity-right", right)
		groups = append(groups, "right")
	}
	groups = append(groups, b.parameters(path, n)...)
	if method == http.MethodGet && !op.Open {
		groups = append(groups, "query")
	}
	if body := take(n, "body"); body != nil {
		s, err := b.schema(body, true)
		if err != nil {
			return op, err
		}
		set(n, "requestBody", mapping("required", true, "content", mapping("application/json", mapping("schema", s))))
	}
	if member(n, "requestBody") != nil {
		groups = append(groups, "body")
	}
	calls := take(n, "calls")
	if calls == nil {
		return op, fmt.Errorf("line %d: an operation has an example", n.Line)
	}
	for _, one := range calls.Content {
		c, err := call(one)
		if err != nil {
			return op, err
		}
		op.Calls = append(op.Calls, c)
	}
	plainly := take(n, "plain") != nil
	groups = append(groups, texts(take(n, "problems"))...)
	if err := b.responses(n, groups, plainly); err != nil {
		return op, err
	}
	return op, b.examples(n, &op, calls)
}

// value is the text of a member.
func value(n *yaml.Node, key string) string {
	if m := member(n, key); m != nil {
		return m.Value
	}
	return ""
}

// parameters refers to the parameters by name, and returns the groups of problems that
// come with them.
func (b *builder) parameters(path string, n *yaml.Node) []string {
	given := take(n, "parameters")
	all := list[*yaml.Node]()
	var groups []string
	known := member(member(b.root, "components"), "parameters")
	for part := range strings.SplitSeq(path, "/") {
		if name, found := strings.CutPrefix(part, "{"); found {
			all.Content = append(all.Content, ref("parameters", strings.TrimSuffix(strings.TrimSuffix(name, "}"), "...")))
		}
	}
	if given != nil {
		for _, one := range given.Content {
			if one.Kind == yaml.MappingNode {
				all.Content = append(all.Content, b.queried(one))
				continue
			}
			all.Content = append(all.Content, ref("parameters", one.Value))
			groups = append(groups, texts(member(member(known, one.Value), "x-problems"))...)
		}
	}
	if len(all.Content) > 0 {
		set(n, "parameters", all)
	}
	return groups
}

// queried spells out "state: text, ids of States", a parameter of the query.
func (b *builder) queried(n *yaml.Node) *yaml.Node {
	name, short := n.Content[0].Value, n.Content[1]
	plain, required := strings.CutSuffix(name, "!")
	kind, means, _ := strings.Cut(short.Value, ",")
	schema, err := b.kind(strings.TrimSpace(kind), short.Line)
	if err != nil {
		panic(err) // the files are part of the program: see must
	}
	out := mapping("name", plain, "in", "query", "description", strings.TrimSpace(means), "schema", schema)
	if required {
		set(out, "required", truth(true))
	}
	return out
}

// responses writes what is answered: what the operation says, and its problems.
func (b *builder) responses(n *yaml.Node, groups []string, plainly bool) error {
	out := take(n, "responses")
	if out == nil {
		out = mapping()
	}
	seen := true
	if s := take(n, "seen"); s != nil {
		seen = s.Value == "true"
	}
	if answer := take(n, "answer"); answer != nil {
		s, err := b.schema(answer, false)
		if err != nil {
			return err
		}
		set(out, "200", mapping("description", "The answer.", "content", mapping("application/json", mapping("schema", s))))
	}
	for status, one := range pairs(out) {
		for _, media := range pairs(member(one, "content")) {
			for _, key := range []string{"schema", "x-event"} {
				if of := member(media, key); of != nil {
					s, err := b.schema(of, false)
					if err != nil {
						return fmt.Errorf("%s: %w", status, err)
					}
					set(media, key, s)
				}
			}
		}
		headers := member(one, "headers")
		if headers == nil {
			headers = mapping()
		}
		if seen && strings.HasPrefix(status, "2") {
			set(headers, "Comity-Position", ref("headers", "Comity-Position"))
		}
		set(headers, "X-Request-ID", ref("headers", "X-Request-ID"))
		set(one, "headers", headers)
	}
	codes, err := b.codesOf(groups)
	if err != nil {
		return err
	}
	byStatus := map[int][]string{}
	for _, name := range codes {
		byStatus[b.codes[name].Status] = append(byStatus[b.codes[name].Status], name)
	}
	for _, status := range slices.Sorted(maps.Keys(byStatus)) {
		p := b.problem(status, byStatus[status], plainly)
		if slices.Contains(groups, "idempotency_key") {
			set(member(p, "headers"), "Idempotency-Key", ref("headers", "Idempotency-Key-Known"))
		}
		set(out, strconv.Itoa(status), p)
	}
	set(n, "responses", out)
	return nil
}

// codesOf lists the codes of groups, each once, in the order of problems.yaml.
func (b *builder) codesOf(groups []string) ([]string, error) {
	wanted := map[string]bool{}
	for len(groups) > 0 {
		name := groups[0]
		groups = groups[1:]
		if more, found := b.groups[name]; found {
			groups = append(groups, more...)
			continue
		}
		if _, found := b.codes[name]; !found {
			return nil, fmt.Errorf("there is no code or group of codes %q in problems.yaml", name)
		}
		wanted[name] = true
	}
	return slices.DeleteFunc(slices.Clone(b.order), func(name string) bool { return !wanted[name] }), nil
}

// problem is the answer with one status.
func (b *builder) problem(status int, codes []string, plainly bool) *yaml.Node {
	var means strings.Builder
	for i, name := range codes {
		if i > 0 {
			means.WriteString("\n")
		}
		fmt.Fprintf(&means, "- `%s`: %s", name, b.codes[name].Means)
	}
	problem := mapping("schema", mapping("allOf", list(ref("schemas", "Problem"),
		mapping("properties", mapping("code", mapping("enum", list(codes...)), "status", mapping("const", status))))))
	said := mapping("schema", mapping("type", "string"))
	content := mapping("application/problem+json", problem, "text/plain", said)
	if plainly {
		content = mapping("text/plain", said, "application/problem+json", problem)
	}
	headers := mapping("X-Request-ID", ref("headers", "X-Request-ID"))
	switch status {
	case http.StatusUnauthorized:
		set(headers, "WWW-Authenticate", ref("headers", "WWW-Authenticate"))
	case http.StatusConflict, http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		set(headers, "Retry-After", ref("headers", "Retry-After"))
	}
	return mapping("description", means.String(), "headers", headers, "content", content)
}

// call reads an example.
func call(n *yaml.Node) (Call, error) {
	c := Call{Name: value(n, "name"), Path: value(n, "path"), Status: http.StatusOK}
	if c.Name == "" || c.Path == "" {
		return c, fmt.Errorf("line %d: an example has a name and a path", n.Line)
	}
	if s := value(n, "status"); s != "" {
		var err error
		if c.Status, err = strconv.Atoi(s); err != nil {
			return c, err
		}
	}
	if h := member(n, "headers"); h != nil {
		if err := h.Decode(&c.Headers); err != nil {
			return c, err
		}
	}
	if t := member(n, "type"); t != nil {
		c.Type = t.Value
		c.Body = []byte(value(n, "text"))
	} else if body := member(n, "body"); body != nil {
		c.Type = "application/json"
		text, err := asJSON(body)
		if err != nil {
			return c, err
		}
		c.Body = text
	}
	return c, nil
}

// examples puts the examples where the standard has them: bodies, the values of
// parameters, and the answers that a test has written down.
func (b *builder) examples(n *yaml.Node, op *Operation, calls *yaml.Node) error {
	bodies := member(member(n, "requestBody"), "content")
	for i, c := range op.Calls {
		one := calls.Content[i]
		if media := member(bodies, c.Type); media != nil {
			all := member(media, "examples")
			if all == nil {
				all = mapping()
				set(media, "examples", all)
			}
			value := text(string(c.Body))
			if body := member(one, "body"); body != nil {
				value = body
			}
			set(all, exampleKey(c.Name), mapping("summary", c.Name, "value", value))
		}
		answer, err := fs.ReadFile(b.answers, AnswerFile(*op, c))
		if errors.Is(err, fs.ErrNotExist) {
			continue // a test says so
		}
		if err != nil {
			return err
		}
		content := member(member(member(n, "responses"), strconv.Itoa(c.Status)), "content")
		for media, of := range pairs(content) {
			value := text(string(answer))
			if strings.HasSuffix(media, "json") {
				if !strings.HasSuffix(AnswerFile(*op, c), ".json") {
					continue
				}
				if value, err = fromJSON(answer); err != nil {
					return fmt.Errorf("%s: %w", AnswerFile(*op, c), err)
				}
			} else if len(content.Content) > 2 {
				continue // a problem in two forms: JSON shows it
			}
			all := member(of, "examples")
			if all == nil {
				all = mapping()
				set(of, "examples", all)
			}
			set(all, exampleKey(c.Name), mapping("summary", c.Name, "value", value))
		}
	}
	shown := list[*yaml.Node]()
	for i, c := range op.Calls {
		one := mapping("name", c.Name, "request", op.Method+" "+c.Path)
		if h := member(calls.Content[i], "headers"); h != nil {
			set(one, "headers", h)
		}
		set(one, "status", number(c.Status))
		shown.Content = append(shown.Content, one)
	}
	set(n, "x-comity-calls", shown)
	return nil
}

// exampleKey is the name of an example as a key.
func exampleKey(name string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == ',' {
			return '-'
		}
		return r
	}, name)
}

// AnswerFile is the file of this folder in which the answer to an example stands.
func AnswerFile(op Operation, c Call) string {
	ext := ".json"
	if op.ID == "watch" && c.Status == http.StatusOK {
		ext = ".txt"
	}
	return "answers/" + op.ID + "." + url.PathEscape(exampleKey(c.Name)) + ext
}
