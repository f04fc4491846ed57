// Package pages keeps the pages of help on the findings about rulesets. Each
// finding has a code, such as E012, and each code a page that says what it means.
//
// A page is a file <code>.md in Markdown of a fixed form:
//
//	# E012: an identifier is used twice
//
//	What it means, in a paragraph or two.
//
//	## Wrong
//
//	    rules:
//	      ...
//
//	## Right
//
//	    rules:
//	      ...
//
//	## Why
//
//	Why it is a mistake, and how to get rid of it.
//
// The indented blocks under Wrong and Right are whole files of a ruleset, except
// that the head may be left out. One that begins with the remark
// "# in the common ruleset" belongs there; any other is a State's. Whoever owns a
// [Catalogue] tests that the wrong one gives exactly its code, and the right one none.
//
// The mistakes (E...) are in the catalogue of package rules; other packages have
// catalogues of their own. Their codes begin with other letters.
package pages

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// A Page says what a code means.
type Page struct {
	Code  string `json:"code"`
	Title string `json:"title"` // in a line, lower case, without a full stop
	About string `json:"about"` // what it means
	Wrong string `json:"wrong"` // a file of a ruleset with this finding
	Right string `json:"right"` // the same without it
	Why   string `json:"why"`   // and what to do
}

// A Catalogue holds the pages of one kind of finding.
type Catalogue struct {
	Name  string // what it lists, as in "mistakes of rulesets"
	pages []Page // in order of code
}

// Read reads the pages in the folder of a file system. It is meant for files that
// are embedded, and panics if one is not of the form.
func Read(name string, files fs.FS, folder string) *Catalogue {
	c := &Catalogue{Name: name}
	names, err := fs.Glob(files, path.Join(folder, "*.md"))
	if err != nil || len(names) == 0 {
		panic(fmt.Sprintf("bad pages: no *.md in %s: %v", folder, err)) // the program was built without them
	}
	for _, file := range names {
		text, err := fs.ReadFile(files, file)
		if err != nil {
			panic(fmt.Sprintf("bad pages: %s: %v", file, err))
		}
		p, err := Parse(string(text))
		if err != nil {
			panic(fmt.Sprintf("bad pages: %s: %v", file, err))
		}
		if want := strings.TrimSuffix(path.Base(file), ".md"); p.Code != want {
			panic(fmt.Sprintf("bad pages: %s is the page of %s", file, p.Code))
		}
		c.pages = append(c.pages, p)
	}
	slices.SortFunc(c.pages, func(a, b Page) int { return cmp.Compare(a.Code, b.Code) })
	return c
}

// Pages returns all pages, in order of code.
func (c *Catalogue) Pages() []Page { return slices.Clone(c.pages) }

// Page returns the page of a code, which may be in lower case.
func (c *Catalogue) Page(code string) (Page, bool) {
	i, found := slices.BinarySearchFunc(c.pages, strings.ToUpper(code), func(p Page, code string) int { return cmp.Compare(p.Code, code) })
	if !found {
		return Page{}, false
	}
	return c.pages[i], true
}

var form = regexp.MustCompile(`(?s)^# ([A-Z]\d{3}): ([^\n]+)\n\n(.+?)\n\n## Wrong\n\n(.+?)\n\n## Right\n\n(.+?)\n\n## Why\n\n(.+?)\n*$`)

// Parse reads a page.
func Parse(text string) (Page, error) {
	m := form.FindStringSubmatch(strings.ReplaceAll(text, "\r\n", "\n"))
	if m == nil {
		return Page{}, fmt.Errorf("a page has a title `# CODE: meaning`, what it means, and the parts Wrong, Right and Why, in this order")
	}
	p := Page{Code: m[1], Title: m[2], About: m[3], Why: m[6]}
	for at, part := range map[*string]string{&p.Wrong: m[4], &p.Right: m[5]} {
		var lines []string
		for line := range strings.SplitSeq(part, "\n") {
			code, indented := strings.CutPrefix(line, "    ")
			if !indented && line != "" {
				return Page{}, fmt.Errorf("an example is indented by four columns, and this line is not: %q", line)
			}
			lines = append(lines, code)
		}
		*at = strings.Join(lines, "\n") + "\n"
	}
	return p, nil
}

// String writes the page as its file has it.
func (p Page) String() string {
	indented := func(text string) string {
		return strings.ReplaceAll("    "+strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n    "), "    \n", "\n")
	}
	return fmt.Sprintf("# %s: %s\n\n%s\n\n## Wrong\n\n%s\n\n## Right\n\n%s\n\n## Why\n\n%s\n", p.Code, p.Title, p.About, indented(p.Wrong), indented(p.Right), p.Why)
}
