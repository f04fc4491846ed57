package standing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
)

// SourcesDiffer is the code of a note that sources differ on an event on which
// the answer rests.
const SourcesDiffer = "sources_differ"

// differences says on which of the events relied upon sources differ: once each,
// in the order of the log.
func (in *inquiry) differences(reasons []domain.Reason) []domain.Remark {
	var relied []domain.Position
	for _, r := range reasons {
		relied = append(relied, r.Events...)
		for _, f := range r.Facts {
			relied = append(relied, f.Events...)
		}
	}
	slices.Sort(relied)
	var out []domain.Remark
	for _, pos := range slices.Compact(relied) {
		for _, c := range in.view.Conflicts(pos) {
			text := fmt.Sprintf("Sources differ on %s: %s; taken: %s", c.Matter, strings.Join(c.Accounts, "; "), c.Taken)
			out = append(out, domain.Remark{Code: SourcesDiffer, Text: text})
		}
	}
	return out
}
