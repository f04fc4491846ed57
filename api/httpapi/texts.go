package httpapi

import (
	"io/fs"
	"path"
	"slices"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
)

// A rulesetText is the text of a ruleset: the *.yaml files of its folder by their names, or
// one text, as the office keeps it: see [rules.Bundle].
type rulesetText struct {
	Files map[string]string `json:"files,omitzero"`
	Text  string            `json:"text,omitzero"`
}

// mostText is how many bytes a body with the text of a ruleset may have: written as
// JSON, a text is longer.
const mostText = 4 * rules.MaxBundle

// bundle is the text as the office keeps it.
func (t *rulesetText) bundle() ([]byte, error) {
	switch {
	case t.Text != "" && len(t.Files) > 0:
		return nil, api.Bad("files", `"files" and "text" are both there: keep one`)
	case t.Text != "":
		return []byte(t.Text), nil
	case len(t.Files) == 0:
		return nil, api.Bad("files", `the ruleset is missing: send its files, {"files": {"ruleset.yaml": "..."}}`)
	}
	for name := range t.Files {
		if path.Ext(name) != ".yaml" || !fs.ValidPath(name) || path.Base(name) != name {
			return nil, api.Bad("files", "%q is no name of a file of a ruleset: they lie in one folder and end in .yaml", name)
		}
	}
	bundle, err := rules.Bundle(folder(t.Files))
	if err != nil {
		return nil, api.Bad("files", "files: %v", err)
	}
	return bundle, nil
}

// bundleOf is the text, which has to be of a ruleset; "" is of whichever.
func (t *rulesetText) bundleOf(id domain.RulesetID) ([]byte, domain.RulesetID, error) {
	bundle, err := t.bundle()
	if err != nil {
		return nil, "", err
	}
	code, named := rules.CodeOf(bundle)
	switch {
	case !named:
		return nil, "", domain.Refusals{{Type: domain.RulesetDraftSaved{}.Type(), Field: "files", Text: `the text does not say of which ruleset it is: begin it with "ruleset: " and common, or the code of a State`}}
	case id != "" && code != string(id):
		return nil, "", domain.Refusals{{Type: domain.RulesetDraftSaved{}.Type(), Field: "files", Text: "the text is of the ruleset " + code + ", and not of " + string(id)}}
	}
	return bundle, domain.RulesetID(code), nil
}

// A folder is files in memory.
type folder map[string]string

// Open is of no use: files are read whole.
func (f folder) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// Glob lists all files; they all are of a ruleset.
func (f folder) Glob(string) (names []string, err error) { //nolint:unparam // as fs.GlobFS has it
	for name := range f {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}

// ReadFile returns the text of a file.
func (f folder) ReadFile(name string) ([]byte, error) { //nolint:unparam // as fs.ReadFileFS has it
	return []byte(f[name]), nil
}

// stateOf is the State that a ruleset is of, as scopes know it: the common law is of all.
func stateOf(id domain.RulesetID) domain.StateID {
	if id == domain.CommonRuleset {
		return ""
	}
	return domain.StateID(id)
}
