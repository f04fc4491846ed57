package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (p *program) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write the manual pages of all commands",
		Long: `Man writes the help of every command as a manual page into a folder, which is made if it
is not there: comity.1, comity-log-check.1 and so on, and the topics of comity help in
section 7. They say what --help says. Pages that it wrote before are replaced, and no
other file.`,
		Example: `  comity man share/man
  comity man share/man -o json`,
		Args:              atLeast(false, "DIR"),
		ValidArgsFunction: foldersOnly,
		RunE:              func(cmd *cobra.Command, args []string) error { return p.man(cmd.Root(), args[0]) },
	}
}

// manMark begins every page that man wrote.
const manMark = `.\" Written by comity man. Change the help of the command instead.` + "\n"

func (p *program) man(root *cobra.Command, dir string) error {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	pages := manPages(root)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return badInput(fmt.Errorf("make the folder %s: %w", dir, because(err)))
	}
	names := make([]string, len(pages))
	for i, page := range pages {
		names[i] = page.name
		path := filepath.Join(dir, page.name)
		head, err := headOf(path)
		if err == nil && !bytes.HasPrefix(head, []byte(manMark)) {
			return badInput(fmt.Errorf("%s is there and was not written by comity man: remove it, or name another folder", path))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return badInput(err)
		}
	}
	for _, page := range pages {
		if err := os.WriteFile(filepath.Join(dir, page.name), page.text, 0o644); err != nil {
			return badInput(err)
		}
	}
	if p.json() {
		return p.print(struct {
			Folder string   `json:"folder"`
			Pages  []string `json:"pages"`
		}{dir, names})
	}
	p.page().line("Wrote %s to %s.", plural(len(names), "page"), dir)
	return nil
}

// A manPage is a page of the manual, in the language of man(7).
type manPage struct {
	name string // of its file, comity-log-check.1
	text []byte
}

// manPages writes the page of a command, and those of all that stand under it.
func manPages(cmd *cobra.Command) []manPage {
	pages := []manPage{manPageOf(cmd)}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() || sub.IsAdditionalHelpTopicCommand() {
			pages = append(pages, manPages(sub)...)
		}
	}
	return pages
}

// manName is the name and the section of the page of a command.
func manName(cmd *cobra.Command) (name string, section int) {
	section = 1
	if cmd.IsAdditionalHelpTopicCommand() {
		section = 7
	}
	return strings.ReplaceAll(cmd.CommandPath(), " ", "-"), section
}

func manPageOf(cmd *cobra.Command) manPage {
	name, section := manName(cmd)
	cmd.InitDefaultHelpFlag() // which every command has once it is run
	r := &roff{}
	r.WriteString(manMark)
	r.request("TH", strings.ToUpper(name), fmt.Sprint(section), "", "comity "+moduleVersion(), "The comity manual")
	r.WriteString(".nh\n.ad l\n")
	r.request("SH", "NAME")
	r.text(name + ` \- ` + roffText(cmd.Short))
	if cmd.Runnable() {
		r.request("SH", "SYNOPSIS")
		r.request("B", cmd.CommandPath())
		if rest := strings.TrimPrefix(cmd.UseLine(), cmd.CommandPath()); rest != "" {
			r.text(roffText(strings.TrimSpace(rest)))
		}
	}
	r.request("SH", "DESCRIPTION")
	r.paragraphs(or(cmd.Long, cmd.Short+"."))
	if cmd.HasAvailableSubCommands() {
		r.request("SH", "COMMANDS")
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				r.item(sub.CommandPath(), sub.Short)
			}
		}
	}
	r.flags("OPTIONS", cmd.NonInheritedFlags())
	if section == 1 {
		r.flags("OPTIONS OF EVERY COMMAND", cmd.InheritedFlags())
	}
	if cmd.Example != "" {
		r.request("SH", "EXAMPLES")
		r.literal(cmd.Example)
	}
	r.seeAlso(cmd)
	return manPage{fmt.Sprintf("%s.%d", name, section), r.Bytes()}
}

// A roff is text in the language of man(7) as it is written.
type roff struct{ bytes.Buffer }

// roffText writes text so that it stands for itself: neither a backslash nor a sign
// at the beginning of a line is taken for a command, and a hyphen can be copied.
func roffText(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(s)
	if strings.HasPrefix(s, ".") {
		s = `\&` + s
	}
	return s
}

// request writes a request with its arguments, each in quotes.
func (r *roff) request(name string, args ...string) {
	r.WriteString("." + name)
	for _, arg := range args {
		text := strings.TrimPrefix(roffText(arg), `\&`)
		r.WriteString(` "` + strings.ReplaceAll(text, `"`, `\(dq`) + `"`)
	}
	r.WriteByte('\n')
}

// text writes a line that is roff already.
func (r *roff) text(line string) { r.WriteString(line + "\n") }

// paragraphs writes text for people: lines that are indented stay as they are.
func (r *roff) paragraphs(text string) {
	for i, paragraph := range strings.Split(strings.Trim(text, "\n"), "\n\n") {
		if i > 0 {
			r.WriteString(".PP\n")
		}
		var set []string
		flush := func() {
			if len(set) > 0 {
				r.literal(strings.Join(set, "\n"))
			}
			set = nil
		}
		for line := range strings.SplitSeq(paragraph, "\n") {
			if strings.HasPrefix(line, "  ") || strings.HasPrefix(line, "\t") {
				set = append(set, strings.ReplaceAll(line, "\t", "    "))
				continue
			}
			flush()
			if strings.TrimSpace(line) != "" {
				r.text(roffText(line))
			}
		}
		flush()
	}
}

// literal writes lines that are shown as they are, moved to the right together.
func (r *roff) literal(text string) {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	indent := -1
	for _, line := range lines {
		if trimmed := strings.TrimLeft(line, " "); trimmed != "" && (indent < 0 || len(line)-len(trimmed) < indent) {
			indent = len(line) - len(trimmed)
		}
	}
	r.WriteString(".PP\n.RS 4\n.nf\n")
	for _, line := range lines {
		r.text(roffText(line[min(max(indent, 0), len(line)):]))
	}
	r.WriteString(".fi\n.RE\n")
}

// item writes a term and what is said of it.
func (r *roff) item(term, text string) {
	r.WriteString(".TP\n")
	r.request("B", term)
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		r.text(roffText(strings.TrimSpace(line)))
	}
}

// flags writes a section on flags, if there are any.
func (r *roff) flags(title string, flags *pflag.FlagSet) {
	titled := false
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		if !titled {
			titled = true
			r.request("SH", title)
		}
		value, text := pflag.UnquoteUsage(f)
		term := "--" + f.Name
		if f.Shorthand != "" {
			term = "-" + f.Shorthand + ", " + term
		}
		if value != "" {
			term += " " + value
		}
		if given := f.DefValue; given != "" && given != "false" && given != "0" && given != "[]" {
			text += fmt.Sprintf(" (default %s)", given)
		}
		r.item(term, text)
	})
}

// seeAlso names the page above, those below, and those beside.
func (r *roff) seeAlso(cmd *cobra.Command) {
	var names []string
	add := func(c *cobra.Command) {
		if c == cmd {
			return
		}
		name, section := manName(c)
		names = append(names, fmt.Sprintf(`\fB%s\fR(%d)`, roffText(name), section))
	}
	if above := cmd.Parent(); above != nil {
		add(above)
		if !cmd.HasAvailableSubCommands() && above.HasParent() {
			for _, beside := range above.Commands() {
				if beside.IsAvailableCommand() {
					add(beside)
				}
			}
		}
	}
	for _, below := range cmd.Commands() {
		if below.IsAvailableCommand() || below.IsAdditionalHelpTopicCommand() {
			add(below)
		}
	}
	if len(names) == 0 {
		return
	}
	r.request("SH", "SEE ALSO")
	r.text(strings.Join(names, ",\n"))
}
