package api

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limits bound what requests may take. The zero value of each is no limit but for Body.
type Limits struct {
	Body     int64         // bytes of a body
	Batch    int           // questions of one request
	Time     time.Duration // for one request
	Rate     float64       // requests of one caller a second
	Burst    int           // that come at once
	Failures float64       // proofs that fail of one address a second: only they are refused
	Inflight int           // requests at one time, of all callers
	Watchers int           // who listen at one time
}

// Usual are the limits of whoever sets none.
func Usual() Limits {
	return Limits{Body: 1 << 20, Batch: 1000, Time: 10 * time.Second, Failures: 10, Inflight: 4096, Watchers: 10_000}
}

// rates counts the requests of callers, or what failed from an address.
type rates struct {
	limit rate.Limit
	burst int

	mu    sync.Mutex
	of    map[string]*rate.Limiter // mu
	swept time.Time                // mu
}

// newRates counts up to so many a second, and so many at once; nil if there is no limit.
func newRates(perSecond float64, burst int) *rates {
	if perSecond <= 0 {
		return nil
	}
	return &rates{limit: rate.Limit(perSecond), burst: max(burst, 1), of: map[string]*rate.Limiter{}}
}

// mostCallers bounds what is kept. Whoever comes when there is no room is counted
// together with all others who do.
const mostCallers = 10_000

// take counts a request of a caller, and returns how long to wait if it is one too many.
func (r *rates) take(caller string, now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.of[caller]
	if one == nil {
		if len(r.of) >= mostCallers && now.Sub(r.swept) > time.Second {
			r.swept = now
			for id, l := range r.of {
				if l.TokensAt(now) >= float64(r.burst) {
					delete(r.of, id) // as good as new
				}
			}
		}
		if len(r.of) >= mostCallers {
			caller = ""
			if one = r.of[caller]; one != nil {
				return spend(one, now)
			}
		}
		one = rate.NewLimiter(r.limit, r.burst)
		r.of[caller] = one
	}
	return spend(one, now)
}

// spend takes one of what is left, or says how long to wait for it.
func spend(one *rate.Limiter, now time.Time) time.Duration {
	res := one.ReserveN(now, 1)
	wait := res.DelayFrom(now)
	if wait > 0 {
		res.CancelAt(now)
	}
	return wait
}

// burstOfFailures is how many seconds' worth of failed proofs may come at once.
const burstOfFailures = 5

// failing counts what fails of an address. Only what has failed is counted, and only
// what has failed is refused: whoever can prove who they are is never kept out by others
// at the same address.
func failing(l *Limits) *rates {
	return newRates(l.Failures, int(l.Failures*burstOfFailures))
}

// addressOf is the address that a request comes from: of IPv6 the network, of which one
// machine has all.
func addressOf(remote string) string {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return remote
	}
	ip := at.Addr().Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	network, err := ip.Prefix(64)
	if err != nil {
		return remote // unreachable: IPv6 has as many bits
	}
	return network.String()
}

func tooMany(wait time.Duration) *Problem {
	p := NewProblem(http.StatusTooManyRequests, "too_many_requests", "too many requests: wait, and send fewer in a second")
	p.RetryAfter = wait
	return p
}
