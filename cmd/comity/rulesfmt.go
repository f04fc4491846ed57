package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/workshop"
	"github.com/comity-project/comity/rulesets"
)

// fmtFlags holds the flags of comity rules fmt.
type fmtFlags struct{ check, diff, write bool }

func (p *program) rulesFmtCommand() *cobra.Command {
	var f fmtFlags
	cmd := &cobra.Command{
		Use:   "fmt [FOLDER|FILE|-] ...",
		Short: "Lay out the files of rulesets in one way",
		Long: `Fmt lays out the files of rulesets: two columns for each depth, the keys of a rule in
one order, one space around the signs of expressions, and quotes only where they are
needed. Every comment stays. What the files say is the same afterwards; a file that
can't be laid out so stays as it is, with an error that says why.

It writes the files, each whole or not at all, and lists those that changed. With
--check it only lists those that would, and with --diff it shows how; then nothing is
written. "-" lays out standard input on standard output. Without an argument it lays
out the files of the current folder.

With --check or --diff the name of a ruleset that ships will do. Those stay as they
are: their bytes are published.

The exit code is 4 if --check finds files to lay out, and 2 if a file can't be.`,
		Example: `  comity rules fmt my-ruleset
  comity rules fmt my-ruleset --check
  comity rules fmt cn --diff
  comity rules fmt arandia/ruleset.yaml --write`,
		RunE: func(_ *cobra.Command, args []string) error {
			if f.write && (f.check || f.diff) {
				return badInput(errors.New("--write writes, and --check and --diff don't: choose"))
			}
			return p.rulesFmt(args, f)
		},
	}
	cmd.Flags().BoolVar(&f.check, "check", false, "only list the files that would change")
	cmd.Flags().BoolVar(&f.diff, "diff", false, "only show what would change")
	cmd.Flags().BoolVarP(&f.write, "write", "w", false, "write the files; it does so unless told otherwise")
	return cmd
}

// A rulesetFile is a file of a ruleset, as it is called and as it can be written.
type rulesetFile struct {
	path string // with slashes, for people and programs
	disk string // "" if it ships
	text []byte
}

// filesToLayOut reads the files that words name.
func filesToLayOut(words []string) ([]rulesetFile, error) {
	if len(words) == 0 {
		words = []string{"."}
	}
	var out []rulesetFile
	seen := map[string]bool{}
	add := func(disk string) error {
		if seen[filepath.Clean(disk)] {
			return nil
		}
		seen[filepath.Clean(disk)] = true
		switch info, err := os.Stat(disk); {
		case err != nil:
			return badInput(err)
		case !info.Mode().IsRegular(): // a pipe would be waited for, and a device has no end
			return badInput(fmt.Errorf("%s is not a file", fromHere(disk)))
		case info.Size() > 16*rules.MaxBundle:
			return badInput(fmt.Errorf("%s has %d bytes; a ruleset has at most %d", fromHere(disk), info.Size(), rules.MaxBundle))
		}
		text, err := os.ReadFile(disk)
		if err != nil {
			return badInput(err)
		}
		out = append(out, rulesetFile{fromHere(disk), disk, text})
		return nil
	}
	for _, word := range words {
		info, err := os.Stat(word)
		switch {
		case err == nil && info.IsDir():
			names, err := filepath.Glob(filepath.Join(globbed(word), "*.yaml"))
			if err != nil || len(names) == 0 {
				return nil, badInput(fmt.Errorf("the folder %s holds no *.yaml file, so it is not a ruleset", word))
			}
			for _, name := range names {
				if err := add(name); err != nil {
					return nil, err
				}
			}
		case err == nil && info.Mode().IsRegular():
			if err := add(word); err != nil {
				return nil, err
			}
		case err == nil:
			return nil, badInput(fmt.Errorf("%s is neither a file nor a folder", word))
		case slices.Contains(rulesets.Names(), word):
			files, err := rulesets.Of(word)
			if err != nil {
				return nil, err
			}
			found, err := filesFrom(files, word)
			if err != nil {
				return nil, err
			}
			for _, f := range found {
				out = append(out, rulesetFile{path: f.Path, text: f.Text})
			}
		default:
			return nil, badInput(fmt.Errorf("%q is neither a file nor a folder: %w", word, because(err)))
		}
	}
	return out, nil
}

// globbed writes a folder so that nothing in its name is a pattern.
func globbed(folder string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(folder)
}

// fromHere is a path relative to the current folder, with slashes.
func fromHere(path string) string {
	if here, err := os.Getwd(); err == nil {
		if whole, err := filepath.Abs(path); err == nil {
			if rel, err := filepath.Rel(here, whole); err == nil {
				path = rel
			}
		}
	}
	return filepath.ToSlash(path)
}

// filesFrom reads the files of a ruleset, which are called as if they were in a folder.
func filesFrom(files fs.FS, folder string) ([]workshop.File, error) {
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var out []workshop.File
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, badInput(err)
		}
		path := name
		if folder != "" && folder != "." {
			path = folder + "/" + name
		}
		out = append(out, workshop.File{Path: path, Text: text})
	}
	return out, nil
}

func (p *program) rulesFmt(words []string, f fmtFlags) error {
	if slices.Equal(words, []string{"-"}) {
		return p.fmtStream(f)
	}
	files, err := filesToLayOut(words)
	if err != nil {
		return err
	}
	type laid struct {
		File    string `json:"file"`
		Changed bool   `json:"changed"`
		Written bool   `json:"written"`
	}
	list := []laid{}
	var wrong []error
	g := p.page()
	for _, file := range files {
		out, err := workshop.Format(file.text)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", file.path, err))
			continue
		}
		one := laid{File: file.path, Changed: !bytes.Equal(out, file.text)}
		switch {
		case !one.Changed:
		case f.check || f.diff:
			if f.check {
				p.code = exitTests
			}
			if f.diff && !p.json() {
				for line := range strings.Lines(workshop.Difference(file.path, file.text, out)) {
					g.line("%s", strings.TrimSuffix(line, "\n"))
				}
			} else if !p.json() {
				g.line("%s", file.path)
			}
		case file.disk == "":
			wrong = append(wrong, fmt.Errorf("%s ships, and stays as it is: use --check or --diff", file.path))
		default:
			if err := writeWhole(file.disk, out); err != nil {
				wrong = append(wrong, fmt.Errorf("%s: %w", file.path, err))
				continue
			}
			one.Written = true
			if !p.json() {
				g.line("%s", file.path)
			}
		}
		list = append(list, one)
	}
	if p.json() {
		if err := p.print(list); err != nil {
			return err
		}
	} else if !slices.ContainsFunc(list, func(l laid) bool { return l.Changed }) && len(wrong) == 0 {
		g.line("%s looked at, and nothing to lay out", plural(len(list), "file"))
	}
	return badInput(errors.Join(wrong...))
}

// fmtStream lays out what comes in.
func (p *program) fmtStream(f fmtFlags) error {
	text, err := io.ReadAll(io.LimitReader(p.stdin, rules.MaxBundle+1))
	if err != nil {
		return err
	}
	out, err := workshop.Format(text)
	switch {
	case err != nil:
		return badInput(fmt.Errorf("standard input: %w", err))
	case f.check && !bytes.Equal(out, text):
		p.code = exitTests
	}
	if f.diff {
		out = []byte(workshop.Difference("standard input", text, out))
	}
	if f.diff || !f.check {
		_, err = p.out.Write(out)
	}
	return err
}

// writeWhole writes a file whole or leaves it as it was. A link stays one, and what
// it leads to is written; who may read the file stays the same.
func writeWhole(name string, text []byte) error {
	name, err := filepath.EvalSymlinks(name)
	if err != nil {
		return because(err)
	}
	info, err := os.Stat(name)
	if err != nil {
		return because(err)
	}
	if !info.Mode().IsRegular() {
		return errors.New("it is no file")
	}
	file, err := os.OpenFile(filepath.Join(filepath.Dir(name), ".comity-"+rand.Text()), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("no file can be made in its folder: %w", because(err))
	}
	_, err = file.Write(text)
	err = errors.Join(err, file.Chmod(info.Mode().Perm()), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		return errors.Join(because(err), os.Remove(file.Name()))
	}
	return nil
}
