package httpapi

import (
	"net/http"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/workshop"
)

func checkRoutes() []api.Route {
	return []api.Route{{Method: http.MethodPost, Path: "/v1/rulesets/check", ID: "checkRuleset", Need: auth.Draft, Body: mostText, Do: checkRuleset}}
}

func hashOf(bundle []byte) string { return rules.Hash(bundle) }

// A checkedRuleset is a text without mistakes, and what is worth a second look in it.
type checkedRuleset struct {
	Valid    []api.Checked     `json:"valid"`
	Findings workshop.Findings `json:"findings"`
}

// checkRuleset checks a text as publishing it would, and records nothing. Mistakes are a
// problem.
func checkRuleset(c *api.Call) error {
	if _, err := c.Query(); err != nil {
		return err
	}
	var sent rulesetText
	if err := c.Decode(&sent); err != nil {
		return err
	}
	bundle, id, err := sent.bundleOf("")
	if err != nil {
		return err
	}
	if err := c.Need(auth.Draft, stateOf(id), ""); err != nil {
		return err
	}
	edition, err := c.Office.Load(bundle)
	if err != nil {
		return err
	}
	law := rules.Law{Common: edition, States: map[domain.StateID]*rules.Edition{}}
	if id != domain.CommonRuleset {
		if law.Common, err = c.Office.Root().CommonFor(c.Office.Now()); err != nil {
			return err
		}
	}
	var files []workshop.File
	for _, f := range rules.Files(bundle) {
		files = append(files, workshop.File{Path: f.Name, Text: f.Text})
	}
	c.Seen(c.Office.Position())
	return c.JSON(http.StatusOK, checkedRuleset{
		Valid:    []api.Checked{{Name: string(edition.Code), Ruleset: string(edition.Code), Edition: edition.Edition, Hash: edition.Hash, Rules: len(edition.Rules), Cases: len(edition.Cases)}},
		Findings: append(workshop.Findings{}, workshop.Lint(law, edition, files).Sorted()...),
	})
}
