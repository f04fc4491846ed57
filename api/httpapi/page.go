package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"iter"
	"net/http"
	"time"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
)

// How many results a page has.
const (
	usualPage = 100
	mostPage  = 1000
	mostToken = 4096 // characters
)

// A place is where a list goes on. It is told as an opaque word that holds all that the
// next page needs, so that the server keeps nothing: the times at which the list was
// begun, which stay those of all its pages, and how far it got. Nobody gains by making
// one up: it says nothing that the query could not say, and scopes are looked at again.
type place struct {
	Known     domain.Position `json:"k"`
	AsOf      time.Time       `json:"t,omitzero"`
	ThenKnown domain.Position `json:"l,omitzero"` // of the second point of a comparison
	ThenAsOf  time.Time       `json:"u,omitzero"`
	// After is the last subject of whom all was told, and Skip how many results were
	// told after it.
	After domain.Subject `json:"a,omitzero"`
	Skip  int            `json:"n,omitzero"`
	Query string         `json:"q"` // which list it is of
}

// A page is a part of a list.
type page struct {
	place
	limit int
	goes  bool // it goes on with a list that was begun before
}

// page reads limit and page of the query. On a page that goes on with a list, the times
// of the reading are those of the list.
func (r *reading) page() (*page, error) {
	p := &page{}
	limit, err := r.number("limit", usualPage)
	switch {
	case err != nil:
		return nil, err
	case limit == 0 || limit > mostPage:
		return nil, api.Bad("limit", "limit is %d: write a number from 1 to %d", limit, mostPage)
	}
	p.limit = int(limit)
	text, query := r.text("page"), r.fingerprint()
	if text == "" {
		p.Query = query
		return p, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if len(text) > mostToken || err != nil || json.Unmarshal(raw, &p.place) != nil || p.Skip < 0 {
		return nil, api.Bad("page", "page is no place in a list: begin without it")
	}
	if p.Query != query {
		return nil, api.Bad("page", "page is a place in another list: send it with the query that it came from")
	}
	p.goes = true
	if err := r.Office.Await(r.Context(), p.Known); err != nil {
		return nil, err
	}
	r.AsOf, r.AsKnown = p.AsOf, engine.Known{Position: p.Known, AtPosition: true}
	return p, nil
}

// fingerprint tells lists apart: by their path and query.
func (r *reading) fingerprint() string {
	q := r.R.URL.Query()
	for _, name := range []string{"page", "limit", "at_least"} {
		q.Del(name)
	}
	sum := sha256.Sum256([]byte(r.R.URL.Path + "?" + q.Encode()))
	return hex.EncodeToString(sum[:8])
}

// pin settles the times of a list where it begins, once they are known.
func (p *page) pin(asOf time.Time, known domain.Position) {
	if !p.goes {
		p.AsOf, p.Known = asOf, known
	}
}

// next is where the list goes on.
func (p *page) next(after domain.Subject, skip int) string {
	at := p.place
	at.After, at.Skip = after, skip
	text, err := json.Marshal(at)
	if err != nil {
		panic("bad math in next: " + err.Error()) // unreachable: a place can be written
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// bySubject takes a page of a list that is in the order of its subjects, and was begun
// after the subject of the place. What keep refuses is passed over.
func bySubject[T, U any](p *page, in iter.Seq2[T, error], of func(T) domain.Subject, keep func(T) bool, to func(T) U) (out []U, next string, err error) {
	out = []U{}
	skip, given := p.Skip, 0
	before, now := p.After, domain.Subject{}
	for one, err := range in {
		if err != nil {
			return nil, "", err
		}
		if !keep(one) {
			continue
		}
		if s := of(one); s != now {
			if !now.IsZero() {
				before = now
			}
			now, given = s, 0
		}
		switch {
		case skip > 0:
			skip--
		case len(out) == p.limit:
			return out, p.next(before, given), nil
		default:
			out = append(out, to(one))
		}
		given++
	}
	return out, "", nil
}

// counted takes a page of a list of which each page begins anew and passes over what was
// told.
func counted[T, U any](p *page, in iter.Seq2[T, error], keep func(T) bool, to func(T) U) (out []U, next string, err error) {
	out = []U{}
	n := 0
	for one, err := range in {
		switch {
		case err != nil:
			return nil, "", err
		case !keep(one):
			continue
		case n < p.Skip:
		case len(out) == p.limit:
			return out, p.next(domain.Subject{}, n), nil
		default:
			out = append(out, to(one))
		}
		n++
	}
	return out, "", nil
}

// streamed answers with a head and a list of any length. What goes wrong before the list
// begins is told as a problem; later the answer is broken off.
func streamed[T any](c *api.Call, head any, name string, in iter.Seq2[T, error]) error {
	next, stop := iter.Pull2(in)
	defer stop()
	first, err, some := next()
	if some && err != nil {
		return err
	}
	c.Begin(http.StatusOK, "application/json")
	return api.WriteList(c.W, head, name, func(yield func(T, error) bool) {
		for one, err, more := first, error(nil), some; more; one, err, more = next() {
			if !yield(one, err) {
				return
			}
		}
	})
}

// each yields the elements of a list.
func each[T any](of []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, one := range of {
			if !yield(one, nil) {
				return
			}
		}
	}
}

func all[T any](T) bool { return true }
