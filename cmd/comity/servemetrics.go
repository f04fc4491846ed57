package main

import (
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
)

// metrics are what Prometheus is told. No label names a person, a mission or a caller.
type metrics struct {
	v        *service
	registry *prometheus.Registry

	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	answers   *prometheus.CounterVec
	routes    sync.Map     // of a *api.Route to its *ofRoute
	outcomes  sync.Map     // of a counted to its prometheus.Counter
	tracer    trace.Tracer // nil unless traces are exported
	from      propagation.TextMapPropagator
}

func newMetrics(v *service) *metrics {
	m := &metrics{v: v, registry: prometheus.NewRegistry()}
	m.requests = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "comity_http_requests_total", Help: "Requests that were answered, by route and status.",
	}, []string{"route", "code"})
	m.durations = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "comity_http_request_duration_seconds", Help: "How long requests took, by route.",
		Buckets: []float64{.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"route"})
	m.answers = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "comity_decisions_total", Help: "Answers that were given, by outcome and the code of the first decisive reason.",
	}, []string{"outcome", "reason"})
	m.registry.MustRegister(m.requests, m.durations, m.answers, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), m)
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// Begin implements api.Observer.
func (m *metrics) Begin(route *api.Route, r *http.Request) (*http.Request, func(int, time.Duration)) {
	var span trace.Span
	if m.tracer != nil {
		ctx := m.from.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, span = m.tracer.Start(ctx, route.ID, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
			attribute.String("http.request.method", r.Method), attribute.String("http.route", route.Path)))
		r = r.WithContext(ctx)
	}
	of := m.of(route)
	return r, func(status int, took time.Duration) {
		if status == http.StatusOK {
			of.ok.Inc()
		} else {
			m.requests.WithLabelValues(route.ID, statusText(status)).Inc()
		}
		if !route.Stream {
			of.took.Observe(took.Seconds())
		}
		if span != nil {
			span.SetAttributes(attribute.Int("http.response.status_code", status))
			if status >= http.StatusInternalServerError {
				span.SetStatus(codes.Error, http.StatusText(status))
			}
			span.End()
		}
	}
}

// of returns what is counted of a route. It is looked up by names once.
func (m *metrics) of(route *api.Route) *ofRoute {
	if known, found := m.routes.Load(route); found {
		return known.(*ofRoute)
	}
	of := &ofRoute{ok: m.requests.WithLabelValues(route.ID, statusText(http.StatusOK))}
	if !route.Stream {
		of.took = m.durations.WithLabelValues(route.ID)
	}
	known, _ := m.routes.LoadOrStore(route, of)
	return known.(*ofRoute)
}

// An ofRoute is what is counted of nearly every request of a route.
type ofRoute struct {
	ok   prometheus.Counter
	took prometheus.Observer // nil for streams
}

// statusText writes a status; 0 is that of a caller who left before there was one.
func statusText(status int) string {
	switch status {
	case http.StatusOK:
		return "200"
	case 0:
		return "none"
	}
	return strconv.Itoa(status)
}

// told counts an answer.
func (m *metrics) told(d *domain.Decision) {
	reason := ""
	for _, r := range d.Reasons {
		if r.Decisive {
			reason = string(r.Code)
			break
		}
	}
	m.count(d.Outcome, reason)
}

// glanced counts an answer that was given in short.
func (m *metrics) glanced(v *standing.Verdict) { m.count(v.Outcome, string(v.Code)) }

func (m *metrics) count(outcome domain.Outcome, reason string) {
	if outcome == "" {
		outcome = "cannot_tell"
	}
	key := counted{outcome, reason}
	counter, found := m.outcomes.Load(key)
	if !found {
		counter, _ = m.outcomes.LoadOrStore(key, m.answers.WithLabelValues(string(outcome), reason))
	}
	counter.(prometheus.Counter).Inc()
}

// A counted answer is one of its outcome and reason. There are few, all of them codes.
type counted struct {
	outcome domain.Outcome
	reason  string
}

// What is read when it is asked for.
var (
	descBuild      = prometheus.NewDesc("comity_build_info", "The program.", []string{"version", "goversion"}, nil)
	descLog        = prometheus.NewDesc("comity_log_position", "Records in the log: its true end.", nil, nil)
	descAt         = prometheus.NewDesc("comity_projection_position", "Records that answers rest on.", nil, nil)
	descLagEvents  = prometheus.NewDesc("comity_projection_lag_records", "Records that answers do not rest on yet.", nil, nil)
	descLag        = prometheus.NewDesc("comity_projection_lag_seconds", "For how long answers have not rested on all records.", nil, nil)
	descBeat       = prometheus.NewDesc("comity_projection_heartbeat_timestamp_seconds", "When the end of the log was last looked at.", nil, nil)
	descReady      = prometheus.NewDesc("comity_ready", "1 if the server is ready for callers.", nil, nil)
	descInflight   = prometheus.NewDesc("comity_http_requests_in_flight", "Requests that are being answered.", nil, nil)
	descConns      = prometheus.NewDesc("comity_http_connections", "Connections of callers that are open.", nil, nil)
	descRefused    = prometheus.NewDesc("comity_http_connections_refused_total", "Connections of callers that were closed because there were too many: quiet ones, to make room, and new ones where there was none.", []string{"kind"}, nil)
	descWatchers   = prometheus.NewDesc("comity_http_watchers", "Callers who listen.", nil, nil)
	descRecorded   = prometheus.NewDesc("comity_audit_recorded_total", "Answers that were recorded in the log of answers.", nil, nil)
	descWaiting    = prometheus.NewDesc("comity_audit_waiting", "Answers that wait to be recorded.", nil, nil)
	descGaps       = prometheus.NewDesc("comity_audit_gap_total", "Answers that were given and are not recorded.", nil, nil)
	descFailing    = prometheus.NewDesc("comity_audit_failing", "1 if the log of answers could not be written to when that was tried last.", nil, nil)
	descCompared   = prometheus.NewDesc("comity_oracle_comparisons_total", "Evaluations of rules that were compared with cel-go.", nil, nil)
	descMismatches = prometheus.NewDesc("comity_oracle_mismatches_total", "Evaluations of rules that differ from cel-go: each of them gave no answer.", nil, nil)
	descNotices    = prometheus.NewDesc("comity_log_notices_total", "What went wrong on the way to the cluster of the log, and was mended: connections and subscriptions made again.", nil, nil)
	descConflicts  = prometheus.NewDesc("comity_command_conflicts_total", "Times that commands were decided again, or given up, because another replica had recorded first.", nil, nil)
	descHalted     = prometheus.NewDesc("comity_halted", "1 if the server has halted: its log is not that of the others, or not what was sealed.", nil, nil)
	descPublished  = prometheus.NewDesc("comity_checkpoints_published_total", "Roots of the log that this server told the others.", nil, nil)
	descAgreed     = prometheus.NewDesc("comity_checkpoints_compared_total", "Roots of the others that this server compared with its own and found to be the same.", nil, nil)
	descAgreedAt   = prometheus.NewDesc("comity_checkpoint_position", "The last position at which this server was found to have what the others have.", nil, nil)
	descDisputed   = prometheus.NewDesc("comity_checkpoints_disputed_total", "Positions of which the servers told two roots: one of them did not read what was recorded.", nil, nil)
	descUncompared = prometheus.NewDesc("comity_checkpoints_failing", "1 if roots can't be told or compared now.", nil, nil)
	descLaw        = prometheus.NewDesc("comity_ruleset_in_force_info", "The edition of each ruleset that is in force.", []string{"ruleset", "edition", "hash"}, nil)
)

// Describe implements prometheus.Collector. What is collected depends on what is open.
func (m *metrics) Describe(to chan<- *prometheus.Desc) { to <- descBuild }

// Collect implements prometheus.Collector.
func (m *metrics) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v float64) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v)
	}
	gauge(descBuild, 1, moduleVersion(), runtime.Version())
	now := m.v.p.clock()
	ready := m.v.readiness(now)
	gauge(descReady, map[bool]float64{true: 1}[ready.Ready])
	events, seconds, beat := m.v.health.lag(now)
	m.v.health.mu.Lock()
	office, server := m.v.health.office, m.v.health.server
	m.v.health.mu.Unlock()
	if server != nil {
		gauge(descInflight, float64(server.Inflight()))
		gauge(descWatchers, float64(server.Watchers()))
		open, closed, turned := m.v.conns.counts()
		gauge(descConns, float64(open))
		to <- prometheus.MustNewConstMetric(descRefused, prometheus.CounterValue, float64(closed), "quiet")
		to <- prometheus.MustNewConstMetric(descRefused, prometheus.CounterValue, float64(turned), "new")
	}
	if office == nil {
		return
	}
	gauge(descLog, float64(ready.LogEnd))
	gauge(descAt, float64(ready.Position))
	gauge(descLagEvents, float64(events))
	gauge(descLag, seconds)
	gauge(descBeat, float64(beat.UnixNano())/1e9)
	if m.v.p.remote() {
		gauge(descHalted, map[bool]float64{true: 1}[office.Halted() != nil])
		s := m.v.cluster.keeper.Stats()
		counter(descPublished, float64(s.Published))
		counter(descAgreed, float64(s.Compared))
		gauge(descAgreedAt, float64(s.Last))
		counter(descDisputed, float64(s.Disputed))
		gauge(descUncompared, map[bool]float64{true: 1}[s.Failing != nil])
		counter(descConflicts, float64(office.Conflicts()))
		counter(descNotices, float64(m.v.cluster.notices.Load()))
	}
	if office.given != nil {
		s := office.given.recorder.Stats()
		counter(descRecorded, float64(s.Recorded))
		gauge(descWaiting, float64(s.Waiting))
		counter(descGaps, float64(s.Missing))
		gauge(descFailing, map[bool]float64{true: 1}[s.Failing != nil])
	}
	if judge := m.v.p.judge; judge != nil {
		counter(descCompared, float64(judge.Compared()))
		counter(descMismatches, float64(judge.Differed()))
	}
	root := office.Root()
	at := instant(now)
	if _, e, err := root.LawAt(at, root.Position()); err == nil {
		gauge(descLaw, 1, string(e.Ruleset), e.Edition, e.Hash)
		for _, id := range root.View().Rulesets() {
			if _, own, err := root.StateLawAt(domain.StateID(id), at, root.Position(), e.Hash); err == nil && own.Hash != "" && own.Hash != e.Hash {
				gauge(descLaw, 1, string(own.Ruleset), own.Edition, own.Hash)
			}
		}
	}
}

func instant(t time.Time) timeline.Instant { return timeline.Of(t) }
