package rules

import (
	"embed"
	"sync"

	"github.com/comity-project/comity/rules/pages"
)

//go:embed help/*.md
var helpFiles embed.FS

// Help returns the pages on the mistakes of rulesets: one for each of
// [DiagnosticCodes].
var Help = sync.OnceValue(func() *pages.Catalogue {
	return pages.Read("mistakes of rulesets", helpFiles, "help")
})
