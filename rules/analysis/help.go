package analysis

import (
	"embed"
	"sync"

	"github.com/comity-project/comity/rules/pages"
)

//go:embed help/*.md
var helpFiles embed.FS

// Help returns the pages on what an analysis finds.
var Help = sync.OnceValue(func() *pages.Catalogue {
	return pages.Read("findings of analyses", helpFiles, "help")
})
