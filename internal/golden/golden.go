// Package golden compares what a test got with a file of what it should be.
//
//	golden.Compare(t, "testdata/report.golden", got)
//
// After a change that was meant, run the test with -update to write the files
// anew, and read the difference in the commit:
//
//	go test ./rules/workshop -update
package golden

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write golden files instead of comparing with them")

// Update reports whether the test was run with -update, for tests that keep
// golden files of a shape of their own.
func Update() bool { return *update }

// Compare fails the test, and goes on, if got is not what the file holds.
// With -update it writes got to the file, making its folder if need be.
func Compare(t testing.TB, path string, got []byte) {
	t.Helper()
	if *update {
		write(t, path, got)
		return
	}
	want, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is no %s yet: run the test with -update to write it\ngot:\n%s", path, got)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (- want, + got); if that is meant, run the test with -update\n%s",
			path, diff(string(want), string(got)))
	}
}

func write(t testing.TB, path string, got []byte) {
	t.Helper()
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, got) {
		return
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, got, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("wrote %s", path)
}

// diff shows the lines that differ between two texts, each stretch with its
// line number in want and a few lines around it.
func diff(want, got string) string {
	const around = 2
	edits := edit(lines(want), lines(got))

	var out strings.Builder
	shown := -1
	for i := range edits {
		if !nearChange(edits, i, around) {
			continue
		}
		if i != shown+1 || i == 0 {
			fmt.Fprintf(&out, "line %d:\n", edits[i].line)
		}
		shown = i
		fmt.Fprintf(&out, "%c %s\n", edits[i].sign, edits[i].text)
	}
	return out.String()
}

// lines cuts a text into lines and makes what the eye would miss visible.
func lines(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		bare, ended := strings.CutSuffix(line, "\n")
		if strings.TrimRight(bare, " \t\r") != bare {
			bare = fmt.Sprintf("%q", bare)
		}
		if !ended {
			bare += " (no newline at the end)"
		}
		all = append(all, bare)
	}
	return all
}

// An edited line is kept (' '), missing ('-') or new ('+').
type edited struct {
	sign byte
	line int // in want, from 1
	text string
}

// edit turns want into got, keeping as many lines as can be kept. It takes
// time and space for each pair of lines, so it first sets aside what is equal
// at both ends, and past a million pairs it no longer looks for the best.
func edit(want, got []string) []edited {
	var head, tail []edited
	line := 1
	for len(want) > 0 && len(got) > 0 && want[0] == got[0] {
		head = append(head, edited{' ', line, want[0]})
		want, got, line = want[1:], got[1:], line+1
	}
	for len(want) > 0 && len(got) > 0 && want[len(want)-1] == got[len(got)-1] {
		last := len(want) - 1
		tail = append(tail, edited{' ', line + last, want[last]})
		want, got = want[:last], got[:len(got)-1]
	}
	slices.Reverse(tail)
	if len(want)*len(got) > 1_000_000 {
		for i, text := range want {
			head = append(head, edited{'-', line + i, text})
		}
		for _, text := range got {
			head = append(head, edited{'+', line + len(want), text})
		}
		return append(head, tail...)
	}

	// kept[i][j] is the most lines that want[i:] and got[j:] have in common.
	kept := make([][]int, len(want)+1)
	for i := range kept {
		kept[i] = make([]int, len(got)+1)
	}
	for i := len(want) - 1; i >= 0; i-- {
		for j := len(got) - 1; j >= 0; j-- {
			if want[i] == got[j] {
				kept[i][j] = kept[i+1][j+1] + 1
			} else {
				kept[i][j] = max(kept[i+1][j], kept[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(want) || j < len(got) {
		switch {
		case i < len(want) && j < len(got) && want[i] == got[j]:
			head = append(head, edited{' ', line + i, want[i]})
			i, j = i+1, j+1
		case j == len(got) || i < len(want) && kept[i+1][j] >= kept[i][j+1]:
			head = append(head, edited{'-', line + i, want[i]})
			i++
		default:
			head = append(head, edited{'+', line + i, got[j]})
			j++
		}
	}
	return append(head, tail...)
}

func nearChange(edits []edited, i, around int) bool {
	for _, e := range edits[max(0, i-around):min(len(edits), i+around+1)] {
		if e.sign != ' ' {
			return true
		}
	}
	return false
}
