package authzen

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
)

// A found is one result: of a subject or a resource type and id, of an action the name.
type found struct {
	Type string `json:"type,omitempty"`
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`

	key string // by which it is sorted
}

// A list is the answer to a search.
type list struct {
	Page    *pageTold `json:"page,omitempty"`
	Results []found   `json:"results"`
}

type pageTold struct {
	Next  string `json:"next_token"`
	Count int    `json:"count"`
}

// A hunt is a search on its way.
type hunt struct {
	*desk
	put
	known domain.Position
	asOf  time.Time
	after string // the last result of the page before
	limit int
	paged bool // a page was asked for
	query [16]byte
}

// begin reads a search and settles its two times: those of its first page. Without
// anything to be found, since something is not known here, it returns no hunt.
func (a *accent) begin(c *api.Call, which string, of wants) (*hunt, *search, error) {
	var s search
	if err := decode(c, &s); err != nil {
		return nil, nil, err
	}
	if err := s.check(of); err != nil {
		return nil, nil, err
	}
	w, err := wishOf(c.Office, s.Context)
	if err != nil {
		return nil, nil, err
	}
	h := &hunt{limit: usualPage, paged: s.Page != nil}
	goesOn := s.Page != nil && s.Page.Token != ""
	var t token
	if goesOn {
		if t, err = a.pages.read(s.Page.Token); err != nil {
			return nil, nil, err
		}
		h.limit, h.after = t.limit, t.after
		// Another server of the office may have given the first page, and be ahead.
		w.atLeast = max(w.atLeast, t.known)
		w.asOf, w.known = t.asOf, engine.Known{Position: t.known, AtPosition: true}
	}
	if s.Page != nil && s.Page.Limit != nil {
		if *s.Page.Limit < 0 {
			return nil, nil, api.Bad("page_limit", "page.limit is %d: write how many results you want", *s.Page.Limit)
		}
		h.limit = int(min(*s.Page.Limit, mostPage))
	}
	if h.desk, err = a.sit(c, w.atLeast); err != nil {
		return nil, nil, err
	}
	p, err := h.desk.put(&s.tuple, w, of)
	nothing, isUnknown := errors.AsType[*unknown](err)
	if err != nil && !isUnknown {
		return nil, nil, err
	}
	if err := h.fits(&p); err != nil {
		return nil, nil, err
	}
	h.put = p
	h.query = queryHash(append([]string{
		which, s.Subject.Type, p.Subject.ID, string(p.Privilege), s.Resource.Type, s.Resource.ID, w.times[0], w.times[1],
	}, pairs(p.Request)...)...)
	if goesOn && t.query != h.query {
		return nil, nil, api.Bad("page_token", "page.token is that of another search: send it with the search that it came from")
	}
	if h.known, h.asOf, err = h.sitting.Times(p.Question); err != nil {
		return nil, nil, err
	}
	if nothing != nil {
		return nil, &s, h.tell(nil, false)
	}
	return h, &s, nil
}

// tell answers with the results of a page.
func (h *hunt) tell(results []found, more bool) error {
	out := list{Results: results}
	if results == nil {
		out.Results = []found{}
	}
	if h.paged || more {
		out.Page = &pageTold{Count: len(results)}
		if more {
			after := h.after
			if len(results) > 0 {
				after = results[len(results)-1].key
			}
			out.Page.Next = h.pages.write(token{h.known, h.asOf, h.limit, h.query, after})
		}
	}
	text, err := json.Marshal(out)
	if err != nil {
		return err
	}
	h.seen()
	return h.c.Raw(200, "application/json", text)
}

// gather takes the results of a page from those that are to come.
func (h *hunt) gather(results iter.Seq2[found, error]) error {
	var out []found
	for f, err := range results {
		if err != nil {
			return err
		}
		if len(out) == h.limit {
			return h.tell(out, true)
		}
		out = append(out, f)
	}
	return h.tell(out, false)
}

// beyond leaves out what earlier pages gave.
func beyond(sorted []string, after string) []string {
	if after == "" {
		return sorted
	}
	i := sort.Search(len(sorted), func(i int) bool { return sorted[i] > after })
	return sorted[i:]
}

// searchSubject finds who may do something.
func (a *accent) searchSubject(c *api.Call) error {
	h, s, err := a.begin(c, "subject", wants{action: true, resourceID: true})
	if err != nil || h == nil {
		return err
	}
	view := h.sitting.Root().ViewAt(h.known)
	ids := beyond(view.OnRecord(h.Subject.Kind), h.after)
	subjects := make([]domain.Subject, len(ids))
	for i, id := range ids {
		subjects[i] = domain.Subject{Kind: h.Subject.Kind, ID: id}
	}
	return h.gather(func(yield func(found, error) bool) {
		for sheet, err := range h.sitting.Sheets(h.c.Context(), h.known, h.asOf, subjects, []domain.Privilege{h.Privilege}, h.Request) {
			if err != nil {
				yield(found{}, err)
				return
			}
			if permits(sheet.Verdicts[0]) && h.may(sheet.Subject, h.Privilege) && !yield(found{Type: s.Subject.Type, ID: h.mapping.name(sheet.Subject.ID), key: sheet.Subject.ID}, nil) {
				return
			}
		}
	})
}

// searchResource finds what somebody may do something to: what is on record.
func (a *accent) searchResource(c *api.Call) error {
	h, s, err := a.begin(c, "resource", wants{subjectID: true, action: true})
	if err != nil || h == nil {
		return err
	}
	if !h.here() {
		return h.tell(nil, false)
	}
	r := h.mapping.Resources[s.Resource.Type]
	var ids []string
	switch {
	case r.Privilege:
		ids = []string{string(h.Privilege)}
	case r.Kind != "":
		if _, declared := h.facts[object]; declared {
			ids = h.sitting.Root().ViewAt(h.known).OnRecord(domain.SubjectKind(r.Kind))
		}
	}
	return h.gather(func(yield func(found, error) bool) {
		for id, err := range h.each(h.c.Context(), beyond(ids, h.after), func(id string) (bool, error) {
			q := h.Question
			if r.Kind != "" {
				q.Request = with(q.Request, object, id)
			}
			v, err := h.verdict(q)
			return permits(v), err
		}) {
			if err != nil || !yield(found{Type: s.Resource.Type, ID: id, key: id}, nil) {
				if err != nil {
					yield(found{}, err)
				}
				return
			}
		}
	})
}

// searchAction finds what somebody may do to something.
func (a *accent) searchAction(c *api.Call) error {
	h, s, err := a.begin(c, "action", wants{subjectID: true, resourceID: true})
	if err != nil || h == nil {
		return err
	}
	if !h.here() {
		return h.tell(nil, false)
	}
	law, _, err := h.sitting.Root().LawAt(timeline.Of(h.asOf), h.known)
	if err != nil {
		return err
	}
	names, of := h.mapping.actions(law.Language.PrivilegeOrder)
	names = beyond(names, h.after)
	r := h.mapping.Resources[s.Resource.Type]
	names = slices.DeleteFunc(names, func(name string) bool { return !r.takes(name) || r.Privilege && string(of[name]) != s.Resource.ID })
	var privileges []domain.Privilege
	for _, name := range names {
		if p := of[name]; h.may(h.Subject, p) && !slices.Contains(privileges, p) {
			privileges = append(privileges, p)
		}
	}
	var sheet standing.Sheet
	for sheet, err = range h.sitting.Sheets(c.Context(), h.known, h.asOf, []domain.Subject{h.Subject}, privileges, h.Request) {
		if err != nil {
			return err
		}
	}
	return h.gather(func(yield func(found, error) bool) {
		for _, name := range names {
			i := slices.Index(privileges, of[name])
			if i >= 0 && permits(sheet.Verdicts[i]) && !yield(found{Name: name, key: name}, nil) {
				return
			}
		}
	})
}

// here reports whether there is somebody to ask about, and whether the caller may.
func (h *hunt) here() bool {
	view := h.sitting.Root().ViewAt(h.known)
	of := h.Subject
	if host, visits := standing.VisitorAt(of); visits {
		of = domain.Mission(host)
	}
	return view.Mentioned(of) && (h.Privilege == "" || h.may(h.Subject, h.Privilege))
}

// verdict answers one question at the times of the hunt; nil if it can't be asked.
func (h *hunt) verdict(q engine.Question) (*standing.Verdict, error) {
	v, err := h.moment().Verdict(q.Subject, q.Privilege, timeline.Of(h.asOf), q.Request)
	if unknownOf(engine.Outward(err)) != nil {
		return nil, nil //nolint:nilnil,nilerr // no verdict is an answer, too
	}
	return &v, err
}

func (h *hunt) moment() *standing.Moment { return h.sitting.At(h.known) }

// together is how many are asked about at a time.
const together = 128

// each yields those for whom ask is true, in their order, and asks about many at a time.
func (h *hunt) each(ctx context.Context, ids []string, ask func(string) (bool, error)) iter.Seq2[string, error] {
	h.moment() // found before it is shared
	return func(yield func(string, error) bool) {
		for some := range slices.Chunk(ids, together) {
			if err := ctx.Err(); err != nil {
				yield("", err)
				return
			}
			is, errs := make([]bool, len(some)), make([]error, len(some))
			var working sync.WaitGroup
			workers := min(runtime.GOMAXPROCS(0), len(some))
			for w := range workers {
				working.Go(func() {
					for i := w; i < len(some); i += workers {
						is[i], errs[i] = ask(some[i])
					}
				})
			}
			working.Wait()
			for i, id := range some {
				if errs[i] != nil || is[i] {
					if !yield(id, errs[i]) || errs[i] != nil {
						return
					}
				}
			}
		}
	}
}

// with returns a request with one more fact.
func with(request map[string]string, fact, word string) map[string]string {
	out := make(map[string]string, len(request)+1)
	for name, said := range request {
		out[name] = said
	}
	out[fact] = strings.Clone(word)
	return out
}
