package auth

import (
	"encoding/hex"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/comity-project/comity/domain"
)

// A Config says who may ask, and for what. Nobody at all means that the server asks for
// no proof, which it does on loopback only.
type Config struct {
	Issuers      []Issuer      `json:"issuers,omitempty" yaml:"issuers" doc:"who signs tokens"`
	Keys         []Key         `json:"keys,omitempty" yaml:"keys" doc:"keys of programs"`
	Certificates []Certificate `json:"certificates,omitempty" yaml:"certificates" doc:"certificates of mutual TLS"`
}

// An Issuer signs tokens (JWT) that prove who somebody is. Its keys are found by OpenID
// Connect discovery.
type Issuer struct {
	// URL is the issuer as its tokens have it in iss, to the letter.
	URL string `json:"url" yaml:"url" doc:"the issuer, as its tokens have it in iss"`
	// Audience is what aud must hold: a token for another server does not count here.
	Audience string `json:"audience" yaml:"audience" doc:"what the tokens for this server have in aud"`
	// Algorithms may sign; empty: RS256, ES256 and EdDSA.
	Algorithms []string `json:"algorithms,omitempty" yaml:"algorithms" doc:"of signatures (RS256, ES256 and EdDSA)"`
	// SubjectClaim names the claim that is the caller's name; empty: sub. A claim that
	// begins with / is a JSON pointer: /realm_access/roles.
	SubjectClaim string `json:"subject_claim,omitempty" yaml:"subject_claim" doc:"claim with the caller's name (sub)"`
	// Prefix goes before the name, and keeps the callers of several issuers apart.
	Prefix string `json:"prefix,omitempty" yaml:"prefix" doc:"goes before the names of its callers"`
	// GrantsClaim names a claim that holds a list of [Grant].
	GrantsClaim string `json:"grants_claim,omitempty" yaml:"grants_claim" doc:"claim with a list of grants"`
	// RolesClaim names a claim that holds words: a list of them, or one text with
	// spaces between them. Each word gives what Roles has for it; others give nothing.
	RolesClaim string             `json:"roles_claim,omitempty" yaml:"roles_claim" doc:"claim with words that stand for grants"`
	Roles      map[string][]Grant `json:"roles,omitempty" yaml:"roles" doc:"the grants of each word"`
	// Leeway is how far the clocks of issuer and server may be apart; 0: 30 seconds.
	Leeway time.Duration `json:"leeway,omitempty" yaml:"leeway" doc:"how far clocks may be apart (30s)"`
}

const (
	usualLeeway = 30 * time.Second
	mostLeeway  = 5 * time.Minute
)

// algorithms are those that may sign. They have a private key and a public one: what
// the server holds can check a token and can't make one.
var algorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

var usualAlgorithms = []string{"RS256", "ES256", "EdDSA"}

// Empty reports whether nobody could prove who they are.
func (c *Config) Empty() bool {
	return len(c.Issuers) == 0 && len(c.Keys) == 0 && len(c.Certificates) == 0
}

// A Mistake is one thing that is wrong with a configuration.
type Mistake struct {
	// Path is where it is, below the configuration of this package: keys[0].grants[1].role.
	Path string
	// Text says what is wrong, and what to do. It repeats no secret.
	Text string
}

func (m *Mistake) Error() string { return m.Path + ": " + m.Text }

// Check lists all that is wrong, in the order of the configuration. Each error is a
// [*Mistake].
func (c *Config) Check() []error {
	k := checker{names: map[string]string{}, hashes: map[string]string{}}
	for i := range c.Issuers {
		k.issuer(fmt.Sprintf("issuers[%d]", i), &c.Issuers[i])
	}
	k.apart(c.Issuers)
	for i := range c.Keys {
		k.key(fmt.Sprintf("keys[%d]", i), &c.Keys[i])
	}
	for i := range c.Certificates {
		k.certificate(fmt.Sprintf("certificates[%d]", i), &c.Certificates[i])
	}
	return k.wrong
}

// A checker gathers mistakes.
type checker struct {
	wrong  []error
	names  map[string]string // of a caller as names are compared, to its path
	hashes map[string]string // of a key, or name and pin of a certificate, to its path
}

func (k *checker) mistake(path, format string, args ...any) {
	k.wrong = append(k.wrong, &Mistake{path, fmt.Sprintf(format, args...)})
}

func (k *checker) issuer(path string, i *Issuer) {
	if text := checkIssuerURL(i.URL); text != "" {
		k.mistake(path+".url", "%s", text)
	}
	if strings.TrimSpace(i.Audience) == "" {
		k.mistake(path+".audience", "is missing: write what the issuer puts in aud of the tokens for this server; without it, tokens for any server would count")
	}
	for n, a := range i.Algorithms {
		at := fmt.Sprintf("%s.algorithms[%d]", path, n)
		switch {
		case slices.Contains(algorithms, a):
		case strings.EqualFold(a, "none"):
			k.mistake(at, "none is no signature: write some of %s", strings.Join(algorithms, ", "))
		case strings.HasPrefix(strings.ToUpper(a), "HS"):
			k.mistake(at, "%q is made with a secret that the server would have to share: write some of %s", a, strings.Join(algorithms, ", "))
		default:
			k.mistake(at, "unknown algorithm %q%s: write some of %s", a, domain.DidYouMean(a, algorithms), strings.Join(algorithms, ", "))
		}
	}
	k.claim(path+".subject_claim", i.SubjectClaim)
	k.claim(path+".grants_claim", i.GrantsClaim)
	k.claim(path+".roles_claim", i.RolesClaim)
	if i.Prefix != "" {
		if _, err := domain.CanonicalActor(i.Prefix); err != nil || CheckName(strings.TrimRight(i.Prefix, " ")) != nil {
			k.mistake(path+".prefix", "is no name: write letters, digits and signs, such as corporate:")
		}
	}
	switch {
	case i.RolesClaim == "" && len(i.Roles) > 0:
		k.mistake(path+".roles_claim", "is missing: write which claim holds the words of roles")
	case i.RolesClaim != "" && len(i.Roles) == 0:
		k.mistake(path+".roles", "is missing: write which grants each word of %s gives", i.RolesClaim)
	case i.GrantsClaim == "" && i.RolesClaim == "":
		k.mistake(path+".grants_claim", "is missing, and so is roles_claim: its tokens would give nobody any right; write which claim says what callers may do")
	}
	for _, word := range slices.Sorted(maps.Keys(i.Roles)) {
		k.grants(path+".roles."+word, i.Roles[word])
	}
	if i.Leeway < 0 || i.Leeway > mostLeeway {
		k.mistake(path+".leeway", "is %s: write at most %s; clocks that are further apart must be set", i.Leeway, mostLeeway)
	}
}

// checkIssuerURL says what is wrong with the URL of an issuer, or nothing.
func checkIssuerURL(text string) string {
	if text == "" {
		return "is missing: write the issuer as its tokens have it in iss, such as https://login.example.org"
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return "is no URL: write the issuer as its tokens have it in iss, such as https://login.example.org"
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(text, "?#"):
		return "has a user, a query or a fragment, which no issuer has: leave it out"
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return ""
	default:
		return "must begin with https://: whoever sits between could put in keys of their own"
	}
}

// apart looks for issuers whose callers could be taken for each other.
func (k *checker) apart(list []Issuer) {
	for i := range list {
		for j := range i {
			a, b := prefixOf(&list[i]), prefixOf(&list[j])
			switch {
			case list[i].URL == list[j].URL && list[i].URL != "":
				k.mistake(fmt.Sprintf("issuers[%d].url", i), "is the issuer of issuers[%d] again: write it once, with all its roles", j)
			case strings.HasPrefix(a, b) || strings.HasPrefix(b, a):
				k.mistake(fmt.Sprintf("issuers[%d].prefix", i), "does not keep its callers apart from those of issuers[%d]: give each a prefix that is not the beginning of another, such as staff: and guests:", j)
			}
		}
	}
}

func prefixOf(i *Issuer) string {
	canonical, err := domain.CanonicalActor(i.Prefix)
	if err != nil {
		return i.Prefix
	}
	return canonical
}

func (k *checker) claim(path, claim string) {
	if claim != "" && CheckName(claim) != nil || claim == "/" {
		k.mistake(path, "is no claim: write its name, or a JSON pointer such as /realm_access/roles")
	}
}

func (k *checker) key(path string, key *Key) {
	k.name(path+".id", key.ID)
	switch {
	case key.SHA256 == "":
		k.mistake(path+".sha256", "is missing: make a key with comity serve key, and write the hash that it prints")
	case strings.HasPrefix(key.SHA256, keyBegins):
		k.mistake(path+".sha256", "is the key itself, which now stands in a file: make another with comity serve key, and write its hash")
	case !isHash(key.SHA256):
		k.mistake(path+".sha256", "is no hash: write 64 digits of 0-9 and a-f, as comity serve key prints them")
	default:
		k.once(path+".sha256", "key "+key.SHA256, "is the hash of %s too: give each caller a key of their own")
	}
	k.grants(path+".grants", key.Grants)
}

func (k *checker) certificate(path string, c *Certificate) {
	k.name(path+".id", c.ID)
	switch {
	case c.Name == "" && c.SPKI == "":
		k.mistake(path+".name", "is missing, and so is spki: write a URI of the certificate or its whole subject, or the SHA-256 of its public key")
	case c.SPKI != "" && !isHash(c.SPKI):
		k.mistake(path+".spki", "is no hash: write 64 digits of 0-9 and a-f, the SHA-256 of the certificate's public key")
	case c.Name != "" && CheckName(c.Name) != nil && !strings.Contains(c.Name, "://"):
		k.mistake(path+".name", "%v", CheckName(c.Name))
	case c.SPKI != "":
		k.once(path+".spki", "spki "+c.SPKI, "is the public key of %s too: a key belongs to one caller")
	default:
		k.once(path+".name", "name "+c.Name, "is the name of %s too: a name belongs to one caller")
	}
	k.grants(path+".grants", c.Grants)
}

// once reports what comes a second time.
func (k *checker) once(path, what, format string) {
	if before, found := k.hashes[what]; found {
		k.mistake(path, format, before)
		return
	}
	k.hashes[what] = path
}

// name looks at the name of a caller. Names that are compared alike are one caller, who
// must not be let in by two entries: one could approve what the other has drafted.
func (k *checker) name(path, name string) {
	if name == "" {
		k.mistake(path, "is missing: write who it is, such as payroll")
		return
	}
	if err := CheckName(name); err != nil {
		k.mistake(path, "%v", err)
		return
	}
	canonical, err := domain.CanonicalActor(name)
	if err != nil {
		k.mistake(path, "%v", err)
		return
	}
	if before, found := k.names[canonical]; found {
		k.mistake(path, "%q is the name in %s too: give each its own name", name, before)
		return
	}
	k.names[canonical] = path
}

func (k *checker) grants(path string, list []Grant) {
	if len(list) == 0 {
		k.mistake(path, "is empty: write at least one grant, or leave the entry out")
	}
	for i := range list {
		k.grant(fmt.Sprintf("%s[%d]", path, i), &list[i])
	}
}

// grant looks at one grant, of the configuration or of a token.
func (k *checker) grant(path string, g *Grant) {
	switch names := roleNames(); {
	case g.Role == "":
		k.mistake(path+".role", "is missing: write one of %s", strings.Join(names, ", "))
	case !slices.Contains(names, string(g.Role)):
		k.mistake(path+".role", "unknown role %q%s: write one of %s", clip(string(g.Role)), domain.DidYouMean(clip(string(g.Role)), names), strings.Join(names, ", "))
	}
	k.scope(path+".offices", "offices", "ids of offices", g.Offices)
	k.scope(path+".countries", "countries", "ids of sending States", g.Countries)
	k.scope(path+".programmes", "programmes", "programmes, such as tax", g.Programmes)
}

func (k *checker) scope(path, name, what string, list []string) {
	if len(list) == 0 {
		k.mistake(path, `is empty, which is nothing: write %s, or %s: ["*"] for all there are`, what, name)
	}
	for i, code := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		programme, _, whole := strings.Cut(code, ".")
		switch {
		case code == Every && len(list) > 1:
			k.mistake(at, `"*" is all there are: write it alone`)
		case code == Every:
		case name == "programmes" && whole && domain.CheckID(programme) == nil:
			k.mistake(at, "%q is a privilege: write its programme, %q", clip(code), programme)
		case domain.CheckID(code) != nil:
			k.mistake(at, "%v", domain.CheckID(code))
		}
	}
}

func roleNames() []string {
	var out []string
	for _, r := range Roles() {
		out = append(out, string(r))
	}
	return out
}

// isHash reports whether a text is a SHA-256 in lower-case hex.
func isHash(text string) bool {
	_, err := hex.DecodeString(text)
	return err == nil && len(text) == 64 && strings.ToLower(text) == text
}

// isLoopback reports whether a host, without its port, is this machine.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// copyGrants copies grants, so that nobody changes what a caller has.
func copyGrants(list []Grant) []Grant {
	out := slices.Clone(list)
	for i, g := range out {
		out[i].Offices, out[i].Countries, out[i].Programmes = slices.Clone(g.Offices), slices.Clone(g.Countries), slices.Clone(g.Programmes)
	}
	return out
}

// clip shortens what is repeated in an error.
func clip(text string) string {
	if len(text) > 40 {
		return strings.ToValidUTF8(text[:40], "") + "..."
	}
	return text
}

// names are the callers that come with keys and certificates, as names are compared.
func (c *Config) names() map[string]string {
	k := checker{names: map[string]string{}}
	for i := range c.Keys {
		k.name(fmt.Sprintf("keys[%d].id", i), c.Keys[i].ID)
	}
	for i := range c.Certificates {
		k.name(fmt.Sprintf("certificates[%d].id", i), c.Certificates[i].ID)
	}
	return k.names
}
