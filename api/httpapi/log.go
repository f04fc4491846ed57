package httpapi

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/eventlog"
)

func logRoutes() []api.Route {
	return []api.Route{
		{Method: http.MethodGet, Path: "/v1/log/head", ID: "getLogHead", Need: auth.Audit, Do: getLogHead},
		{Method: http.MethodGet, Path: "/v1/log/records", ID: "listRecords", Need: auth.Audit, Do: listRecords},
		{Method: http.MethodGet, Path: "/v1/log/records/{position}", ID: "getRecord", Need: auth.Audit, Do: getRecord},
	}
}

// A logHead is where the log is, and its last record.
type logHead struct {
	Position domain.Position `json:"position"`
	ID       domain.EventID  `json:"id"`
	Recorded time.Time       `json:"recorded"`
}

// audit reads a query about the log, which only those may read who audit all of it.
func audit(c *api.Call, names ...string) (*reading, error) {
	r, err := read(c, names...)
	if err != nil {
		return nil, err
	}
	if r.text("as_of")+r.text("as_known") != "" {
		return nil, api.Bad("query", "as_of and as_known are no matter here: the log is what it is")
	}
	return r, c.Need(auth.Audit, "", "")
}

func getLogHead(c *api.Call) error {
	if _, err := audit(c); err != nil {
		return err
	}
	view := c.Office.Root().View()
	out := logHead{Position: view.Position()}
	if e, found := view.Envelope(out.Position - 1); found {
		out.ID, out.Recorded = e.ID, e.Recorded
	}
	c.Seen(out.Position)
	return c.JSON(http.StatusOK, out)
}

// A recordsPage is a page of the log.
type recordsPage struct {
	Position domain.Position    `json:"position"` // of the log
	Records  []api.ListedRecord `json:"records"`
	// Next is the position from which to go on; none at the end of the log.
	Next domain.Position `json:"next,omitzero"`
}

// listRecords lists the records of the log: as JSON, what each says; as lines of JSON, if
// the caller accepts those alone, each as it is stored.
func listRecords(c *api.Call) error {
	r, err := audit(c, "from", "limit")
	if err != nil {
		return err
	}
	from, err := r.number("from", 0)
	if err != nil {
		return err
	}
	p, err := r.page()
	if err != nil {
		return err
	}
	view := c.Office.Root().View()
	end := view.Position()
	if from > uint64(end) {
		return api.Bad("query", "from is %d: the log ends at %d", from, end)
	}
	to := min(domain.Position(from)+domain.Position(p.limit), end)
	c.Seen(end)
	if strings.Contains(c.R.Header.Get("Accept"), ndjson) {
		return writeRecords(c, domain.Position(from), to)
	}
	out := recordsPage{Position: end, Records: []api.ListedRecord{}}
	for at := domain.Position(from); at < to; at++ {
		e, _ := view.Envelope(at)
		out.Records = append(out.Records, api.ListedRecordOf(at, e, c.Office.Zone(), false))
	}
	if to < end {
		out.Next = to
	}
	return c.JSON(http.StatusOK, out)
}

// stored reads the stored bytes of the records from one position to another, as the
// caller may see them.
func stored(c *api.Call, from, to domain.Position) (lines [][]byte, masked bool, err error) {
	if from == to {
		return nil, false, nil
	}
	view := c.Office.Root().View()
	at := from
	for record, err := range c.Office.Log.Read(c.Context(), eventlog.Position(from)) {
		if err != nil {
			return nil, false, err
		}
		line, hides := c.RecordFor(view.SubjectAt(at), record.Data)
		lines, masked = append(lines, line), masked || hides
		if at++; at == to {
			return lines, masked, nil
		}
	}
	return nil, false, eventlog.ErrPastEnd // the log was longer a moment ago
}

func writeRecords(c *api.Call, from, to domain.Position) error {
	lines, masked, err := stored(c, from, to)
	if err != nil {
		return err
	}
	if masked {
		c.W.Header().Set(api.MaskedHeader, "true")
	}
	var text bytes.Buffer
	for _, line := range lines {
		text.Write(line)
		text.WriteByte('\n')
	}
	return c.Raw(http.StatusOK, ndjson, text.Bytes())
}

// getRecord tells one record as it is stored, which is what the seal vouches for.
func getRecord(c *api.Call) error {
	if _, err := audit(c); err != nil {
		return err
	}
	at, err := eventAt(c, c.R.PathValue("position"))
	if err != nil {
		return err
	}
	end := c.Office.Position()
	if at >= end {
		return api.NotFound("there is no record at position %d: the log ends at %d", at, end)
	}
	lines, masked, err := stored(c, at, at+1)
	if err != nil {
		return err
	}
	if masked {
		c.W.Header().Set(api.MaskedHeader, "true")
	}
	c.Seen(end)
	return c.Raw(http.StatusOK, "application/json", lines[0])
}
