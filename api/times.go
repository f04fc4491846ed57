package api

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
)

// Times are the two times of a question, as they are written: as_of is a date or an
// instant, and as_known a position, a date or an instant. An empty one is now.
type Times struct {
	AsOf    string `json:"as_of,omitzero"`
	AsKnown Known  `json:"as_known,omitzero"`
}

// A Known is what was known, as it is written: a position, a date or an instant. In JSON a
// position may be a number, as answers have it.
type Known string

// UnmarshalJSON reads a text, or a position.
func (k *Known) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err == nil {
		*k = Known(s)
		return nil
	}
	if n, err := strconv.ParseUint(string(text), 10, 63); err == nil {
		*k = Known(strconv.FormatUint(n, 10))
		return nil
	}
	return errors.New("must be a position, or a text that is a position, a date or an instant")
}

// Parse reads the two times as people in the office mean them.
func (t Times) Parse(o *Office) (asOf time.Time, known engine.Known, err error) {
	if asOf, err = o.ParseAsOf(t.AsOf); err != nil {
		return asOf, known, Bad("as_of", "%v", err)
	}
	if known, err = o.ParseKnown(string(t.AsKnown)); err != nil {
		return asOf, known, Bad("as_known", "%v", err)
	}
	return asOf, known, nil
}

// Query reads the query of a URL, of which only the names that are listed are known, each
// at most once. at_least and the two times are always known.
func (c *Call) Query(names ...string) (url.Values, error) {
	q, err := url.ParseQuery(c.R.URL.RawQuery)
	if err != nil {
		return nil, Bad("query", "the query can't be read: %v", err)
	}
	names = append(names, "as_of", "as_known", "at_least")
	for name, values := range q {
		request := strings.HasPrefix(name, "request.") && slices.Contains(names, "request.*")
		if !request && !slices.Contains(names, name) {
			return nil, Bad("query", "%q is not known here%s", clip(name), domain.DidYouMean(name, names))
		}
		if len(values) > 1 && !slices.Contains(names, name+"[]") {
			return nil, Bad("query", "%s is there twice: keep one", name)
		}
	}
	return q, nil
}

// TimesOf reads the two times of a query.
func TimesOf(q url.Values) Times { return Times{q.Get("as_of"), Known(q.Get("as_known"))} }

// RequestOf reads the facts of a request from a query: request.offence=crime.felony.
func RequestOf(q url.Values) map[string]string {
	out := map[string]string{}
	for name, values := range q {
		if fact, found := strings.CutPrefix(name, "request."); found {
			out[fact] = values[0]
		}
	}
	return out
}
