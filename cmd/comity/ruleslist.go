package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
)

func (p *program) rulesListCommand() *cobra.Command {
	var carried bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the editions of the law on record",
		Long: `List shows every edition that was published in the log, with the hash of its text,
when it takes effect, and whether it is in force now.

With --shipped it shows the rulesets that this program brings along instead, published
or not, and needs no log. "comity rules publish NAME" publishes one.`,
		Example: `  comity rules list
  comity rules list -o json
  comity rules list --shipped`,
		Args: atLeast(false),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if carried {
				return p.rulesShipped()
			}
			return p.rulesList(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&carried, "shipped", false, "list the rulesets that ship with this program")
	return cmd
}

// rulesShipped lists the rulesets that the program carries.
func (p *program) rulesShipped() error {
	_, sources, err := p.loadSources(nil)
	if err != nil {
		return err
	}
	if p.json() {
		type shipped struct {
			Ruleset string `json:"ruleset"`
			Edition string `json:"edition"`
			Title   string `json:"title"`
			Hash    string `json:"hash"`
		}
		list := []shipped{}
		for _, s := range sources {
			list = append(list, shipped{s.name, s.edition.Edition, s.edition.Title, s.edition.Hash})
		}
		return p.print(list)
	}
	var rows [][]string
	for _, s := range sources {
		rows = append(rows, []string{s.name, s.edition.Edition, s.edition.Title, s.edition.Hash[:12]})
	}
	g := p.page()
	g.list([]string{"ruleset", "edition", "title", "hash"}, rows)
	return nil
}

// An edition on record.
type edition struct {
	Ruleset   domain.RulesetID `json:"ruleset"`
	Edition   string           `json:"edition"`
	Hash      string           `json:"hash"`
	Position  domain.Position  `json:"position"`
	Effective time.Time        `json:"effective"`
	Recorded  time.Time        `json:"recorded"`
	InForce   bool             `json:"in_force"`
	effective string           // as people would
}

// editions lists the editions on record and says which are in force at t.
func (o *office) editions(t time.Time) []edition {
	view := o.Root().View()
	out := []edition{}
	for _, code := range view.Rulesets() {
		inForce, _, _ := view.Ruleset(code, timeline.Of(t))
		for _, at := range view.Events(domain.Of(domain.KindRuleset, code)) {
			e, _ := view.Envelope(at)
			event := e.Event
			if corrects, ok := event.(domain.EventCorrected); ok {
				event = corrects.Body
			}
			published, ok := event.(domain.RulesetPublished)
			if !ok || !view.Live(at) {
				continue
			}
			out = append(out, edition{code, published.Edition, published.Hash, at, e.Effective.At, e.Recorded, published.Hash == inForce, moment(e.Effective, o.Zone())})
		}
	}
	return out
}

func (p *program) rulesList(ctx context.Context) (err error) {
	o, err := p.readOffice(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	editions := o.editions(o.Now())
	if p.json() {
		return p.print(editions)
	}
	var rows [][]string
	for _, e := range editions {
		inForce := "no"
		if e.InForce {
			inForce = "yes"
		}
		rows = append(rows, []string{string(e.Ruleset), e.Edition, inForce, whole(e.effective), whole(o.local(e.Recorded)), e.Hash[:12]})
	}
	g := p.page()
	g.list([]string{"ruleset", "edition", "in force", "effective", "recorded", "hash"}, rows)
	return nil
}
