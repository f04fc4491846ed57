package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

func (p *program) rulesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "List, check, test, show and publish rulesets",
		Long: `The law is data: rulesets, of which dated editions are published in the log. One is
common to all sending States; a State's own adds what is peculiar to it.`,
		Example: `  comity rules list
  comity rules check ./my-ruleset
  comity rules test
  comity rules show S-AGENT`,
	}
	cmd.AddCommand(p.rulesListCommand(), p.rulesCheckCommand(), p.rulesTestCommand(), p.rulesShowCommand(), p.rulesPublishCommand())
	needsSubcommand(cmd)
	return cmd
}

// A source is a ruleset that was loaded, with its text.
type source struct {
	name    string // as it was asked for
	bundle  []byte
	edition *rules.Edition
}

// loadSources loads rulesets by the names under which they ship or the folders
// that they are in; without names, all that ship. The law is what they are
// loaded under: a common ruleset among them, or else the one that ships. Mistakes
// of all of them are returned together.
func (p *program) loadSources(names []string) (law rules.Law, loaded []source, err error) {
	if len(names) == 0 {
		names = rulesets.Names()
	}
	law.States = map[domain.StateID]*rules.Edition{}
	var found []source
	common := -1
	for _, name := range names {
		files, err := filesOf(name)
		if err != nil {
			return law, nil, badInput(err)
		}
		bundle, err := rules.Bundle(files)
		if err != nil {
			return law, nil, badInput(fmt.Errorf("%s: %w", name, err))
		}
		if code, _ := rules.CodeOf(bundle); code == rulesets.CommonName {
			common = len(found)
		}
		found = append(found, source{name: name, bundle: bundle})
	}
	base := source{name: rulesets.CommonName}
	if common >= 0 {
		base = found[common]
	} else if base.bundle, err = rules.Bundle(rulesets.Common()); err != nil {
		return law, nil, err
	}
	if base.edition, err = rules.LoadCommon(base.bundle); err != nil {
		return law, nil, &invalid{name: base.name, error: err}
	}
	law.Common = base.edition
	var wrong []error
	for i := range found {
		if i == common {
			found[i].edition = base.edition
			continue
		}
		if found[i].edition, err = rules.LoadState(found[i].bundle, base.edition); err != nil {
			wrong = append(wrong, &invalid{name: found[i].name, error: err})
			continue
		}
		law.States[domain.StateID(found[i].edition.Code)] = found[i].edition
	}
	return law, found, errors.Join(wrong...)
}

// filesOf finds a ruleset: a folder, if the word is the path of one, or one that
// ships under that name.
func filesOf(name string) (fs.FS, error) {
	if files, err := rulesets.Of(name); err == nil {
		return files, nil
	}
	info, err := os.Stat(name)
	if err == nil && info.IsDir() {
		return os.DirFS(name), nil
	}
	return nil, fmt.Errorf("%q is neither a folder nor a ruleset that ships%s: name a folder of *.yaml files, or one of %v", name, domain.DidYouMean(name, rulesets.Names()), rulesets.Names())
}

// An invalid ruleset, with what is wrong with it.
type invalid struct {
	name string
	error
}

func (i *invalid) Error() string {
	n := 1
	if d, ok := errors.AsType[rules.Diagnostics](i.error); ok {
		n = len(d)
	}
	return fmt.Sprintf("ruleset %s: %s\n%s", i.name, plural(n, "mistake"), i.error)
}

func (i *invalid) Unwrap() error { return i.error }
