package facts

import (
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/timeline"
)

// Parameters of measures and restrictions that bound an amount or a quantity.
const (
	paramAmount     = "amount"     // in cents of the currency
	paramCurrency   = "currency"   // "EUR"; dollars unless given
	paramConversion = "conversion" // fixed, at the start of the measure, unless it is floating
	paramPer        = "per"        // the calendar period of a quantity
	paramGoods      = "goods"      // categories of goods; all unless given
	paramUnit       = "unit"       // of the quantity
	paramCentre     = "centre"     // from which distance counts

	dollars  = "USD"
	floating = "floating"
)

// ReadBound returns the facts of the span, and how what is asked stands to the
// amount or quantity that it sets.
func (v View) ReadBound(s *Span, q Asked) Read {
	own := s.Read()
	return orDefault(func(decl domain.FactDecl) (domain.Value, []domain.Position, bool) {
		switch constructor(decl.From.Constructor) {
		case ofThreshold:
			return v.threshold(s, q.At)
		case ofUsed:
			return v.used(s, q)
		case ofDistance:
			return s.distance(q)
		default:
			return own(decl)
		}
	})
}

// Centre is the place from which the measure counts distance, folded, or "".
func (s *Span) Centre() string { return domain.Fold(s.params()[paramCentre].Text()) }

// distance is how far from the measure's centre the act is. Where measures count
// from several centres, the request has to say from which it counts; a distance
// from elsewhere says nothing.
func (s *Span) distance(q Asked) (domain.Value, []domain.Position, bool) {
	centre, asked := s.Centre(), domain.Fold(q.Centre)
	switch {
	case q.Distance == "", centre != "" && asked != "" && centre != asked:
		return domain.Text("request.distance"), nil, false
	case asked == "" && q.Centres > 1:
		return domain.Text("request.centre"), nil, false
	default:
		return domain.Text(q.Distance), nil, true
	}
}

// threshold is the amount of a measure in dollars, half up to cents, by the rate
// in force when the measure began or, if that floats, at t (R18).
func (v View) threshold(s *Span, t timeline.Instant) (domain.Value, []domain.Position, bool) {
	params := s.params()
	amount := params[paramAmount]
	if amount.Kind() != domain.IntValue {
		return domain.Value{}, nil, false
	}
	rate, foreign := rateOf(params)
	if !foreign {
		return amount, []domain.Position{s.Pos}, true
	}
	if domain.Fold(params[paramConversion].Text()) != floating {
		t = s.From
	}
	value, found := v.history(rate).Value(attrDollars, t)
	converted, ok := convert(amount.Int(), value.Value.Text())
	if !found || !ok {
		return domain.Text(rate.String()), nil, false
	}
	return domain.Int(converted), []domain.Position{s.Pos, domain.Position(value.Pos)}, true
}

// rateOf is the subject under which the rate of the measure's currency is
// recorded; false for dollars.
func rateOf(params domain.Params) (domain.Subject, bool) {
	currency := params[paramCurrency].Text()
	if currency == "" || strings.EqualFold(currency, dollars) {
		return domain.Subject{}, false
	}
	return domain.Of(domain.KindRate, strings.ToLower(currency)), true
}

// decimal is how a rate is written; big.Rat reads more than that.
var decimal = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

// convert multiplies cents by a rate and rounds half up, exactly. It returns false
// if the rate is not a decimal number, or no such amount is ever paid.
func convert(cents int64, rate string) (int64, bool) {
	if !decimal.MatchString(rate) {
		return 0, false
	}
	x, ok := new(big.Rat).SetString(rate)
	if !ok {
		return 0, false // unreachable: every decimal number is a Rat
	}
	x.Mul(x, new(big.Rat).SetInt64(cents))
	x.Add(x, big.NewRat(1, 2))
	whole := new(big.Int).Div(x.Num(), x.Denom()) // Euclidean, and so down
	return whole.Int64(), whole.IsInt64()
}

// used sums what was used of a measure's quantity in the calendar period that
// holds the instant asked about, up to it, this act excepted.
func (v View) used(s *Span, q Asked) (domain.Value, []domain.Position, bool) {
	params := s.params()
	z := v.Zone()
	begin, end, known := periodOf(domain.Fold(params[paramPer].Text()), today(z, q.At))
	if !known {
		return domain.Text("measure." + paramPer), nil, false
	}
	from := []domain.Position{s.Pos}
	sum := int64(0)
	for _, one := range v.benefits(q.Subject) {
		use, _ := one.Event.(domain.BenefitUsed)
		date := v.dateOf(one)
		this := q.Object != "" && use.Object == q.Object
		if one.From > q.At || date.Before(begin) || !date.Before(end) || use.Privilege != q.Privilege || this || !counts(params, use) {
			continue
		}
		sum += int64(use.Quantity)
		from = append(from, one.Pos)
	}
	slices.Sort(from)
	return domain.Int(sum), from, true
}

// counts reports whether a use is of the goods, and in the unit, that are bounded.
func counts(params domain.Params, use domain.BenefitUsed) bool {
	goods, unit := params[paramGoods].List(), domain.Fold(params[paramUnit].Text())
	if one := params[paramGoods].Text(); one != "" {
		goods = []string{one}
	}
	of := domain.Fold(use.Goods)
	return (len(goods) == 0 || slices.ContainsFunc(goods, func(g string) bool { return domain.Fold(g) == of })) &&
		(unit == "" || use.Unit == "" || unit == domain.Fold(use.Unit))
}

// benefits returns the uses of privileges, each from when it was made on.
func (v View) benefits(of domain.Subject) []*Span { return v.spans(of, attrBenefit) }

// dateOf is the date of the event that stands behind a span.
func (v View) dateOf(s *Span) calendar.Date {
	_, when := v.said(timeline.Position(s.Pos))
	return dated(when, v.Zone())
}

// periods are the calendar periods over which quantities are counted, by the
// number of months that each has; a day has none.
var periods = map[string]int{"day": 0, "month": 1, "quarter": 3, "half_year": 6, "year": 12}

// periodOf returns the first date of the period that holds d, and that of the next.
func periodOf(per string, d calendar.Date) (begin, end calendar.Date, known bool) {
	months, known := periods[per]
	if !known {
		return d, d, false
	}
	if months == 0 {
		return d, d.AddDays(1), true
	}
	begin = calendar.Date{Year: d.Year, Month: time.January, Day: 1}.AddMonths((int(d.Month) - 1) / months * months)
	return begin, begin.AddMonths(months), true
}

// installation says whether articles of first installation were cleared before t.
func (v View) installation(of domain.Subject, t timeline.Instant) (domain.Value, []domain.Position, bool) {
	var from []domain.Position
	for _, s := range v.benefits(of) {
		use, _ := s.Event.(domain.BenefitUsed)
		if s.From < t && use.FirstInstallation {
			from = append(from, s.Pos)
		}
	}
	return domain.Bool(len(from) > 0), from, true
}
