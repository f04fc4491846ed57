package lsp

import (
	"fmt"
	"strings"

	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/pages"
	"github.com/comity-project/comity/rules/workshop"
)

// manual are the catalogues of pages on what is reported.
func manual() []*pages.Catalogue { return []*pages.Catalogue{rules.Help(), workshop.Help()} }

// page finds the page of a code.
func page(code string) (pages.Page, bool) {
	for _, c := range manual() {
		if p, found := c.Page(code); found {
			return p, true
		}
	}
	return pages.Page{}, false
}

// pageAddress is where the page of a code can be read in a browser.
func pageAddress(code string) string {
	folder := "rules/help"
	if strings.HasPrefix(code, "W") {
		folder = "rules/workshop/help"
	}
	return fmt.Sprintf("https://github.com/comity-project/comity/blob/main/%s/%s.md", folder, code)
}
