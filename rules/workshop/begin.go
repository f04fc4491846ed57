package workshop

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
)

// Begin writes the files of a State's first ruleset: one rule that answers what the
// State does to our missions, with its cases, and notes on the sources. The files
// are laid out, load, and their cases come true; what has to be replaced is marked
// with <angle brackets> in comments and texts.
//
// The code is the State's id, which is the ruleset's. The name is for people, and
// the date, as in 2026-01-15, is that from which the edition is to be in force; the
// month in it names the edition.
func Begin(code, name, date string) ([]File, error) {
	if err := domain.CheckID(code); err != nil {
		return nil, err
	}
	if code == "common" {
		return nil, fmt.Errorf("common is the ruleset of all States: begin one of a State, such as arandia")
	}
	if !datedName.MatchString(date) || len(date) < len("2026-01-15") {
		return nil, fmt.Errorf("%q is no date: write it as in 2026-01-15", date)
	}
	if name == "" {
		name = strings.ToUpper(code[:1]) + code[1:]
	}
	if strings.ContainsFunc(name, func(c rune) bool { return c < ' ' }) {
		return nil, fmt.Errorf("the name holds what is no letter")
	}
	fill := strings.NewReplacer("CODE", code, "PREFIX", strings.ToUpper(prefixOf(code)), "NAME", quotedText(name), "PLAIN", name, "EDITION", date[:7], "DATE", date)
	var out []File
	for _, file := range []string{"ruleset.yaml", "cases.yaml", "SOURCES.md"} {
		text, err := begunFiles.ReadFile("begin/" + file)
		if err != nil {
			return nil, err // unreachable: the program was built with them
		}
		filled := []byte(fill.Replace(string(text)))
		if strings.HasSuffix(file, ".yaml") {
			if filled, err = Format(filled); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
		}
		out = append(out, File{Path: file, Text: filled})
	}
	return out, nil
}

// prefixOf is how the ids of the rules begin: letters and digits with hyphens.
func prefixOf(code string) string {
	return strings.Trim(strings.Map(func(c rune) rune {
		if c == '.' || c == '_' {
			return '-'
		}
		return c
	}, code), "-")
}

func quotedText(text string) string {
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// Loaded loads what [Begin] wrote in the language of a common edition.
func Loaded(files []File, common *rules.Edition) (*rules.Edition, error) {
	var bundle strings.Builder
	for _, f := range sortedFiles(files) {
		fmt.Fprintf(&bundle, "-- %s --\n%s", f.name(), f.Text)
	}
	return rules.LoadState([]byte(bundle.String()), common)
}

func sortedFiles(files []File) []File {
	var out []File
	for _, f := range files {
		if strings.HasSuffix(f.Path, ".yaml") {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b File) int { return strings.Compare(a.name(), b.name()) })
	return out
}

//go:embed begin
var begunFiles embed.FS
