package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/intake"
	"github.com/comity-project/comity/rules"
)

// stepFlags declares the flags of every step in the life of a ruleset.
func (f *recording) stepFlags(flags *pflag.FlagSet, does string) {
	flags.StringVar(&f.recorded, "recorded", "", "when that was; only in a history office, and needed there")
	flags.StringVar(&f.actor, "actor", "", "who "+does+", as claimed (default $USER)")
	flags.StringVar(&f.command, "command", "", "id of the command, a ULID: the same command has one effect, however often it is given")
}

// step reads what every step says.
func (o *office) step(f recording) (s engine.Step, err error) {
	s.Actor = o.p.actor(f.actor)
	if f.command != "" {
		if s.Command, err = domain.ParseCommandID(f.command); err != nil {
			return s, badInput(fmt.Errorf("--command: %w", err))
		}
	}
	switch {
	case f.recorded != "":
		if s.Recorded, err = calendar.ParseInstant(f.recorded, o.Zone()); err != nil {
			return s, badInput(fmt.Errorf("--recorded: %w", err))
		}
	case o.Mode() == domain.History:
		return s, badInput(errors.New("this is a history office, which is told when a thing was done: add --recorded and a time, such as --recorded 2025-05-20; see comity help times"))
	}
	return s, nil
}

// steps opens the office, takes a step with a text and shows what was recorded.
func (p *program) steps(ctx context.Context, text string, f recording, take func(*office, engine.Step) (engine.Receipt, error)) (err error) {
	o, err := p.writeOffice(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	s, err := o.step(f)
	if err != nil {
		return err
	}
	receipt, err := take(o, s)
	if err != nil {
		return stepRefused(text, err)
	}
	return o.showStep(ctx, s.Actor, receipt)
}

// recordedBy is what a receipt says was recorded.
func (o *office) recordedBy(actor string, r engine.Receipt) *intake.Batch {
	c := domain.Command{Actor: actor}
	for i := range r.Events {
		e, _ := o.Root().View().Envelope(r.First + domain.Position(i))
		c.Drafts = append(c.Drafts, e)
	}
	return &intake.Batch{Commands: []domain.Command{c}}
}

// A stepRefusal is all that is wrong with a step, in the words of the command line.
type stepRefusal struct {
	domain.Refusals
	said []string // of each
}

func (r *stepRefusal) Error() string {
	if len(r.said) == 1 {
		return r.said[0]
	}
	return "nothing was recorded\n  " + strings.ReplaceAll(strings.Join(r.said, "\n"), "\n", "\n  ")
}

func (r *stepRefusal) Unwrap() error { return r.Refusals }

// oneLine keeps a name with the end of a line in it from breaking what is said of it.
var oneLine = strings.NewReplacer("\n", `\n`, "\t", `\t`)

// stepRefused says what is wrong with a step about a text, and what to type next.
func stepRefused(text string, err error) error {
	refusals, refused := errors.AsType[domain.Refusals](err)
	if !refused {
		return err
	}
	out := &stepRefusal{Refusals: refusals}
	for _, r := range refusals {
		out.said = append(out.said, oneLine.Replace(r.Text)+remedyFor(r, text))
	}
	return badInput(out)
}

// remedyFor says by which flag or command a refusal is mended, where its text does
// not.
func remedyFor(r domain.Refusal, text string) string {
	next := map[domain.Type]string{
		domain.RulesetDraftSaved{}.Type(): "comity rules draft %s",
		domain.RulesetProposed{}.Type():   "comity rules propose %s",
		domain.RulesetApproved{}.Type():   "comity rules approve %s --actor NAME",
	}[r.First]
	if r.First == (domain.RulesetProposed{}).Type() && r.Type == (domain.RulesetWithdrawn{}).Type() {
		next += " --withdraw"
	}
	switch {
	case strings.Contains(r.Text, "would not be in force afterwards"):
		return "; with comity rules propose, give --effective"
	case next != "" && text != "":
		return "\nnext: " + fmt.Sprintf(next, text)
	case r.Field == "payload.reason":
		return `; add --reason and the reason, such as --reason "agreed on 12 May"`
	case r.Field == "actor":
		return "; --actor says who takes the step"
	case r.Field == "effective":
		return "; --effective says when"
	default:
		return ""
	}
}

// A named text is one that a command was given: by its hash, or as a folder.
type namedText struct {
	hash   string
	bundle []byte // of a folder
}

var hashWord = regexp.MustCompile(`^[0-9a-fA-F]{8,64}$`)

// textOf reads a word that names a text: a hash or the beginning of one, a folder,
// or a ruleset that ships.
func textOf(word string) (namedText, error) {
	if _, err := os.Stat(word); hashWord.MatchString(word) && errors.Is(err, fs.ErrNotExist) {
		return namedText{hash: word}, nil
	}
	files, err := filesOf(word)
	if err != nil {
		return namedText{}, badInput(fmt.Errorf("%w, or write eight digits or more of the hash of a draft", err))
	}
	bundle, err := rules.Bundle(files)
	if err != nil {
		return namedText{}, badInput(fmt.Errorf("%s: %w", word, err))
	}
	return namedText{hash: rules.Hash(bundle), bundle: bundle}, nil
}

// completeText lets a shell complete the hashes of texts in some states; of all, if
// none are named.
func (p *program) completeText(states ...domain.DraftState) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		words, directive := p.known(cmd.Context(), func(o *office) []string { return o.hashes("", states) })
		if directive == cobra.ShellCompDirectiveError {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return words, cobra.ShellCompDirectiveDefault // or a folder
	}
}

// hashes lists the texts of a ruleset, or of all, for a shell to complete.
func (o *office) hashes(id domain.RulesetID, states []domain.DraftState) []string {
	lives, err := o.Lives(id)
	if err != nil {
		return nil
	}
	var out []string
	for _, l := range lives {
		for _, d := range l.Drafts() {
			if len(states) == 0 || slices.Contains(states, d.State) {
				out = append(out, fmt.Sprintf("%.12s\t%s %s %s", d.Hash, d.Ruleset, d.Edition, d.State))
			}
		}
	}
	return out
}

// completeRuleset lets a shell complete the rulesets on record, and after one the
// hashes of its texts.
func (p *program) completeRuleset(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	switch len(args) {
	case 0:
		return p.known(cmd.Context(), func(o *office) []string { return texts(o.Root().View().Rulesets()) })
	case 1:
		return p.known(cmd.Context(), func(o *office) []string { return o.hashes(domain.RulesetID(args[0]), nil) })
	default:
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}
