package pages_test

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/rules/pages"
)

const page = `# E012: an identifier is used twice

Two rules have one id.

## Wrong

    rules:
      - id: A

      - id: A

## Right

    rules: []

## Why

Answers name rules by their ids.

Choose another.
`

func TestPage(t *testing.T) {
	p, err := pages.Parse(page)
	require.NoError(t, err)
	assert.Equal(t, pages.Page{
		Code: "E012", Title: "an identifier is used twice", About: "Two rules have one id.",
		Wrong: "rules:\n  - id: A\n\n  - id: A\n", Right: "rules: []\n", Why: "Answers name rules by their ids.\n\nChoose another.",
	}, p)
	assert.Equal(t, page, p.String())
}

func TestPageIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":       "",
		"no title":      page[2:],
		"no example":    "# E012: t\n\na\n\n## Wrong\n\n## Right\n\n    a\n\n## Why\n\nb\n",
		"not indented":  "# E012: t\n\na\n\n## Wrong\n\na\n\n## Right\n\n    a\n\n## Why\n\nb\n",
		"another order": "# E012: t\n\na\n\n## Right\n\n    a\n\n## Wrong\n\n    a\n\n## Why\n\nb\n",
	} {
		_, err := pages.Parse(text)
		assert.Error(t, err, name)
	}
}

func TestCatalogue(t *testing.T) {
	files := fstest.MapFS{"help/E012.md": {Data: []byte(page)}, "help/README": {Data: []byte("no page")}}
	c := pages.Read("mistakes", files, "help")
	assert.Len(t, c.Pages(), 1)
	p, found := c.Page("e012")
	assert.True(t, found)
	assert.Equal(t, "E012", p.Code)
	_, found = c.Page("E013")
	assert.False(t, found)
	assert.PanicsWithValue(t, "bad pages: help/E013.md is the page of E012", func() {
		pages.Read("mistakes", fstest.MapFS{"help/E013.md": {Data: []byte(page)}}, "help")
	})
	assert.Panics(t, func() { pages.Read("mistakes", fstest.MapFS{}, "help") })
}
