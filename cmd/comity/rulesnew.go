package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/rules/workshop"
)

// newFlags holds the flags of comity rules new.
type newFlags struct{ out, name, effective string }

func (p *program) rulesNewCommand() *cobra.Command {
	var f newFlags
	cmd := &cobra.Command{
		Use:   "new COUNTRY",
		Short: "Begin the ruleset of a State",
		Long: `New writes the folder of a State's first ruleset: ruleset.yaml with one rule that answers
what the State does to our posts, cases.yaml with its cases, and SOURCES.md for what the
citations mean. Comments say what is what. The sketch is valid, and its cases come true.

COUNTRY is the State's id as events have it, which is the name of its ruleset. Nothing is
overwritten.`,
		Example: `  comity rules new borvia
  comity rules new cordania --name "Republic of Cordania" --out sketches
  comity rules check ./borvia
  comity rules test ./borvia`,
		Args: atLeast(false, "COUNTRY"),
		RunE: func(_ *cobra.Command, args []string) error { return p.rulesNew(args[0], f) },
	}
	cmd.Flags().StringVar(&f.out, "out", "", "`FOLDER` that is made for the files (default one called as the State)")
	cmd.Flags().StringVar(&f.name, "name", "", "`NAME` of the State, for people")
	cmd.Flags().StringVar(&f.effective, "effective", "", "`DATE` from which the edition is to be in force (default today)")
	return cmd
}

func (p *program) rulesNew(country string, f newFlags) error {
	date := f.effective
	if date == "" {
		date = p.clock().UTC().Format("2006-01-02")
	}
	files, err := workshop.Begin(country, f.name, date)
	if err != nil {
		return badInput(err)
	}
	folder := f.out
	if folder == "" {
		folder = country
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return badInput(fmt.Errorf("no folder %s can be made: %w", folder, because(err)))
	}
	for _, file := range files {
		name := filepath.Join(folder, file.Path)
		switch _, err := os.Lstat(name); {
		case err == nil:
			return badInput(fmt.Errorf("%s is there already, and nothing is overwritten: name another folder with --out", name))
		case !errors.Is(err, fs.ErrNotExist):
			return badInput(fmt.Errorf("%s: %w", name, because(err)))
		}
	}
	if names, err := filepath.Glob(filepath.Join(globbed(folder), "*.yaml")); err == nil && len(names) > 0 {
		return badInput(fmt.Errorf("%s holds the files of a ruleset already, such as %s: name another folder with --out", folder, names[0]))
	}
	type made struct {
		Folder string   `json:"folder"`
		Files  []string `json:"files"`
	}
	say := made{Folder: fromHere(folder)}
	for _, file := range files {
		name := filepath.Join(folder, file.Path)
		out, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
		if err != nil {
			return badInput(fmt.Errorf("%s: %w", name, because(err)))
		}
		_, err = out.Write(file.Text)
		if err := errors.Join(err, out.Close()); err != nil {
			return err
		}
		say.Files = append(say.Files, fromHere(name))
	}
	if p.json() {
		return p.print(say)
	}
	g := p.page()
	for _, name := range say.Files {
		g.line("%s", name)
	}
	g.line("")
	g.say("", "Replace what the sketch says by what the sources say, and see comity rules check, test and lint "+say.Folder+".")
	return nil
}
