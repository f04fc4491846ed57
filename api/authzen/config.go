package authzen

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"sync"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
)

// A Config says how AuthZEN is spoken.
type Config struct {
	// PublicURL is where callers reach the server: https, and perhaps a path. The
	// metadata is made of it, and never of what a caller says of the host. Without one
	// there is no metadata.
	PublicURL string `json:"public_url,omitzero" yaml:"public_url" doc:"where callers reach the server: https, and perhaps a path; without one there is no metadata"`
	// Mapping says what AuthZEN's words are here; the zero Mapping is comity's own words.
	Mapping Mapping `json:"mapping,omitzero" yaml:"mapping" doc:"what AuthZEN's words are here"`
	// Key authenticates the tokens of pages. Without one it is made up, so that a token
	// is good for as long as the process, and for no other server.
	Key []byte `json:"-" yaml:"-"`
}

// Check refuses a configuration that can't be served.
func (c *Config) Check() error {
	var errs []error
	if c.PublicURL != "" {
		if _, err := publicURL(c.PublicURL); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(append(errs, c.Mapping.Check())...)
}

// publicURL reads the public URL, without a slash at its end.
func publicURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Opaque != "" {
		return nil, fmt.Errorf("public_url %q: write it as https://pdp.example.org", text)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return nil, fmt.Errorf("public_url %q: AuthZEN is spoken over https (http is only for the loopback of one machine)", text)
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(text, "#") {
		return nil, fmt.Errorf("public_url %q: leave out user, query and fragment", text)
	}
	if u.RawPath != "" || strings.ContainsAny(u.Path, "{}") || strings.Contains(u.Path, "//") {
		return nil, fmt.Errorf("public_url %q: its path must be plain", text)
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	return u, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// The paths, below the public URL.
const (
	evaluationPath  = "/access/v1/evaluation"
	evaluationsPath = "/access/v1/evaluations"
	subjectPath     = "/access/v1/search/subject"
	resourcePath    = "/access/v1/search/resource"
	actionPath      = "/access/v1/search/action"
	wellKnownPath   = "/.well-known/authzen-configuration"
)

// Routes are what a server has to serve for AuthZEN. Their problems are told as plain
// text: see [api.Server.Add]. A configuration that [Config.Check] refuses has no metadata.
func Routes(c Config) []api.Route {
	a := &accent{mapping: c.Mapping.ready(), pages: newPages(c.Key)}
	ask := func(id, path string, do func(*api.Call) error) api.Route {
		return api.Route{Method: "POST", Path: path, ID: id, Need: auth.Ask, Do: do}
	}
	routes := []api.Route{
		ask("authzenEvaluation", evaluationPath, a.evaluation),
		ask("authzenEvaluations", evaluationsPath, a.evaluations),
		ask("authzenSearchSubject", subjectPath, a.searchSubject),
		ask("authzenSearchResource", resourcePath, a.searchResource),
		ask("authzenSearchAction", actionPath, a.searchAction),
	}
	base, err := publicURL(c.PublicURL)
	if err != nil {
		none := func(*api.Call) error {
			return api.NotFound("there is no metadata, since this server was not told the address by which callers reach it: its operator sets serve.public_url")
		}
		return append(routes, api.Route{Method: "GET", Path: wellKnownPath, ID: "authzenConfiguration", Open: true, Do: none})
	}
	text := metadataOf(base)
	tell := func(call *api.Call) error { return call.Raw(200, "application/json", text) }
	routes = append(routes, api.Route{Method: "GET", Path: wellKnownPath, ID: "authzenConfiguration", Open: true, Do: tell})
	if base.Path != "" {
		routes = append(routes, api.Route{Method: "GET", Path: wellKnownPath + base.Path, ID: "authzenConfigurationOfTenant", Open: true, Do: tell})
	}
	return routes
}

// An accent is what the routes share.
type accent struct {
	mapping *mapping
	pages   *pages
	laws    sync.Map // of an edition of the common law to its facts of a request
}
