// Command comity is the rows of comity in the table of peers.
package main

import (
	"time"

	"github.com/comity-project/comity/internal/bench/peers/harness"
	"github.com/comity-project/comity/projections/timeline"
)

// at is when questions are asked.
var at = timeline.Of(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))

// officeMembers is how many members the rows of a whole office record: everything
// that was ever known of them is kept.
const officeMembers = 12_800

func main() {
	harness.Main(
		harness.Row{Name: "machine", Sources: write, Load: loadMachined},
		harness.Row{Name: "plan", Sources: write, Load: loadPlanner, Slow: true},
		harness.Row{Name: "seat", Sources: write, Load: loadSeated, Slow: true},
		harness.Row{Name: "glance", Sources: write, Load: loadGlance, Slow: true, OutcomeAlone: true, Members: officeMembers},
		harness.Row{Name: "glance-with", Sources: write, Load: loadGlanceWith, Slow: true, Members: officeMembers},
		harness.Row{Name: "resolve", Sources: write, Load: loadResolver, Slow: true},
	)
}
