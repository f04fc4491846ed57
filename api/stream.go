package api

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
)

// WriteList writes an object on one line whose last key is a list of any length: head,
// which is an object with at least one key, and the list under its name. If the list
// breaks off, so does the line, and the error says why.
func WriteList[T any](to io.Writer, head any, name string, list iter.Seq2[T, error]) error {
	start, err := json.Marshal(head)
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	if _, err := fmt.Fprintf(to, "%s,%q:[", start[:len(start)-1], name); err != nil {
		return err
	}
	comma := ""
	for one, err := range list {
		if err != nil {
			return err
		}
		line, err := json.Marshal(one)
		if err != nil {
			return fmt.Errorf("write the answer: %w", err)
		}
		if _, err := fmt.Fprintf(to, "%s%s", comma, line); err != nil {
			return err
		}
		comma = ","
	}
	_, err = fmt.Fprintln(to, "]}")
	return err
}
