package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/bulk"
	"github.com/comity-project/comity/projections"
)

const (
	// mostImported is how many bytes a list may have.
	mostImported = 64 << 20
	// longestImport is how long a list may take to be decided. Others who record wait
	// for as long; questions are answered.
	longestImport = 2 * time.Minute
	// importsAtOnce is how many lists are held in memory at a time.
	importsAtOnce = 4
)

func importRoutes() []api.Route {
	places := make(chan struct{}, importsAtOnce)
	do := func(c *api.Call) error {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
			return importList(c)
		default:
			p := api.NewProblem(http.StatusServiceUnavailable, "busy", "%d lists are being imported: try again when one is done", importsAtOnce)
			p.RetryAfter = 5 * time.Second
			return p
		}
	}
	return []api.Route{{Method: http.MethodPost, Path: "/v1/import", ID: "importList", Need: auth.Record, Body: mostImported, Time: longestImport, Do: do}}
}

// importList records a whole list, or nothing if a row is refused. What has been decided
// is recorded although the caller leaves meanwhile.
func importList(c *api.Call) error {
	im, dryRun, err := importOf(c)
	if err != nil {
		return err
	}
	s, err := c.Office.Begin(c.Context())
	if err != nil {
		return err
	}
	ctx := context.WithoutCancel(c.Context())
	defer func() { _ = s.Abandon(ctx) }() // after Record it does nothing; otherwise what it forgets was not recorded
	out, err := im.Decide(c.Context(), s, nil)
	if err != nil {
		return err
	}
	done := api.Imported{Import: out.ID, Kind: im.Kind, Rows: out.Rows, Recorded: out.Recorded, Repeated: out.Repeated, Events: s.Events(), Position: c.Office.Position(), DryRun: dryRun}
	if !dryRun && s.Events() > 0 {
		if done.Position, err = s.Record(ctx, nil); err != nil {
			return brokenOff(err)
		}
	}
	c.Seen(done.Position)
	return c.JSON(http.StatusOK, done)
}

// brokenOff says of a list that was recorded in part how the rest is recorded.
func brokenOff(err error) error {
	broken, ok := errors.AsType[*engine.Interrupted](err)
	if !ok {
		return err
	}
	p := *api.ProblemOf(err)
	if errors.Is(err, engine.ErrUncertain) {
		p.Detail = "it is not known whether all of it was recorded: send the same list again, which records what was not"
		return &p
	}
	p.Detail = fmt.Sprintf("%s; send the same list again, which records the rest", p.Detail)
	if p.Code == "internal" {
		p.Detail = fmt.Sprintf("%d of %d events were recorded: send the same list again, which records the rest", broken.Recorded, broken.Of)
	}
	return &p
}

// importOf reads the list and what is said of it.
func importOf(c *api.Call) (im *bulk.Import, dry bool, err error) {
	q, err := c.Query("kind", "import", "recorded", "dry_run")
	if err != nil {
		return nil, false, err
	}
	if dry, err = dryRun(c, "kind", "import", "recorded"); err != nil {
		return nil, false, err
	}
	if err := c.Unexpected(); err != nil {
		return nil, false, err
	}
	im = &bulk.Import{File: "list", ID: q.Get("import"), Zone: c.Office.Zone()}
	if im.Kind, err = bulk.ParseKind(q.Get("kind"), bulk.Imported()); err != nil {
		return nil, false, api.Bad("kind", "%v", err)
	}
	if im.ID != "" {
		if err := domain.CheckID(im.ID); err != nil {
			return nil, false, api.Bad("import", "import: %v", err)
		}
	}
	if text := q.Get("recorded"); text != "" {
		if im.Recorded, err = calendar.ParseInstant(text, im.Zone); err != nil {
			return nil, false, api.Bad("recorded", "recorded: %v", err)
		}
	}
	if im.Actor, err = c.Actor(); err != nil {
		return nil, false, err
	}
	types := []string{"text/csv", ndjson}
	im.Format = bulk.CSV
	switch {
	case im.Kind == bulk.Events:
		types, im.Format = types[1:], bulk.JSONLines
	case strings.HasPrefix(c.R.Header.Get("Content-Type"), ndjson):
		im.Format = bulk.JSONLines
	}
	if im.Data, err = c.Body(types...); err != nil {
		return nil, false, err
	}
	im.May = func(root *projections.Root, line int, command domain.Command) error {
		if err := c.MayAct(command); err != nil {
			return err
		}
		r := reachOf(root)
		for _, e := range command.Drafts {
			if err := r.mayRecord(c, e); err != nil {
				return api.Forbidden("line %d: %v", line, err)
			}
			r.earlier[e.Subject] = append(r.earlier[e.Subject], e)
		}
		return nil
	}
	return im, dry, nil
}
