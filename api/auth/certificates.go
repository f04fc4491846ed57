package auth

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A Certificate lets in whoever connects with it by mutual TLS. The server's listener
// verifies it against the authorities that it trusts; this says whose it is.
type Certificate struct {
	// ID names the caller.
	ID string `json:"id" yaml:"id" doc:"who connects with the certificate"`
	// Name is a URI among the subject's alternative names, such as
	// spiffe://office/gate, or else the whole subject as RFC 4514 writes it, such as
	// CN=gate,O=Protocol Office,C=XA: the last part of the certificate's comes first.
	// Any certificate with that name counts which a trusted authority signed.
	Name string `json:"name,omitempty" yaml:"name" doc:"a URI of the certificate, or its whole subject"`
	// SPKI is the SHA-256 of the certificate's public key (SubjectPublicKeyInfo), 64
	// digits in hex: the one key that counts. If Name is set too, both must fit.
	SPKI string `json:"spki,omitempty" yaml:"spki" doc:"SHA-256 of the certificate's public key, in hex"`
	// Grants are what the caller may do.
	Grants []Grant `json:"grants" yaml:"grants" doc:"what the caller may do"`
}

// certificates are the certificates of a configuration.
type certificates []heldCertificate

type heldCertificate struct {
	uri, subject string
	pin          [sha256.Size]byte
	pinned       bool
	caller       *Caller
}

// newCertificates takes certificates that were checked.
func newCertificates(list []Certificate) certificates {
	var out certificates
	for _, c := range list {
		held := heldCertificate{pinned: c.SPKI != "", caller: &Caller{ID: c.ID, Means: ByCertificate, Grants: copyGrants(c.Grants)}}
		if strings.Contains(c.Name, "://") {
			held.uri = c.Name
		} else {
			held.subject = c.Name
		}
		if held.pinned {
			_, _ = hex.Decode(held.pin[:], []byte(c.SPKI)) // was checked
		}
		out = append(out, held)
	}
	return out
}

var (
	errUnverified     = errors.New("the certificate was not verified: it is not of an authority that this server trusts")
	errCertificateEnd = errors.New("the certificate is not valid now: connect with one that is")
	errCertificate    = errors.New("the certificate is not known here: its name and public key are in no entry of the configuration")
	errCertificates   = errors.New("the certificate fits more than one entry of the configuration: its name and its public key must belong to one caller")
)

// find returns who connected. A connection may last longer than the certificate that
// began it, so its term is looked at again.
func (c certificates) find(state *tls.ConnectionState, now time.Time) (*Caller, error) {
	if len(state.VerifiedChains) == 0 || len(state.VerifiedChains[0]) == 0 {
		return nil, errUnverified
	}
	leaf := state.VerifiedChains[0][0]
	if now.Before(leaf.NotBefore) || now.After(leaf.NotAfter) {
		return nil, errCertificateEnd
	}
	pin, subject := sha256.Sum256(leaf.RawSubjectPublicKeyInfo), subjectOf(leaf)
	var found *Caller
	for _, held := range c {
		if !held.fits(leaf, subject, pin) {
			continue
		}
		if found != nil {
			return nil, errCertificates
		}
		found = held.caller
	}
	if found == nil {
		return nil, errCertificate
	}
	return found, nil
}

// subjectOf writes the subject of a certificate as RFC 4514 has it. The parsed name would
// not do: it has lost the order of its parts. Empty if it can't be written.
func subjectOf(leaf *x509.Certificate) string {
	var parts pkix.RDNSequence
	if rest, err := asn1.Unmarshal(leaf.RawSubject, &parts); err != nil || len(rest) > 0 {
		return ""
	}
	return parts.String()
}

func (h *heldCertificate) fits(leaf *x509.Certificate, subject string, pin [sha256.Size]byte) bool {
	switch {
	case h.pinned && h.pin != pin,
		h.subject != "" && h.subject != subject,
		h.uri != "" && !slices.ContainsFunc(leaf.URIs, func(u *url.URL) bool { return u.String() == h.uri }):
		return false
	default:
		return h.pinned || h.subject != "" || h.uri != ""
	}
}
