package auth

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// What is wrong with a token. None repeats what the token says.
var (
	errTokenLong      = fmt.Errorf("the token is longer than %d bytes: have the issuer put less into it", mostToken)
	errTokenForm      = errors.New("this is no token: it should be three parts of base64url with points between them")
	errTokenEncrypted = errors.New("the token is encrypted: send one that is only signed")
	errTokenHeader    = errors.New("the token's header is no JSON object with each name once")
	errTokenPayload   = errors.New("the token's payload is no JSON object with each name once")
	errTokenUnsigned  = errors.New("the token is not signed: its alg is none")
	errTokenShared    = errors.New("the token is signed with a shared secret (alg HS...), which proves nothing here")
	errTokenAlgorithm = errors.New("the token is signed with an algorithm that is not accepted for its issuer")
	errTokenCritical  = errors.New("the token's header has crit: it wants something to be understood that this server does not")
	errTokenType      = errors.New("the token is of another kind: its typ should be JWT or at+jwt")
	errTokenKid       = errors.New("the token's kid is no text")
	errTokenIssuer    = errors.New("the token is of an issuer that is not accepted here: its iss is another")
	errTokenAudience  = errors.New("the token is for another server: its aud does not hold the audience of this one")
	errTokenNoEnd     = errors.New("the token has no end: exp is missing or no time")
	errTokenEnded     = errors.New("the token has expired: get a new one from its issuer")
	errTokenTime      = errors.New("the token's nbf or iat is no time")
	errTokenEarly     = errors.New("the token does not count yet: its nbf is in the future")
	errTokenFuture    = errors.New("the token was issued in the future: its iat is later than now, so one of the clocks is wrong")
	errTokenBound     = errors.New("the token is bound to a key of its holder (cnf), which this server does not check")
	errTokenSubject   = errors.New("the token does not name the caller: the claim with the name is missing, or no text of 1 to 128 characters that can be seen")
	errTokenTaken     = errors.New("the token names a caller who comes with a key or a certificate here")
	errTokenRoles     = errors.New("the token's claim with the roles is neither a text nor a list of texts")
	errTokenGrants    = errors.New("the token's claim with the grants is no list of grants with role, offices, countries and programmes")
	errTokenKey       = errors.New("the token is signed with a key that its issuer does not show")
	errTokenSignature = errors.New("the token's signature is wrong")
	errTokenClaims    = errors.New("the token has a claim of OpenID Connect that is not as the standard has it, such as a sub or nonce that is no text")
)

// mostToken is how many bytes a token may have.
const mostToken = 16 << 10

// claims are the names and values of a token's header or payload.
type claims map[string]json.RawMessage

// split takes a token (JWS, compact) apart. Nothing in it is proved yet.
func split(text string) (header, payload claims, err error) {
	if len(text) > mostToken {
		return nil, nil, errTokenLong
	}
	parts := strings.SplitN(text, ".", 6)
	switch len(parts) {
	case 3:
	case 5:
		return nil, nil, errTokenEncrypted
	default:
		return nil, nil, errTokenForm
	}
	var decoded [3][]byte
	for i, part := range parts {
		if strings.ContainsAny(part, "\r\n") {
			return nil, nil, errTokenForm // which the decoder would pass over
		}
		if decoded[i], err = base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return nil, nil, errTokenForm
		}
	}
	var ok bool
	if header, ok = object(decoded[0]); !ok {
		return nil, nil, errTokenHeader
	}
	if payload, ok = object(decoded[1]); !ok {
		return nil, nil, errTokenPayload
	}
	return header, payload, nil
}

// object reads a JSON object. One with a name that comes twice is none: others may have
// looked at the one, and we at the other.
func object(text []byte) (c claims, ok bool) {
	if !utf8.Valid(text) {
		return nil, false
	}
	in := json.NewDecoder(bytes.NewReader(text))
	if t, err := in.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	out := claims{}
	for in.More() {
		t, err := in.Token()
		if err != nil {
			return nil, false
		}
		name, _ := t.(string) // unreachable otherwise: the decoder sees to it
		if _, twice := out[name]; twice {
			return nil, false
		}
		var value json.RawMessage
		if err := in.Decode(&value); err != nil {
			return nil, false
		}
		out[name] = value
	}
	if _, err := in.Token(); err != nil {
		return nil, false
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return nil, false
	}
	return out, true
}

// at returns the value of a claim: by its name, or by a JSON pointer (RFC 6901) if that
// is how it begins.
func (c claims) at(name string) (value json.RawMessage, found bool) {
	path, pointer := strings.CutPrefix(name, "/")
	if !pointer {
		value, found = c[name]
		return value, found && string(value) != "null"
	}
	steps := strings.Split(path, "/")
	for i, step := range steps {
		value, found = c[strings.NewReplacer("~1", "/", "~0", "~").Replace(step)]
		if !found || string(value) == "null" {
			return nil, false
		}
		if i < len(steps)-1 {
			var ok bool
			if c, ok = object(value); !ok {
				return nil, false
			}
		}
	}
	return value, true
}

// text returns a claim that is a text.
func (c claims) text(name string) (string, bool) {
	value, found := c.at(name)
	if !found {
		return "", false
	}
	return textOf(value)
}

func textOf(value json.RawMessage) (string, bool) {
	var text *string
	if json.Unmarshal(value, &text) != nil || text == nil {
		return "", false
	}
	return *text, true
}

// texts returns a claim that is a text or a list of texts.
func (c claims) texts(name string) (list []string, single, ok bool) {
	value, found := c.at(name)
	if !found {
		return nil, false, true
	}
	if one, ok := textOf(value); ok {
		return []string{one}, true, true
	}
	var many []*string
	if json.Unmarshal(value, &many) != nil || slices.Contains(many, nil) {
		return nil, false, false
	}
	for _, one := range many {
		list = append(list, *one)
	}
	return list, false, true
}

// time returns a claim that is an instant, in seconds since 1970, perhaps with a fraction.
func (c claims) time(name string) (t time.Time, found, ok bool) {
	value, found := c[name]
	if !found {
		return time.Time{}, false, true
	}
	var seconds *float64
	if json.Unmarshal(value, &seconds) != nil || seconds == nil || *seconds < 0 || *seconds >= 253402300800 { // the year 10000
		return time.Time{}, true, false
	}
	whole := int64(*seconds)
	return time.Unix(whole, int64((*seconds-float64(whole))*1e9)), true, true
}

// checkTerm looks at when a token counts, and returns its end.
func (c claims) checkTerm(now time.Time, leeway time.Duration) (time.Time, error) {
	end, found, ok := c.time("exp")
	if !found || !ok {
		return time.Time{}, errTokenNoEnd
	}
	from, _, fromOK := c.time("nbf")
	issued, _, issuedOK := c.time("iat")
	switch {
	case !fromOK || !issuedOK:
		return time.Time{}, errTokenTime
	case !now.Before(end.Add(leeway)):
		return time.Time{}, errTokenEnded
	case from.After(now.Add(leeway)):
		return time.Time{}, errTokenEarly
	case issued.After(now.Add(leeway)):
		return time.Time{}, errTokenFuture
	}
	return end.Add(leeway), nil
}

// checkHeader looks at how a token says that it is signed, and returns it.
func (c claims) checkHeader(accepted []string) (alg, kid string, err error) {
	if _, found := c["crit"]; found {
		return "", "", errTokenCritical
	}
	if _, found := c["enc"]; found {
		return "", "", errTokenEncrypted
	}
	alg, _ = c.text("alg")
	switch {
	case strings.EqualFold(alg, "none"):
		return "", "", errTokenUnsigned
	case strings.HasPrefix(alg, "HS"):
		return "", "", errTokenShared
	case !slices.Contains(accepted, alg):
		return "", "", errTokenAlgorithm
	}
	if _, found := c["typ"]; found {
		typ, _ := c.text("typ")
		switch strings.TrimPrefix(strings.ToLower(typ), "application/") {
		case "jwt", "at+jwt":
		default:
			return "", "", errTokenType
		}
	}
	if _, found := c["kid"]; found {
		var ok bool
		if kid, ok = c.text("kid"); !ok || kid == "" {
			return "", "", errTokenKid
		}
	}
	return alg, kid, nil
}
