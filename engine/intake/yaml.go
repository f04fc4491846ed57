package intake

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
)

// maxDepth is how deeply an event may be nested; the deepest needs 6.
const maxDepth = 20

// yamlDrafts yields every event of a YAML file with its line. Each document is
// an event or a list of events. What it says is put into the JSON of the door
// and read as that, so that both formats mean the same.
func yamlDrafts(data []byte, office calendar.Zone) iter.Seq2[int, draft] {
	return func(yield func(int, draft) bool) {
		in := yaml.NewDecoder(strings.NewReader(string(data)))
		for {
			var doc yaml.Node
			err := decode(in, &doc)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				line, text := syntax(err)
				yield(line, draft{err: errors.New(text)})
				return
			}
			for _, node := range eventsOf(&doc) {
				if !yield(node.Line, yamlDraft(node, office)) {
					return
				}
			}
		}
	}
}

// decode reads a document. The decoder panics on some malformed input.
func decode(in *yaml.Decoder, doc *yaml.Node) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("yaml: not readable: %v", p)
		}
	}()
	return in.Decode(doc)
}

// eventsOf returns the nodes that should be events.
func eventsOf(doc *yaml.Node) []*yaml.Node {
	var out []*yaml.Node
	for _, node := range doc.Content {
		switch {
		case node.Kind == yaml.SequenceNode:
			out = append(out, node.Content...)
		case node.Kind == yaml.ScalarNode && node.Tag == "!!null":
			// an empty document, such as after a last ---
		default:
			out = append(out, node)
		}
	}
	return out
}

func yamlDraft(node *yaml.Node, office calendar.Zone) draft {
	if node.Kind != yaml.MappingNode {
		return draft{err: fmt.Errorf("an event is a map with type, subject and effective, and this is %s", kindOf(node))}
	}
	text, err := appendJSON(nil, node, 0)
	if err != nil {
		var at int
		if placed, ok := errors.AsType[*placed](err); ok {
			at = placed.line
		}
		return draft{err: err, at: at}
	}
	var d draft
	d.Draft, d.err = codec.DecodeDraft(text, office)
	if mistake, ok := errors.AsType[*codec.Error](d.err); ok {
		d.at = lineAt(node, mistake.Pointer)
	}
	return d
}

// placed is a mistake in the YAML itself, with its line.
type placed struct {
	line int
	text string
}

func (p *placed) Error() string { return p.text }

func mistake(node *yaml.Node, format string, args ...any) error {
	return &placed{line: node.Line, text: fmt.Sprintf(format, args...)}
}

var wholeNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)

// appendJSON writes a node as JSON. Dates are texts, as the door wants them.
func appendJSON(dst []byte, node *yaml.Node, depth int) ([]byte, error) {
	if depth > maxDepth {
		return nil, mistake(node, "this is nested more than %d deep, and no event is", maxDepth)
	}
	if node.Anchor != "" || node.Kind == yaml.AliasNode {
		return nil, mistake(node, "anchors and aliases are not read: write it out")
	}
	var err error
	switch node.Kind {
	case yaml.MappingNode:
		dst = append(dst, '{')
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i]
			if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" || key.Anchor != "" {
				return nil, mistake(key, "a key is a plain word")
			}
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendText(dst, key.Value), ':')
			if dst, err = appendJSON(dst, node.Content[i+1], depth+1); err != nil {
				return nil, err
			}
		}
		return append(dst, '}'), nil
	case yaml.SequenceNode:
		dst = append(dst, '[')
		for i, item := range node.Content {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = appendJSON(dst, item, depth+1); err != nil {
				return nil, err
			}
		}
		return append(dst, ']'), nil
	}
	return appendScalar(dst, node)
}

func appendScalar(dst []byte, node *yaml.Node) ([]byte, error) {
	if node.Style&yaml.TaggedStyle != 0 {
		return nil, mistake(node, "tags such as %s are not read: leave it out", node.Tag)
	}
	switch node.Tag {
	case "!!str", "!!timestamp":
		return appendText(dst, node.Value), nil
	case "!!bool":
		return strconv.AppendBool(dst, strings.EqualFold(node.Value, "true")), nil
	case "!!int":
		if !wholeNumber.MatchString(node.Value) {
			return nil, mistake(node, "write the number %s in decimal digits, or as a text in quotes", node.Value)
		}
		return append(dst, node.Value...), nil
	case "!!float":
		return nil, mistake(node, "there are no fractions: write amounts in cents, and decimals as a text in quotes, %q", node.Value)
	case "!!null":
		return nil, mistake(node, "there is nothing here: write a value, or leave the key out")
	}
	return nil, mistake(node, "%s is not read: write it as a text in quotes", node.Tag)
}

func appendText(dst []byte, text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic("bad text in YAML: " + err.Error()) // unreachable: every string can be quoted
	}
	return append(dst, quoted...)
}

func kindOf(node *yaml.Node) string {
	switch node.Kind {
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	default:
		return fmt.Sprintf("the text %q", node.Value)
	}
}

// lineAt returns the line of the node that a JSON pointer names, or of the
// nearest one around it.
func lineAt(node *yaml.Node, pointer string) int {
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	line := node.Line
	for _, step := range strings.Split(pointer, "/")[1:] {
		next := stepInto(node, unescape.Replace(step))
		if next == nil {
			break
		}
		node, line = next, next.Line
	}
	return line
}

func stepInto(node *yaml.Node, step string) *yaml.Node {
	switch node.Kind {
	case yaml.MappingNode:
		for i := len(node.Content) - 2; i >= 0; i -= 2 { // of two alike, the second is wrong
			if node.Content[i].Value == step {
				return node.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(node.Content) {
			return node.Content[i]
		}
	}
	return nil
}

var yamlLine = regexp.MustCompile(`^yaml: line (\d+): (.*)$`)

// syntax takes the line out of an error of the YAML reader.
func syntax(err error) (line int, text string) {
	first, _, _ := strings.Cut(err.Error(), "\n")
	if m := yamlLine.FindStringSubmatch(first); m != nil {
		line, _ = strconv.Atoi(m[1])
		return line, "not YAML: " + m[2]
	}
	return 1, "not YAML: " + strings.TrimPrefix(first, "yaml: ")
}
