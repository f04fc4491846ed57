package bulk

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Report writes the rows that were refused, each with the line in which it stood
// and what is wrong with it. Mended, the report is imported with the same id: the
// lines say which rows they are, and the errors are skipped.
func (o *Outcome) Report(to io.Writer, kind Kind, format Format) error {
	switch {
	case kind == Events:
		return o.reportEvents(to)
	case format == JSONLines:
		return o.reportJSON(to)
	}
	out := csv.NewWriter(to)
	var keep []int // the columns that are not the report's own
	var header []string
	for i, name := range o.header {
		if name != lineColumn && name != errorColumn {
			keep, header = append(keep, i), append(header, name)
		}
	}
	if err := out.Write(append(header, lineColumn, errorColumn)); err != nil {
		return err
	}
	for i := range o.report {
		b := &o.report[i]
		said := make([]string, len(keep))
		for j, at := range keep {
			if len(b.row.said) == len(o.header) {
				said[j] = b.row.said[at]
			} else if j == 0 {
				said[j] = strings.Join(b.row.said, ",") // it could not be divided
			}
		}
		if err := out.Write(append(said, strconv.Itoa(b.row.first), b.text())); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func (o *Outcome) reportEvents(to io.Writer) error {
	for i := range o.report {
		b := &o.report[i]
		text := strings.ReplaceAll(b.text(), "\n", " ")
		if _, err := fmt.Fprintf(to, "# line %d: %s\n%s\n", b.row.first, text, b.row.said[0]); err != nil {
			return err
		}
	}
	return nil
}

func (o *Outcome) reportJSON(to io.Writer) error {
	for i := range o.report {
		b := &o.report[i]
		line := []byte(b.row.said[0])
		var object map[string]json.RawMessage
		if err := json.Unmarshal(line, &object); err != nil {
			object = map[string]json.RawMessage{}
			if _, err := fmt.Fprintf(to, "# line %d can't be read, and stands here as it was: %s\n# %s\n", b.row.first, b.text(), line); err != nil {
				return err
			}
			continue
		}
		object[lineColumn], _ = json.Marshal(b.row.first)
		object[errorColumn], _ = json.Marshal(b.text())
		if err := writeObject(to, object); err != nil {
			return err
		}
	}
	return nil
}

// writeObject writes an object on one line, its keys sorted.
func writeObject(to io.Writer, object map[string]json.RawMessage) error {
	keys := make([]string, 0, len(object))
	for k := range object {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var b bytes.Buffer
	for i, k := range keys {
		b.WriteByte("{,"[min(i, 1)])
		key, _ := json.Marshal(k)
		b.Write(key)
		b.WriteByte(':')
		b.Write(object[k])
	}
	b.WriteString("}\n")
	_, err := to.Write(b.Bytes())
	return err
}
