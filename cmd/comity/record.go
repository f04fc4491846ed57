package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/intake"
)

func (p *program) recordCommand() *cobra.Command {
	var f recording
	cmd := &cobra.Command{
		Use:   "record TYPE SUBJECT [key=value ...] | record --file FILE",
		Short: "Record one event, or a file of them",
		Long: `Record puts events into the log: one, by words, or up to 1,000 from a file. Either all
of a file is recorded or nothing.

By words: TYPE says what happened and SUBJECT whom or what it is about, as in
"member.accredited ana" or "member.accredited member/ana". The words after them
are the particulars; lists are separated by commas, and what lies inside
something else is named with a dot: scope.family=true. An amount is in cents, or in
dollars if it shows so: 30000, '$300', 300.00; a parameter of a practice only with the
sign: params.amount='$300'. It takes effect now unless
--effective says otherwise. "comity record TYPE --help" lists the words of a type.

By file: JSON lines or, if the name ends in .yaml or .yml, YAML; "-" is standard
input. Each event has type, subject, effective and payload. In a history office
an event may state when it was recorded; consecutive events with the same time
form one command, and one without it belongs to the command before. An event may
have a "ref", and a later one act on it with "target":"#ref".

Who records is as claimed: nobody is asked to prove it here.`,
		Example: `  comity record state.registered arandia name=Arandia
  comity record mission.opened arandia-embassy state=arandia kind=embassy city=Washington
  comity record member.accredited ana mission=arandia-embassy category=dip.agent --effective 2025-01-10
  comity record privilege.restricted ana privileges=tax.sales level=withdrawn --authority "note 25-114"
  comity record vehicle.recorded car-1 kind=car owner=ana --effective 2025-02-01
  comity record insurance.recorded car-1 combined='$300,000' --effective 2025-02-01
  comity record request.filed lease-1 kind=property mission=arandia-embassy privileges=property.lease --effective 2025-03-01
  comity record event.retracted ana --target @5 reason="meant for another person"
  comity record --file events.jsonl --dry-run
  comity record --file - --format yaml < events.yaml`,
		Args: func(cmd *cobra.Command, args []string) error {
			if f.file != "" {
				return nil
			}
			return atLeast(true, "TYPE", "SUBJECT")(cmd, args)
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var types []string
			for _, t := range codec.Types() {
				types = append(types, string(t))
			}
			return types, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.file != "" {
				return p.recordFile(cmd.Context(), args, f)
			}
			return p.recordWords(cmd.Context(), args, f)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.file, "file", "f", "", "file of events, or - for standard input")
	flags.StringVar(&f.format, "format", "", "format of the file: jsonl or yaml (default by its name)")
	flags.BoolVar(&f.dryRun, "dry-run", false, "say what would be recorded, and record nothing")
	flags.StringVar(&f.effective, "effective", "", "when it takes effect: see comity help times (default now)")
	flags.StringVar(&f.recorded, "recorded", "", "when the office learned of it; only in a history office")
	flags.StringVar(&f.authority, "authority", "", "the law, note or order relied upon")
	flags.StringVar(&f.actor, "actor", "", "who records it, as claimed (default $USER)")
	flags.StringVar(&f.target, "target", "", "the event that it acts on: its id, or @ and its position in the log (which --as-known @ of the same number does not see yet)")
	flags.StringVar(&f.id, "id", "", "the event's own id, a ULID (default a new one)")
	flags.StringVar(&f.command, "command", "", "id of the command, a ULID: the same command has one effect, however often it is given")
	help := cmd.HelpFunc()
	cmd.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		if typ := typeOf(args); typ != "" {
			p.helpType(typ)
			return
		}
		help(cmd, args)
	})
	return cmd
}

// recording holds the flags of record.
type recording struct {
	file, format                   string
	dryRun                         bool
	effective, recorded, authority string
	actor, target, id, command     string
}

// typeOf returns the first argument that is a type of event.
func typeOf(args []string) domain.Type {
	for _, arg := range args {
		if slices.Contains(codec.Types(), domain.Type(arg)) {
			return domain.Type(arg)
		}
	}
	return ""
}

// helpType lists the words of a type of event.
func (p *program) helpType(typ domain.Type) {
	g := p.page()
	event := eventOf(typ)
	about := "ID"
	if kinds := domain.Kinds(event); len(kinds) < len(domain.SubjectKinds()) {
		words := make([]string, len(kinds))
		for i, kind := range kinds {
			words[i] = strings.ToUpper(string(kind))
		}
		about = strings.Join(words, "|")
	}
	g.line("comity record %s %s [key=value ...]", typ, about)
	if keys := codec.Keys(typ); len(keys) > 0 {
		g.line("")
		g.say("keys: ", strings.Join(keys, ", "))
	}
	if domain.NeedsAuthority(event) {
		g.line("It needs --authority.")
	}
	switch {
	case domain.NeedsTarget(event):
		g.line("It needs --target.")
	case domain.MayTarget(event):
		g.line("It may have a --target.")
	}
}

// eventOf returns the zero event of a type, or nil.
func eventOf(typ domain.Type) domain.Event {
	for _, e := range domain.Events() {
		if e.Type() == typ {
			return e
		}
	}
	return nil
}

// openFor opens the office for recording, or only for reading if it is a dry run.
func (p *program) openFor(ctx context.Context, dryRun bool) (*office, error) {
	if dryRun {
		return p.readOffice(ctx)
	}
	return p.writeOffice(ctx)
}

func (p *program) recordWords(ctx context.Context, args []string, f recording) (err error) {
	o, err := p.openFor(ctx, f.dryRun)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	command, err := o.command(args, f)
	if err != nil {
		return err
	}
	batch := &intake.Batch{Commands: []domain.Command{command}}
	return o.submit(ctx, batch, f)
}

// command makes the command that words and flags say.
func (o *office) command(args []string, f recording) (domain.Command, error) {
	cmd := domain.Command{Actor: o.p.actor(f.actor)}
	words, err := parseWords(args[2:])
	if err != nil {
		return cmd, err
	}
	fields := make([]codec.Field, len(words))
	for i, w := range words {
		fields[i] = codec.Field{Key: w[0], Value: w[1]}
	}
	typ := domain.Type(args[0])
	e := domain.Envelope{Authority: f.authority}
	var mistakes []error
	check := func(flag string, err error) {
		if err == nil {
			return
		}
		if flag != "" {
			err = fmt.Errorf("--%s: %w", flag, err)
		}
		mistakes = append(mistakes, err)
	}
	event := eventOf(typ)
	if event == nil {
		var known []string
		for _, t := range codec.Types() {
			known = append(known, string(t))
		}
		return cmd, badInput(fmt.Errorf("unknown type of event %q%s: comity record --help shows some, docs/format/events.md all", typ, domain.DidYouMean(string(typ), known)))
	}
	e.Event, err = codec.ParseFields(typ, fields, o.Zone())
	check("", err)
	if f.target != "" {
		e.Target, err = o.event(f.target)
		check("target", err)
	}
	e.Subject, err = o.subject(args[1], event, e.Target)
	check("", err)
	if f.effective != "" {
		e.Effective, err = calendar.ParseWhen(f.effective, o.Zone())
		check("effective", err)
	} else if _, retracts := event.(domain.EventRetracted); o.Mode() == domain.History && !retracts {
		check("", errors.New("--effective is missing: in a history office nothing happens now, so say when it took effect"))
	}
	if f.id != "" {
		e.ID, err = domain.ParseEventID(f.id)
		check("id", err)
	}
	if f.command != "" {
		cmd.ID, err = domain.ParseCommandID(f.command)
		check("command", err)
	}
	if f.recorded != "" {
		cmd.Recorded, err = calendar.ParseInstant(f.recorded, o.Zone())
		check("recorded", err)
	}
	cmd.Drafts = []domain.Envelope{e}
	if len(mistakes) > 0 {
		return cmd, badInput(&refusal{mistakes})
	}
	return cmd, nil
}

// A refusal is all that is wrong with an event by words.
type refusal struct{ mistakes []error }

func (r *refusal) Error() string {
	if len(r.mistakes) == 1 {
		return r.mistakes[0].Error()
	}
	text := "nothing was recorded"
	for _, one := range r.mistakes {
		text += "\n  " + strings.ReplaceAll(one.Error(), "\n", "\n  ")
	}
	return text
}

// event finds the event that a word names: its id, or @ and its position.
func (o *office) event(word string) (domain.EventID, error) {
	at, isPosition := strings.CutPrefix(word, "@")
	if !isPosition {
		return domain.ParseEventID(word)
	}
	n, err := strconv.ParseUint(at, 10, 63)
	if err != nil {
		return domain.EventID{}, fmt.Errorf("%q is not @ and a position", word)
	}
	e, found := o.Root().View().Envelope(domain.Position(n))
	if !found {
		return domain.EventID{}, fmt.Errorf("there is no event at position %d: the log ends at %d", n, o.Position())
	}
	return e.ID, nil
}

// subject finds out whom or what a word names: the kind goes without saying if
// the type of the event has only one, or if the event acts on another.
func (o *office) subject(word string, event domain.Event, target domain.EventID) (domain.Subject, error) {
	if strings.Contains(word, "/") {
		return domain.ParseSubject(word)
	}
	kind := event.About()
	if _, acted, found := o.Root().View().EventByID(target); kind == "" && found {
		kind = acted.Subject.Kind
	}
	if kind == "" {
		kinds := domain.Kinds(event)
		s, err := o.Find(word, kinds...)
		if err != nil {
			err = fmt.Errorf("%w; write kind/id, for example %s/%s", err, kinds[0], word)
		}
		return s, err
	}
	if err := domain.CheckID(word); err != nil {
		return domain.Subject{}, fmt.Errorf("subject %q: %w", word, err)
	}
	return domain.Of(kind, word), nil
}

func (p *program) recordFile(ctx context.Context, args []string, f recording) (err error) {
	for flag, value := range map[string]string{"effective": f.effective, "recorded": f.recorded, "authority": f.authority, "target": f.target, "id": f.id} {
		if value != "" {
			return badInput(fmt.Errorf("--%s is for one event by words: in a file each line says it", flag))
		}
	}
	if len(args) > 0 {
		return badInput(fmt.Errorf("%q is too much: with --file the events are in the file", args[0]))
	}
	format := intake.FormatOf(f.file)
	if f.format != "" {
		if format, err = intake.ParseFormat(f.format); err != nil {
			return badInput(fmt.Errorf("--format: %w", err))
		}
	}
	data, err := p.readFile(ctx, f.file) // before the log is locked: somebody may be typing it
	if err != nil {
		return err
	}
	o, err := p.openFor(ctx, f.dryRun)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	batch, err := intake.Read(bytes.NewReader(data), format, o.Zone())
	if err != nil {
		return err
	}
	for i := range batch.Commands {
		batch.Commands[i].Actor = p.actor(f.actor)
	}
	if f.command != "" {
		id, err := domain.ParseCommandID(f.command)
		if err != nil {
			return badInput(fmt.Errorf("--command: %w", err))
		}
		if len(batch.Commands) > 1 {
			return badInput(fmt.Errorf("--command: the file holds %d commands: state their ids in the file", len(batch.Commands)))
		}
		batch.Commands[0].ID = id
	}
	return o.submit(ctx, batch, f)
}

// readFile reads a file of events, or standard input until it ends or ctx is done.
func (p *program) readFile(ctx context.Context, name string) ([]byte, error) {
	return p.readAtMost(ctx, name, intake.MaxFile+1)
}

// readAtMost is readFile up to so many bytes.
func (p *program) readAtMost(ctx context.Context, name string, most int64) ([]byte, error) {
	in := p.stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, badInput(err)
		}
		defer file.Close()
		in = file
	}
	type result struct {
		data []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		data, err := io.ReadAll(io.LimitReader(in, most))
		done <- result{data, err}
	}()
	select {
	case r := <-done:
		return r.data, badInput(r.err)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// submit records a batch and says what became of it.
func (o *office) submit(ctx context.Context, batch *intake.Batch, f recording) error {
	if err := batch.CheckSize(); err != nil {
		return err
	}
	do := o.Submit
	if f.dryRun {
		do = o.Check
	}
	receipt, err := do(ctx, batch.Commands...)
	if err != nil {
		return o.refused(ctx, batch, err)
	}
	if !f.dryRun && !receipt.Repeated {
		o.warnOfWaivers(ctx, receipt)
	}
	return o.showReceipt(batch, receipt, f.dryRun)
}

// refused says of what was refused everything that is wrong with it.
func (o *office) refused(ctx context.Context, batch *intake.Batch, err error) error {
	if exitCode(err) != exitInput {
		return err
	}
	if batch.Lines == nil { // by words: there is only one event
		refusals, _ := errors.AsType[domain.Refusals](err)
		var mistakes []error
		for _, r := range refusals {
			field := strings.TrimPrefix(r.Field, "payload.")
			mistakes = append(mistakes, errors.New(strings.TrimPrefix(field+": "+r.Text, ": ")))
		}
		if len(mistakes) == 0 {
			return err
		}
		return badInput(&refusal{mistakes})
	}
	errs, reviewErr := o.Review(ctx, batch.Commands...)
	if reviewErr != nil {
		return reviewErr
	}
	var all intake.Mistakes
	for i, one := range errs {
		all = append(all, batch.Refused(i, one)...)
	}
	if len(all) == 0 {
		return err
	}
	return all
}

// warnOfWaivers prints what the law remarks on immunities because a waiver was
// just recorded: one by the individual has no effect.
func (o *office) warnOfWaivers(ctx context.Context, r engine.Receipt) {
	before := engine.Known{Position: r.First, AtPosition: true}
	after := engine.Known{Position: r.Position, AtPosition: true}
	for _, id := range r.Events {
		_, e, _ := o.Root().View().EventByID(id)
		body := e.Event
		if corrects, ok := body.(domain.EventCorrected); ok {
			body = corrects.Body
		}
		w, ok := body.(domain.WaiverGranted)
		if !ok || len(w.Immunities) == 0 {
			continue
		}
		ask := func(known engine.Known) []domain.Remark {
			d, err := o.Ask(ctx, engine.Question{Subject: e.Subject, Privilege: w.Immunities[0], AsOf: e.Effective.At, AsKnown: known})
			if err != nil {
				return nil // it is recorded, and nothing can be remarked on it
			}
			return d.Notes
		}
		had := ask(before)
		for _, note := range ask(after) {
			if !slices.ContainsFunc(had, func(h domain.Remark) bool { return h.Code == note.Code && h.Text == note.Text }) {
				o.p.warn("%s %s: %s%s", e.Subject, strings.Join(texts(w.Immunities), ", "), note.Text, cited(note.Cite))
			}
		}
	}
}

// An entered event is how record answers for one event.
type entered struct {
	Position *domain.Position `json:"position,omitempty"`
	ID       *domain.EventID  `json:"id,omitempty"`
	Subject  domain.Subject   `json:"subject"`
	Type     domain.Type      `json:"type"`
	Said     string           `json:"said"`
}

// mostShown is how many events people are shown one by one.
const mostShown = 20

// A receiptSaid is a receipt with the events that it is for, for programs.
type receiptSaid struct {
	Position domain.Position `json:"position"`
	Recorded time.Time       `json:"recorded"`
	Commands int             `json:"commands"`
	Repeated bool            `json:"repeated"`
	DryRun   bool            `json:"dry_run"`
	Actor    string          `json:"actor"`
	Events   []entered       `json:"events"`
}

func (o *office) receiptOf(batch *intake.Batch, r engine.Receipt, dryRun bool) receiptSaid {
	var list []entered
	n := 0
	for _, c := range batch.Commands {
		for _, e := range c.Drafts {
			one := entered{Subject: e.Subject, Type: e.Type()}
			if dryRun {
				if e.Effective.At.IsZero() {
					e.Effective.At = r.Recorded
				}
				one.Said = o.p.sentence(e, o.Zone())
			} else if pos, on, found := o.Root().View().EventByID(r.Events[n]); found {
				one.Position, one.ID, one.Said = &pos, &on.ID, o.p.sentence(on, o.Zone())
			}
			list = append(list, one)
			n++
		}
	}
	return receiptSaid{r.Position, r.Recorded, len(batch.Commands), r.Repeated, dryRun, batch.Commands[0].Actor, list}
}

func (o *office) showReceipt(batch *intake.Batch, r engine.Receipt, dryRun bool) error {
	said := o.receiptOf(batch, r, dryRun)
	if o.p.json() {
		return o.p.print(said)
	}
	list, actor := said.Events, said.Actor
	g := o.p.page()
	what := plural(len(list), "event")
	if len(batch.Commands) > 1 {
		what += " in " + plural(len(batch.Commands), "command")
	}
	switch {
	case dryRun && r.Repeated:
		g.line("%s on record before: nothing would be recorded.", what)
	case dryRun:
		g.line("%s would be recorded by %s (as claimed). Nothing was.", what, actor)
	case r.Repeated:
		g.line("%s on record before: nothing was done.", what)
	default:
		g.line("Recorded %s by %s (as claimed) on %s; the log is at position %d.", what, actor, o.local(r.Recorded), r.Position)
	}
	for i, e := range list {
		if i == mostShown {
			g.line("  and %d more", len(list)-mostShown)
			break
		}
		where := ""
		if e.Position != nil {
			where = fmt.Sprintf("%d  %s  ", *e.Position, e.ID)
		}
		g.say("  "+where, e.Said)
	}
	return nil
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
