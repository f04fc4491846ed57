package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/api/authzen"
	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/internal/config"
)

// Settings are what a server is told: by a file, by variables of the environment, and on
// the command line.
type settings struct {
	Log           string `yaml:"log" doc:"file of the office's log, or the address of a cluster: esdb://HOST:2113,.../STREAM"`
	LogPassword   string `yaml:"log_password_file" doc:"file with one line, USER:PASSWORD, for an address that names no user"`
	State         string `yaml:"state" doc:"folder for the seal and the snapshot of a log in a cluster, which no other process has; empty is one in the user's cache"`
	Decisions     string `yaml:"decisions" doc:"file of the log of answers given; empty records none"`
	DecisionsMode string `yaml:"decisions_mode" enum:"strict,best-effort" doc:"strict: no record, no answer; best-effort: the answer comes first, and gaps are recorded"`
	Oracle        bool   `yaml:"oracle" doc:"evaluate all rules by cel-go as well, and give no answer where the two differ"`

	Serve struct {
		Listen      string        `yaml:"listen" doc:"host and port of the API"`
		PublicURL   string        `yaml:"public_url" doc:"the address by which callers reach the server, for what the server says of itself; it is never taken from a request"`
		Drain       time.Duration `yaml:"drain" doc:"how long requests may go on when the server is asked to end"`
		Name        string        `yaml:"name" doc:"what this server is called among those of a cluster; empty is the name of the machine"`
		Checkpoints string        `yaml:"checkpoints" doc:"the log in which the servers of a cluster tell each other what they hold: the stream of the office's log, a hyphen and this; the same for all, and another one when a false checkpoint is in it"`
		ReadOnly    bool          `yaml:"read_only" doc:"record nothing, and follow what another process records"`
		Requests    string        `yaml:"requests" enum:"all,errors,none" doc:"of which requests the log of the program tells"`
	} `yaml:"serve"`

	TLS struct {
		Certificate string `yaml:"certificate" doc:"file with the server's certificate and those above it, in PEM"`
		Key         string `yaml:"key" doc:"file with the key of the certificate, in PEM"`
		ClientCA    string `yaml:"client_ca" doc:"file with the authorities whose client certificates are accepted, in PEM"`
		Required    bool   `yaml:"required" doc:"refuse callers without a client certificate"`
	} `yaml:"tls"`

	Limits struct {
		Body     config.Size   `yaml:"body" doc:"bytes of a request's body"`
		Batch    int           `yaml:"batch" doc:"questions of one request"`
		Time     time.Duration `yaml:"time" doc:"for one request"`
		Rate     float64       `yaml:"rate" doc:"requests of one caller a second; 0 is no limit"`
		Burst    int           `yaml:"burst" doc:"requests of one caller that may come at once"`
		Failures float64       `yaml:"failures" doc:"failed proofs of who is asking, of one address a second; only they are refused; 0 is no limit"`
		Inflight int           `yaml:"inflight" doc:"requests that are answered at one time"`
		Watchers int           `yaml:"watchers" doc:"callers that watch at one time"`

		Connections int `yaml:"connections" doc:"connections that are open at one time; fewer if the process may not have so many files open"`
	} `yaml:"limits"`

	Operations struct {
		Listen string        `yaml:"listen" doc:"host and port of metrics and health; empty is none"`
		Behind time.Duration `yaml:"behind" doc:"how long the office may be behind its log and still be ready"`
	} `yaml:"operations"`

	Auth    auth.Config `yaml:"auth"`
	AuthZEN struct {
		Mapping authzen.Mapping `yaml:"mapping"`
		PageKey string          `yaml:"page_key" secret:"true" doc:"secret text that the tokens of pages are made with; servers that share it take each other's, and without one they end with the server"`
	} `yaml:"authzen"`
}

// The ports of whoever sets none.
const (
	usualListen     = "127.0.0.1:8600"
	usualOperations = "127.0.0.1:8601"
)

func usualSettings() settings {
	var s settings
	usual := api.Usual()
	s.Log, s.DecisionsMode = defaultLog, string(decisions.Strict)
	s.Serve.Listen, s.Serve.Drain, s.Serve.Requests = usualListen, 20*time.Second, string(api.LogErrors)
	s.Serve.Checkpoints = "checkpoints"
	s.Operations.Listen, s.Operations.Behind = usualOperations, 10*time.Second
	s.Limits.Body, s.Limits.Batch, s.Limits.Time = config.Size(usual.Body), usual.Batch, usual.Time
	s.Limits.Failures, s.Limits.Connections = usual.Failures, usual.Inflight+usual.Watchers+4096
	s.Limits.Burst, s.Limits.Inflight, s.Limits.Watchers = 100, usual.Inflight, usual.Watchers
	return s
}

// otherVariables begin like settings, and are read elsewhere.
var otherVariables = []string{"COMITY_CONFIG", "COMITY_ACTOR", "COMITY_CHROMIUM"}

// loadSettings reads the settings, and says all that is wrong with them.
func (p *program) loadSettings(file string, words []string) (s settings, from *config.Origins, err error) {
	if file == "" {
		file = p.getenv("COMITY_CONFIG")
	}
	if file == "" {
		if _, err := os.Stat("comity.yaml"); err == nil {
			file = "comity.yaml"
		}
	}
	s = usualSettings()
	from, err = config.Load(&s, config.Sources{File: file, Environ: os.Environ(), Others: otherVariables, Set: words})
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("there is no configuration %s: write one (comity serve config --example), or name another with --config", file)
	}
	if err != nil {
		return s, from, badInput(err)
	}
	if p.logNamed {
		s.Log = p.logTyped
	}
	if p.stateTyped != "" {
		s.State = p.stateTyped
	}
	return s, from, badInput(s.check(from))
}

// check says all that is wrong with settings that could be read.
func (s *settings) check(from *config.Origins) error {
	var wrong config.Mistakes
	say := func(path, format string, args ...any) { wrong = append(wrong, from.Wrong(path, format, args...)) }
	for _, port := range []struct{ path, address string }{{"serve.listen", s.Serve.Listen}, {"operations.listen", s.Operations.Listen}} {
		if _, _, err := net.SplitHostPort(port.address); err != nil && port.address != "" {
			say(port.path, "%q is not HOST:PORT, such as %s", port.address, usualListen)
		}
	}
	if s.Serve.Listen == "" {
		say("serve.listen", "is empty: write HOST:PORT, such as %s", usualListen)
	}
	if (s.TLS.Certificate == "") != (s.TLS.Key == "") {
		say("tls", "a certificate and its key go together: name both")
	}
	if s.TLS.ClientCA != "" && s.TLS.Certificate == "" {
		say("tls.client_ca", "client certificates need TLS: set tls.certificate and tls.key")
	}
	if s.TLS.Required && s.TLS.ClientCA == "" {
		say("tls.required", "names no authorities whose certificates are accepted: set tls.client_ca")
	}
	if len(s.Auth.Certificates) > 0 && s.TLS.ClientCA == "" {
		say("auth.certificates", "client certificates are not asked for: set tls.client_ca")
	}
	if err := s.authZEN().Check(); err != nil {
		at := "authzen"
		if strings.Contains(err.Error(), "public_url") {
			at = "serve.public_url"
		}
		say(at, "%v", err)
	}
	if s.Serve.Checkpoints == "" {
		say("serve.checkpoints", "names the log of checkpoints, and can't be empty: checkpoints, if it is the first")
	}
	for _, limit := range []struct {
		path string
		n    int64
	}{
		{"limits.body", int64(s.Limits.Body)}, {"limits.batch", int64(s.Limits.Batch)}, {"limits.time", int64(s.Limits.Time)},
		{"limits.inflight", int64(s.Limits.Inflight)}, {"limits.connections", int64(s.Limits.Connections)},
	} {
		if limit.n <= 0 {
			say(limit.path, "must be more than zero")
		}
	}
	if s.Limits.Rate < 0 || s.Limits.Rate > 0 && s.Limits.Burst < 1 {
		say("limits.rate", "a rate is zero, for none, or more, and lets at least one request in at once: set limits.burst")
	}
	if s.Limits.Failures < 0 {
		say("limits.failures", "is zero, for no limit, or more")
	}
	if err := misspelled(s.Log); err != nil {
		say("log", "%v", err)
	}
	if isAddress(s.Decisions) {
		say("decisions", "is the address of a cluster: every server keeps the answers that it gives in a file of its own")
	}
	if s.LogPassword != "" && !isAddress(s.Log) {
		say("log_password_file", "is for the address of a cluster, and the log is a file: leave it out")
	}
	if s.Decisions != "" && s.Decisions == s.Log {
		say("decisions", "is the office's log: name another file")
	}
	for _, err := range s.Auth.Check() {
		if m, ok := errors.AsType[*auth.Mistake](err); ok {
			say("auth."+m.Path, "%s", m.Text)
		} else {
			say("auth", "%v", err)
		}
	}
	if !s.proves() && !loopback(s.Serve.Listen) {
		say("serve.listen", "%s can be reached from other machines, and nobody could prove who they are: set auth.keys or auth.issuers, or listen on 127.0.0.1", s.Serve.Listen)
	}
	return wrong.Err()
}

// authZEN is how AuthZEN is spoken here.
func (s *settings) authZEN() *authzen.Config {
	return &authzen.Config{PublicURL: s.Serve.PublicURL, Mapping: s.AuthZEN.Mapping, Key: []byte(s.AuthZEN.PageKey)}
}

// proves reports whether callers prove who they are.
func (s *settings) proves() bool { return !s.Auth.Empty() }

// loopback reports whether an address can only be reached from this machine. A name is
// taken for what it is called, so that nobody's resolver decides.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
