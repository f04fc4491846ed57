package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/api/authzen"
	"github.com/comity-project/comity/api/httpapi"
	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/internal/config"
	"github.com/comity-project/comity/rules"
)

func (p *program) serveCommand() *cobra.Command {
	var file, listen, answers string
	var words []string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Answer the office's systems over HTTP",
		Long: `Serve opens the office and answers over HTTP: the AuthZEN Authorization API under
/access/v1, and comity's own API under /v1, which /v1/openapi.json describes. It needs
nothing beside the log.

Settings come from a file (--config, $COMITY_CONFIG, or comity.yaml if there is one), from
variables such as COMITY_SERVE_LISTEN, and from --set; the later goes before the former.
"comity serve config" shows them all.

Who asks proves it with a token of an issuer, a key, or a certificate. Where no proof is
configured the server listens on loopback only, and says so.

Where the log is in a cluster (--log esdb://one:2113,two:2113,three:2113/ofm), any number of
servers work on it: each records, and follows what the others record. Each has a folder of
its own for the seal and the snapshot (--state), and its own file of answers (--decisions).

Metrics and health are on a port of their own: /metrics, /livez and /readyz. The server is
ready when it has read the log and followed it to its end. On SIGTERM it ends in order:
it says that it is not ready, ends watches, lets requests finish, and writes what waits.
On SIGHUP it reads who may ask again, and its certificate; what is wrong then is said, and
what was in force stays.`,
		Example: `  comity serve
  comity serve --log comity.db --decisions answers.db --listen 127.0.0.1:9000
  comity serve --config settings.yaml --set limits.rate=100`,
		Args: atLeast(false),
		RunE: func(cmd *cobra.Command, _ []string) error {
			for name, value := range map[string]string{"serve.listen": listen, "decisions": answers} {
				if value != "" {
					words = append(words, name+"="+value)
				}
			}
			s, from, err := p.loadSettings(file, words)
			if err != nil {
				return err
			}
			v := &service{p: p, settings: s, from: from, file: file, words: words}
			return v.run(cmd.Context())
		},
	}
	cmd.PersistentFlags().StringVar(&file, "config", "", "`FILE` of settings (default $COMITY_CONFIG, or comity.yaml if there is one)")
	cmd.PersistentFlags().StringArrayVar(&words, "set", nil, "set one thing: `NAME=VALUE`, such as serve.listen=127.0.0.1:9000")
	cmd.Flags().StringVar(&listen, "listen", "", "`HOST:PORT` of the API: short for --set serve.listen=...")
	cmd.Flags().StringVar(&answers, "decisions", "", "record the answers in `FILE`, which is this server's own: short for --set decisions=...")
	cmd.AddCommand(p.serveConfigCommand(&file, &words), p.serveKeyCommand())
	return cmd
}

// A service is a server with all that it works with.
type service struct {
	p        *program
	settings settings
	from     *config.Origins
	file     string
	words    []string

	log     zerolog.Logger
	office  *office
	who     *auth.Identifier
	server  *api.Server
	metrics *metrics
	health  health
	pair    atomic.Pointer[tls.Certificate]
	conns   *conns // of the API
	cluster clustered
	failing bool // the log of answers could not be written to; of one goroutine
}

// run serves until the context is done.
func (v *service) run(ctx context.Context) (err error) {
	v.own()
	v.log = v.logger()
	v.metrics = newMetrics(v)
	stopTraces, err := v.traces(ctx)
	if err != nil {
		return err
	}
	defer stopTraces()
	if v.who, err = auth.New(v.settings.Auth, auth.Options{Loopback: loopback(v.settings.Serve.Listen), Now: v.p.clock}); err != nil {
		return badInput(err)
	}
	secure, err := v.tls()
	if err != nil {
		return badInput(err)
	}
	listen, err := v.listen(ctx, "serve.listen", v.settings.Serve.Listen)
	if err != nil {
		return err
	}
	defer func() { _ = listen.Close() }()
	v.conns = newConns(listen, mostConns(v.settings.Limits.Connections, mostFiles()))
	stopHealth, err := v.serveHealth(ctx)
	if err != nil {
		return err
	}
	defer stopHealth()
	if err := v.open(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.close()) }()
	v.serveOffice()
	return v.serve(ctx, listen, secure)
}

// logger writes lines of JSON: the log of the program, which holds no personal data.
func (v *service) logger() zerolog.Logger {
	level := zerolog.InfoLevel
	if v.p.levelNamed {
		level = v.p.diag.GetLevel()
	}
	return zerolog.New(v.p.stderr).Level(level).With().Timestamp().Logger()
}

// listen opens a port. An error names the setting.
func (v *service) listen(ctx context.Context, setting, address string) (net.Listener, error) {
	var how net.ListenConfig
	l, err := how.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, badInput(v.from.Wrong(setting, "%v", err))
	}
	return l, nil
}

// own gives the server a program of its own, which the port of health reads while the
// office is opened.
func (v *service) own() {
	p := *v.p
	p.quiet, p.told, p.notice = true, &v.health, v.noticed
	p.patience = v.settings.Limits.Time / 2 // so that whoever asks hears of the cluster, and not of the time
	p.keep(v.settings.Log, v.settings.LogPassword, v.settings.State)
	if v.settings.Oracle && p.judge == nil {
		p.judge = &rules.Oracle{}
	}
	v.p = &p
}

// open opens the office, for recording unless it only follows.
func (v *service) open(ctx context.Context) error {
	p := v.p
	begun := time.Now()
	v.health.phase("opening the log")
	var err error
	begin := p.serveWriting
	if v.settings.Serve.ReadOnly {
		begin = p.serveReading
	}
	v.office, err = begin(ctx, v.settings)
	for p.remote() && errors.Is(err, eventlog.ErrUnavailable) && ctx.Err() == nil { // lost in the middle
		v.health.phase(waiting)
		p.noticed(fmt.Sprintf("%v; tried again", err))
		pause(ctx, time.Second)
		v.office, err = begin(ctx, v.settings)
	}
	if err != nil {
		return err
	}
	v.health.phase("loading the law")
	now := instant(p.clock())
	if _, _, err := v.office.Root().LawAt(now, v.office.Position()); err != nil { // which the first question would wait for
		v.log.Warn().Str("error", err.Error()).Msg("no question can be answered now")
	}
	if err := v.compare(ctx); err != nil {
		return errors.Join(err, v.close())
	}
	v.health.open(v.office)
	v.log.Info().Str("office", string(v.office.Root().Office().ID)).Uint64("position", uint64(v.office.Position())).
		Uint64("snapshot", uint64(v.office.frozen)).Dur("took_ms", time.Since(begun)).Msg("the office is open")
	return nil
}

// serveWriting opens the office for recording, with the log of answers.
func (p *program) serveWriting(ctx context.Context, s settings) (*office, error) {
	return p.withAnswers(ctx, s, p.beginWriting)
}

// serveReading opens the office for reading, with the log of answers.
func (p *program) serveReading(ctx context.Context, s settings) (*office, error) {
	return p.withAnswers(ctx, s, func(ctx context.Context) (*office, error) {
		log, err := p.readLog(ctx)
		if err != nil {
			return nil, err
		}
		o := &office{p: p, log: log}
		if p.remote() { // whose seal is this server's own
			err = o.openSeal(ctx)
		}
		if err != nil {
			return nil, errors.Join(err, o.close(ctx))
		}
		return o, nil
	})
}

// withAnswers opens an office whose log begin has opened.
func (p *program) withAnswers(ctx context.Context, s settings, begin func(context.Context) (*office, error)) (*office, error) {
	o, err := begin(ctx)
	if err != nil {
		return nil, err
	}
	if s.Decisions != "" {
		o.given, err = p.openAnswers(ctx, s.Decisions, decisions.Mode(s.DecisionsMode), o.log)
	}
	if err == nil {
		err = o.open(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, o.close(ctx))
	}
	return o, nil
}

// serveOffice puts the routes before the office.
func (v *service) serveOffice() {
	o := v.office
	served := &api.Office{
		Engine: o.Engine, ID: o.Root().Office().ID, Log: o.log, Bodies: o.log, Version: moduleVersion(),
		Told: v.metrics.told, Glanced: v.metrics.glanced,
	}
	if o.given != nil {
		served.Recorder, served.Answers = o.given.recorder, o.given.log
	}
	l := v.settings.Limits
	v.server = &api.Server{
		Office: served, Who: v.who, Log: v.log, Requests: api.LogWhat(v.settings.Serve.Requests), Observer: v.metrics,
		Limits: api.Limits{Body: int64(l.Body), Batch: l.Batch, Time: l.Time, Rate: l.Rate, Burst: l.Burst, Failures: l.Failures, Inflight: l.Inflight, Watchers: l.Watchers},
	}
	v.server.Begin()
	v.server.Add(false, httpapi.Routes()...)
	v.server.Add(true, authzen.Routes(*v.settings.authZEN())...)
}

// serve answers until the context is done, and then ends in order.
func (v *service) serve(ctx context.Context, listen net.Listener, secure *tls.Config) error {
	web := v.web()
	web.TLSConfig, web.ConnState = secure, v.conns.state
	ctx, stop := context.WithCancel(ctx)
	var busy sync.WaitGroup
	defer busy.Wait()
	defer stop()
	busy.Go(func() { v.keepUp(ctx) })
	busy.Go(func() { v.warm(ctx) })
	told := make(chan os.Signal, 1) // from before anybody knows that it serves: a signal that nobody takes ends the process
	signal.Notify(told, syscall.SIGHUP)
	defer signal.Stop(told)
	busy.Go(func() { v.reloads(ctx, told) })
	ended := make(chan error, 1)
	busy.Go(func() {
		if secure != nil {
			ended <- web.ServeTLS(v.conns, "", "")
			return
		}
		ended <- web.Serve(v.conns)
	})
	v.announce(listen, secure != nil)
	v.health.serve(v.server)
	select {
	case err := <-ended:
		return fmt.Errorf("serve %s: %w", v.settings.Serve.Listen, err)
	case <-ctx.Done():
	}
	v.log.Info().Int64("inflight", v.server.Inflight()).Dur("most_ms", v.settings.Serve.Drain).Msg("ending: no new work, and what is under way may finish")
	v.health.drain()
	v.server.Drain()
	rest, cancel := context.WithTimeout(context.WithoutCancel(ctx), v.settings.Serve.Drain)
	defer cancel()
	err := web.Shutdown(rest)
	if errors.Is(err, context.DeadlineExceeded) {
		v.log.Warn().Int64("inflight", v.server.Inflight()).Msg("some requests did not finish in time, and were broken off")
		err = web.Close()
	}
	v.log.Info().Msg("ended")
	return err
}

// web is what speaks HTTP. Nobody holds anything of it by being slow: a request has to
// arrive, and its answer to be taken, within limits. Those that take long set them aside:
// see package api.
func (v *service) web() *http.Server {
	most := v.settings.Limits.Time
	return &http.Server{
		Handler: v.server, ErrorLog: stdlog.New(quietLog{v.log}, "", 0), MaxHeaderBytes: 16 << 10,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: most + 5*time.Second, WriteTimeout: 2*most + 35*time.Second, IdleTimeout: 2 * time.Minute,
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: 100, SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second, WriteByteTimeout: 30 * time.Second},
	}
}

// announce says where the server is and what it asks of callers.
func (v *service) announce(listen net.Listener, secure bool) {
	scheme := "http"
	if secure {
		scheme = "https"
	}
	at := scheme + "://" + listen.Addr().String()
	line := v.log.Info().Str("url", at).Str("openapi", at+"/v1/openapi.json").Str("operations", v.health.url())
	if v.who.Anonymous() {
		line = line.Str("authentication", "none: everybody on this machine may do everything; it listens on loopback only")
	}
	line.Msg("serving")
}

// close ends what the office works with.
func (v *service) close() error {
	return v.office.close(context.Background())
}

// warm works out how everybody stands, so that the first questions don't wait for it.
// They are answered meanwhile.
func (v *service) warm(ctx context.Context) {
	begun := time.Now()
	if err := v.office.Warm(ctx, nil); err != nil {
		v.log.Debug().Str("error", err.Error()).Msg("not everybody's standing was worked out ahead")
		return
	}
	v.log.Debug().Dur("took_ms", time.Since(begun)).Msg("everybody's standing is worked out")
}

// seals extends the seals by what was recorded, once a second, and puts them on storage
// every so often, so that a copy made meanwhile can be held against them.
func (v *service) seals(ctx context.Context) {
	const kept = 10 // seconds
	for n := 1; pause(ctx, time.Second); n++ {
		v.tellFailing()
		err := v.office.sealNow(ctx)
		if err == nil && n%kept == 0 {
			err = v.office.keepSeals()
		}
		if err != nil && ctx.Err() == nil {
			v.log.Error().Err(err).Msg("a seal could not be extended, which is tried again")
		}
	}
}

// tellFailing says that the log of answers can't be written to, and that it can again.
func (v *service) tellFailing() {
	if v.office.given == nil {
		return
	}
	s := v.office.given.recorder.Stats()
	switch failing := s.Failing != nil; {
	case failing && !v.failing:
		v.log.Error().Err(s.Failing).Int("waiting", s.Waiting).Int("missing", s.Missing).Msg("the log of answers can't be written to")
	case !failing && v.failing:
		v.log.Info().Int("missing", s.Missing).Msg("the log of answers is written to again")
	}
	v.failing = s.Failing != nil
}

// pause waits, and reports whether it was not in vain.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// reloads reads who may ask again when it is told to.
func (v *service) reloads(ctx context.Context, told <-chan os.Signal) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-told:
		}
		if err := v.reload(); err != nil {
			v.log.Error().Str("error", err.Error()).Msg("the settings were not read again; what was in force stays")
			continue
		}
		v.log.Info().Msg("who may ask, and the certificate, were read again")
	}
}

func (v *service) reload() error {
	s, _, err := v.p.loadSettings(v.file, v.words)
	if err != nil {
		return err
	}
	if v.settings.TLS.Certificate == "" {
		return v.who.Replace(s.Auth)
	}
	pair, err := tls.LoadX509KeyPair(s.TLS.Certificate, s.TLS.Key)
	if err != nil {
		return err
	}
	if err := v.who.Replace(s.Auth); err != nil {
		return err
	}
	v.pair.Store(&pair) // once nothing can be wrong any more
	return nil
}

// tls is how the server proves itself, and asks callers to; nil is not at all.
func (v *service) tls() (*tls.Config, error) {
	t := v.settings.TLS
	if t.Certificate == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(t.Certificate, t.Key)
	if err != nil {
		return nil, v.from.Wrong("tls.certificate", "%v", err)
	}
	v.pair.Store(&pair)
	c := &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return v.pair.Load(), nil },
	}
	if t.ClientCA == "" {
		return c, nil
	}
	text, err := os.ReadFile(t.ClientCA)
	if err != nil {
		return nil, v.from.Wrong("tls.client_ca", "%v", err)
	}
	c.ClientCAs = x509.NewCertPool()
	if !c.ClientCAs.AppendCertsFromPEM(text) {
		return nil, v.from.Wrong("tls.client_ca", "%s holds no certificate in PEM", t.ClientCA)
	}
	c.ClientAuth = tls.VerifyClientCertIfGiven
	if t.Required {
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return c, nil
}

// quietLog takes what net/http has to say, which is mostly about callers who break off.
type quietLog struct{ log zerolog.Logger }

func (q quietLog) Write(text []byte) (int, error) {
	q.log.Debug().Msg(strings.TrimSpace(string(text)))
	return len(text), nil
}

var _ io.Writer = quietLog{}
