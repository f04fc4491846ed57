package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/standing"
)

// overTime holds the flags of timeline.
type overTime struct {
	asking
	from, to, since string
	known, both     bool
	svg             string
}

func (p *program) timelineCommand() *cobra.Command {
	var f overTime
	cmd := &cobra.Command{
		Use:   "timeline MEMBER|MISSION [PRIVILEGE] [key=value ...]",
		Short: "Show how an answer changes over time, and what changes it",
		Long: `Timeline asks one question at every moment: when the answer is what, and what turns
it. Without a privilege it shows those that ever change while there is law to answer
by, of all that can be asked. --from and --to bound the time; without them it is all
of time. A bare date in the answer is 00:00 in the office's zone, and a stretch ends
before its "until".

With --known it asks about one moment, --as-of, as it was known at every position of
the log: how the answer turned as the office learned, and by which event. --since is
the first position and --as-known the last. Positions inside a command can't be asked
at: what a command recorded became known together.

With --map it does both: for every stretch of what was known, the answers over time.

--svg draws the same as a picture that stands alone; "-" is standard output.`,
		Example: `  comity timeline ana imm.criminal
  comity timeline ana
  comity timeline ana imm.criminal --from 2024-01-01 --to 2026-01-01 -o csv
  comity timeline bo imm.criminal --known --as-of 2025-01-15
  comity timeline bo imm.criminal --map -o json
  comity timeline bo imm.criminal --map --svg bo.svg`,
		Args:              atLeast(true, "MEMBER|MISSION"),
		RunE:              func(cmd *cobra.Command, args []string) error { return p.timeline(cmd.Context(), args, f) },
		ValidArgsFunction: p.completeHolder,
	}
	f.times(cmd.Flags())
	cmd.Flags().StringVar(&f.from, "from", "", "the first moment asked about (default the beginning)")
	cmd.Flags().StringVar(&f.to, "to", "", "the moment before which the last is (default the end)")
	cmd.Flags().StringVar(&f.since, "since", "", "the first that was known, with --known or --map: as --as-known (default the founding)")
	cmd.Flags().BoolVar(&f.known, "known", false, "over what was known, about the one moment --as-of")
	cmd.Flags().BoolVar(&f.both, "map", false, "over both times")
	cmd.Flags().StringVar(&f.svg, "svg", "", "`FILE` to draw it in, which is made anew")
	return writesCSV(cmd)
}

// fits refuses flags that do not go together.
func (f overTime) fits(p *program, privilege bool) error {
	refused := func(format string, args ...any) error { return badInput(fmt.Errorf(format, args...)) }
	switch {
	case f.known && f.both:
		return refused("--known and --map: choose one; a map is over both times")
	case (f.known || f.both) && !privilege:
		return refused("PRIVILEGE is missing: over what was known one privilege is asked at a time")
	case f.known && (f.from != "" || f.to != ""):
		return refused("--from and --to bound the moments asked about, and --known is about one: leave them out, or bound what was known with --since and --as-known")
	case !f.known && !f.both && f.since != "":
		return refused("--since bounds what was known: it goes with --known or --map")
	case f.both && f.asOf != "":
		return refused("--as-of is one moment, and --map is about all: bound them with --from and --to")
	case f.svg == "-" && p.output != asTable:
		return refused("--svg - and --output %s would both go to standard output: name a file to draw in", p.output)
	}
	if f.svg == "" || f.svg == "-" {
		return nil
	}
	return drawingIn(f.svg).check(p.keptFiles())
}

func (p *program) timeline(ctx context.Context, args []string, f overTime) error {
	privilege, words := "", args[1:]
	if len(words) > 0 && !strings.Contains(words[0], "=") {
		privilege, words = words[0], words[1:]
	}
	if err := f.fits(p, privilege != ""); err != nil {
		return err
	}
	return p.answer(ctx, args[0], words, f.asking, func(o *office, q engine.Question) error {
		q.Privilege = domain.Privilege(privilege)
		r, err := o.timeRange(f)
		if err != nil {
			return err
		}
		if q.AsOf.IsZero() {
			q.AsOf = o.Now()
		}
		switch {
		case f.known:
			tl, err := o.KnownTimeline(ctx, q, r)
			if err != nil {
				return err
			}
			return o.showKnownTimeline(tl, f)
		case f.both:
			m, err := o.TimeMap(ctx, q, r)
			if err != nil {
				return err
			}
			return o.showTimeMap(m, f.svg)
		case privilege == "":
			all, err := o.Timelines(ctx, q, r)
			if err != nil {
				return err
			}
			return o.showTimelines(all, q.AsOf, f)
		default:
			tl, err := o.Timeline(ctx, q, r)
			if err != nil {
				return err
			}
			return o.showTimeline(tl, q.AsOf, f)
		}
	}, domain.KindMember, domain.KindMission)
}

// timeRange reads the bounds of a question over time.
func (o *office) timeRange(f overTime) (r engine.Range, err error) {
	if r.From, err = o.ParseAsOf(f.from); err != nil {
		return r, badInput(fmt.Errorf("--from: %w", errors.Unwrap(err)))
	}
	if r.To, err = o.ParseAsOf(f.to); err != nil {
		return r, badInput(fmt.Errorf("--to: %w", errors.Unwrap(err)))
	}
	if !r.From.IsZero() && !r.To.IsZero() && !r.From.Before(r.To) {
		return r, badInput(fmt.Errorf("--from %s and --to %s: there is no time between them", f.from, f.to))
	}
	if r.Since, err = o.ParseKnown(f.since); err != nil {
		return r, badInput(fmt.Errorf("--since: %w", errors.Unwrap(err)))
	}
	if f.since != "" {
		if _, _, err := o.Times(engine.Question{AsKnown: r.Since}); err != nil {
			return r, badInput(fmt.Errorf("--since: %w", err))
		}
	}
	return r, nil
}

// day writes a moment briefly: a midnight in the office's zone as the date.
func (o *office) day(t time.Time) string {
	local := t.In(o.Zone().Location())
	if h, m, s := local.Clock(); h+m+s+local.Nanosecond() == 0 {
		return local.Format(time.DateOnly)
	}
	return o.local(t)
}

// inWords says an answer for people, with its conditions or what is lacking.
func inWords(s standing.Said) string {
	if s.Refused != "" {
		return s.Words() + ": " + s.Refused
	}
	text := s.Words()
	if out, known := outcomes[s.Outcome]; known && !s.NoLaw {
		text = out.text
	}
	if terms := timeTerms(s); terms != "" {
		text += ": " + terms
	}
	return text
}

// timeTerms lists the conditions of an answer, or what is lacking for one.
func timeTerms(s standing.Said) string {
	var terms []string
	for _, c := range s.Conditions {
		term := c.Code
		for _, param := range c.Params {
			term += " " + param.Name + "=" + param.Value
		}
		if c.State == domain.ConditionMet || c.State == domain.ConditionOpen {
			term += " [" + string(c.State) + "]"
		}
		terms = append(terms, term)
	}
	for _, fact := range s.Lacks {
		terms = append(terms, "needs "+fact)
	}
	return strings.Join(terms, "; ")
}

// answerCode is an answer in one word, for programs.
func answerCode(s standing.Said) string {
	switch {
	case s.Refused != "":
		return "not_to_be_asked"
	case s.NoLaw:
		return "no_law"
	case s.Outcome == "":
		return "cannot_tell"
	default:
		return string(s.Outcome)
	}
}

// sequence writes answers one after the other, each with when it begins.
func (o *office) sequence(n int, at func(int) (time.Time, standing.Said)) string {
	parts := make([]string, n)
	for i := range n {
		from, said := at(i)
		text := inWords(said)
		if i > 0 || !from.IsZero() {
			text = whole("from "+o.day(from)) + " " + text
		}
		parts[i] = text
	}
	return strings.Join(parts, "; ")
}
