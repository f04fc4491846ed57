package auth

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/comity-project/comity/domain"
)

// tokens are the tokens of one issuer.
type tokens struct {
	issuer Issuer // as configured, with what is usual filled in
	taken  map[string]string
	remote *remote
}

// newTokens takes an issuer that was checked, and the names of callers who come
// otherwise. Of those of the configuration before, it goes on with what still holds.
func newTokens(i Issuer, taken map[string]string, o *Options, before []*tokens) *tokens {
	if len(i.Algorithms) == 0 {
		i.Algorithms = usualAlgorithms
	}
	if i.SubjectClaim == "" {
		i.SubjectClaim = "sub"
	}
	if i.Leeway == 0 {
		i.Leeway = usualLeeway
	}
	i.Algorithms = slices.Clone(i.Algorithms)
	roles := make(map[string][]Grant, len(i.Roles))
	for word, grants := range i.Roles {
		roles[word] = copyGrants(grants)
	}
	i.Roles = roles
	t := &tokens{issuer: i, taken: taken, remote: &remote{url: i.URL, client: o.Client, now: o.Now}}
	for _, b := range before {
		if b.issuer.URL != i.URL {
			continue
		}
		if reflect.DeepEqual(b.issuer, i) && reflect.DeepEqual(b.taken, taken) {
			return b
		}
		t.remote.inherit(b.remote)
	}
	t.remote.ready() //nolint:errcheck // it asks for the keys, in the background
	return t
}

// cached returns who sent a token that was verified a while ago, or nil.
func (t *tokens) cached(hash *[sha256.Size]byte, now time.Time) *Caller {
	set := t.remote.set.Load()
	if set == nil {
		return nil
	}
	return set.verified.get(hash, now)
}

// verify finds out who sent a token. Of what is wrong with it, the error says the first;
// it matches [ErrUnavailable] if the issuer's keys are not known.
func (t *tokens) verify(ctx context.Context, text string, header, payload claims, hash *[sha256.Size]byte, now time.Time) (*Caller, error) {
	alg, kid, err := header.checkHeader(t.issuer.Algorithms)
	if err != nil {
		return nil, err
	}
	audience, _, ok := payload.texts("aud")
	if !ok || !slices.Contains(audience, t.issuer.Audience) {
		return nil, errTokenAudience
	}
	ends, err := payload.checkTerm(now, t.issuer.Leeway)
	if err != nil {
		return nil, err
	}
	if _, bound := payload["cnf"]; bound {
		return nil, errTokenBound
	}
	set, err := t.checkSignature(ctx, text, alg, kid)
	if err != nil {
		return nil, err
	}
	caller, err := t.caller(payload)
	if err != nil {
		return nil, err
	}
	set.verified.put(hash, held{caller: caller, ends: ends, forgotten: set.until()}, now)
	return caller, nil
}

// mostTried bounds how many keys are tried for one token, if it does not name its key.
const mostTried = 4

// checkSignature looks for the key that a token is signed with, and returns the keys
// among which it was. If it is not among those that are known, the issuer is asked.
func (t *tokens) checkSignature(ctx context.Context, text, alg, kid string) (*keySet, error) {
	set, err := t.remote.usable(ctx)
	if err != nil {
		return nil, err
	}
	fit := set.fitting(kid, alg)
	if len(fit) == 0 {
		t.remote.refresh(ctx)
		if set, err = t.remote.usable(ctx); err != nil {
			return nil, err
		}
		switch fit = set.fitting(kid, alg); {
		case len(fit) > 0:
		case t.remote.failing():
			return nil, ErrUnavailable // it may have a new key, and can't say so
		default:
			return nil, errTokenKey
		}
	}
	for _, k := range fit {
		if err = t.signed(ctx, text, alg, k.key); err == nil {
			return set, nil
		}
	}
	return nil, err
}

// fitting lists the keys that may have signed a token.
func (k *keySet) fitting(kid, alg string) []publicKey {
	var out []publicKey
	for _, key := range k.keys {
		if key.fits(kid, alg) && len(out) < mostTried {
			out = append(out, key)
		}
	}
	return out
}

// signed says whether a key has signed a token of the issuer, for the audience. When it
// counts was looked at before, with the leeway of the configuration.
func (t *tokens) signed(ctx context.Context, text, alg string, key crypto.PublicKey) error {
	how := &oidc.Config{ClientID: t.issuer.Audience, SupportedSigningAlgs: []string{alg}, SkipExpiryCheck: true}
	_, err := oidc.NewVerifier(t.issuer.URL, &oidc.StaticKeySet{PublicKeys: []crypto.PublicKey{key}}, how).Verify(ctx, text)
	switch {
	case err == nil:
		return nil
	case strings.Contains(err.Error(), "verify signature"):
		return errTokenSignature
	default:
		return errTokenClaims
	}
}

// caller is who a token that was verified says they are.
func (t *tokens) caller(payload claims) (*Caller, error) {
	subject, ok := payload.text(t.issuer.SubjectClaim)
	if !ok || CheckName(subject) != nil || CheckName(t.issuer.Prefix+subject) != nil {
		return nil, errTokenSubject
	}
	c := &Caller{ID: t.issuer.Prefix + subject, Means: ByToken}
	if canonical, err := domain.CanonicalActor(c.ID); err == nil && t.taken[canonical] != "" {
		return nil, errTokenTaken
	}
	grants, err := t.claimed(payload)
	if err != nil {
		return nil, err
	}
	c.Grants = grants
	words, err := t.words(payload)
	if err != nil {
		return nil, err
	}
	for _, word := range words {
		c.Grants = append(c.Grants, t.issuer.Roles[word]...)
	}
	return c, nil
}

// words are the roles that a token names, each once.
func (t *tokens) words(payload claims) ([]string, error) {
	if t.issuer.RolesClaim == "" {
		return nil, nil
	}
	words, single, ok := payload.texts(t.issuer.RolesClaim)
	if !ok {
		return nil, errTokenRoles
	}
	if single {
		words = strings.Fields(words[0])
	}
	slices.Sort(words)
	return slices.Compact(words), nil
}

// claimed are the grants that a token lists itself.
func (t *tokens) claimed(payload claims) ([]Grant, error) {
	if t.issuer.GrantsClaim == "" {
		return nil, nil
	}
	value, found := payload.at(t.issuer.GrantsClaim)
	if !found {
		return nil, nil
	}
	in := json.NewDecoder(bytes.NewReader(value))
	in.DisallowUnknownFields()
	var out []Grant
	if err := in.Decode(&out); err != nil {
		return nil, errTokenGrants
	}
	k := checker{}
	for i := range out {
		k.grant(fmt.Sprintf("grant %d", i+1), &out[i])
	}
	if len(k.wrong) > 0 {
		var m *Mistake
		m, _ = k.wrong[0].(*Mistake) //nolint:errorlint // a checker makes no other
		return nil, fmt.Errorf("%w: look at %s", errTokenGrants, m.Path)
	}
	return out, nil
}
