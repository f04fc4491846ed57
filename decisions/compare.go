package decisions

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// A Difference is a field of an answer that was one thing and is another.
type Difference struct {
	Field string `json:"field"` // such as conditions[0].state
	Was   string `json:"was"`   // as JSON, or "" if it was not there
	Is    string `json:"is"`    // as JSON, or "" if it is not there
}

// Compare lists the fields in which two answers differ, in order. Bytes that
// differ in nothing that a field says differ as a whole.
func Compare(was, is []byte) []Difference {
	if bytes.Equal(was, is) {
		return nil
	}
	var out []Difference
	compare(&out, "", was, is)
	if len(out) == 0 {
		out = append(out, Difference{Field: "(bytes)", Was: string(was), Is: string(is)})
	}
	return out
}

func compare(out *[]Difference, path string, was, is json.RawMessage) {
	if bytes.Equal(was, is) {
		return
	}
	var a, b map[string]json.RawMessage
	if startsWith(was, '{') && startsWith(is, '{') && json.Unmarshal(was, &a) == nil && json.Unmarshal(is, &b) == nil {
		keys := maps.Clone(a)
		maps.Copy(keys, b)
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			name := key
			if path != "" {
				name = path + "." + key
			}
			compare(out, name, a[key], b[key])
		}
		return
	}
	var m, n []json.RawMessage
	if startsWith(was, '[') && startsWith(is, '[') && json.Unmarshal(was, &m) == nil && json.Unmarshal(is, &n) == nil {
		for i := range max(len(m), len(n)) {
			compare(out, path+"["+strconv.Itoa(i)+"]", at(m, i), at(n, i))
		}
		return
	}
	if path == "" {
		return
	}
	*out = append(*out, Difference{path, string(was), string(is)})
}

func startsWith(raw json.RawMessage, first byte) bool { return len(raw) > 0 && raw[0] == first }

func at(list []json.RawMessage, i int) json.RawMessage {
	if i < len(list) {
		return list[i]
	}
	return nil
}
