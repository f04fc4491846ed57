package auth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api/auth"
)

// An authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	a := &authority{key: must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Office CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	require.NoError(t, err)
	a.cert = must(x509.ParseCertificate(der))
	return a
}

// sign makes a certificate of a program.
func (a *authority) sign(t *testing.T, subject pkix.Name, uris ...string) tls.Certificate {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: subject,
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	for _, u := range uris {
		template.URIs = append(template.URIs, must(url.Parse(u)))
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), crypto.Signer(a.key))
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: must(x509.ParseCertificate(der))}
}

func pinOf(c tls.Certificate) string {
	sum := sha256.Sum256(c.Leaf.RawSubjectPublicKeyInfo)
	return hex.EncodeToString(sum[:])
}

// Callers over real connections, verified by the listener.
func TestCertificates(t *testing.T) {
	ca, strangers := newAuthority(t), newAuthority(t)
	gate := ca.sign(t, pkix.Name{CommonName: "x"}, "spiffe://office/other", "spiffe://office/gate")
	payroll := ca.sign(t, pkix.Name{CommonName: "payroll", Organization: []string{"Protocol Office"}})
	pinned := ca.sign(t, pkix.Name{CommonName: "pinned"})
	sameName := ca.sign(t, pkix.Name{CommonName: "pinned"})
	both := ca.sign(t, pkix.Name{CommonName: "both"}, "spiffe://office/both")
	bothOther := ca.sign(t, pkix.Name{CommonName: "both"}, "spiffe://office/both")
	twice := ca.sign(t, pkix.Name{CommonName: "twice"}, "spiffe://office/gate")
	unknown := ca.sign(t, pkix.Name{CommonName: "gate"}, "spiffe://office/gate/")
	stranger := strangers.sign(t, pkix.Name{CommonName: "x"}, "spiffe://office/gate")

	grants := []auth.Grant{all(auth.System)}
	at, key := newClock(), ""
	at.at = time.Now()
	text, hash := auth.NewKey()
	key = text
	who, err := auth.New(auth.Config{
		Keys: []auth.Key{{ID: "by-key", SHA256: hash, Grants: grants}},
		Certificates: []auth.Certificate{
			{ID: "gate", Name: "spiffe://office/gate", Grants: grants},
			{ID: "payroll", Name: "CN=payroll,O=Protocol Office", Grants: grants},
			{ID: "pinned", SPKI: pinOf(pinned), Grants: grants},
			{ID: "both", Name: "spiffe://office/both", SPKI: pinOf(both), Grants: grants},
			{ID: "twice", SPKI: pinOf(twice), Grants: grants},
		},
	}, auth.Options{Now: at.now})
	require.NoError(t, err)

	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := who.Identify(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte(string(c.Means) + " " + c.ID))
	}))
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	mode := tls.VerifyClientCertIfGiven
	server.TLS = &tls.Config{ClientCAs: pool, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		return &tls.Config{ClientCAs: pool, ClientAuth: mode, Certificates: server.TLS.Certificates, MinVersion: tls.VersionTLS12}, nil
	}}
	server.StartTLS()
	defer server.Close()

	ask := func(cert *tls.Certificate, credentials string) string {
		t.Helper()
		roots := x509.NewCertPool()
		roots.AddCert(server.Certificate())
		how := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
		if cert != nil {
			how.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return cert, nil }
		}
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: how, DisableKeepAlives: true}}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
		require.NoError(t, err)
		if credentials != "" {
			r.Header.Set("Authorization", credentials)
		}
		resp, err := client.Do(r)
		if err != nil {
			return "no connection"
		}
		defer resp.Body.Close()
		b := make([]byte, 300)
		n, _ := resp.Body.Read(b)
		return string(b[:n])
	}

	assert.Equal(t, "certificate gate", ask(&gate, ""))
	assert.Equal(t, "certificate payroll", ask(&payroll, ""))
	assert.Equal(t, "certificate pinned", ask(&pinned, ""))
	assert.Equal(t, "certificate both", ask(&both, ""))
	assert.Equal(t, "key by-key", ask(nil, key))
	const notKnown = "the certificate is not known here: its name and public key are in no entry of the configuration\n"
	assert.Equal(t, notKnown, ask(&sameName, ""), "the name of a pinned one is not enough")
	assert.Equal(t, notKnown, ask(&bothOther, ""), "the name fits, the key does not")
	assert.Equal(t, notKnown, ask(&unknown, ""))
	assert.Equal(t, "the certificate fits more than one entry of the configuration: its name and its public key must belong to one caller\n", ask(&twice, ""))
	assert.Equal(t, "no connection", ask(&stranger, ""))
	assert.Equal(t, "the request has several credentials: send one Authorization, or connect with one certificate, and nothing else\n", ask(&gate, key))
	assert.Equal(t, "the request does not say who sends it: this server accepts Authorization: Bearer with a key (ck_...), or a certificate of mutual TLS\n", ask(nil, ""))

	// A listener that only asks for certificates proves nothing.
	mode = tls.RequestClientCert
	assert.Equal(t, "the certificate was not verified: it is not of an authority that this server trusts\n", ask(&stranger, ""))
	assert.Equal(t, "the certificate was not verified: it is not of an authority that this server trusts\n", ask(&gate, ""))

	// A connection that outlives its certificate.
	mode = tls.VerifyClientCertIfGiven
	at.pass(2 * time.Hour)
	assert.Equal(t, "the certificate is not valid now: connect with one that is\n", ask(&gate, ""))
}

// The parts of a subject count in their order.
func TestSubjectInItsOrder(t *testing.T) {
	ca := newAuthority(t)
	part := func(oid int, v string) pkix.AttributeTypeAndValue {
		return pkix.AttributeTypeAndValue{Type: []int{2, 5, 4, oid}, Value: v}
	}
	who, err := auth.New(auth.Config{Certificates: []auth.Certificate{{ID: "gate", Name: `CN=gate\, north,O=Office,C=XA`, Grants: []auth.Grant{all(auth.System)}}}}, auth.Options{})
	require.NoError(t, err)
	ask := func(subject ...pkix.AttributeTypeAndValue) error {
		cert := ca.sign(t, pkix.Name{ExtraNames: subject})
		r := request()
		r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{cert.Leaf}, VerifiedChains: [][]*x509.Certificate{{cert.Leaf, ca.cert}}}
		_, err := who.Identify(r)
		return err
	}
	require.NoError(t, ask(part(6, "XA"), part(10, "Office"), part(3, "gate, north")))
	require.Error(t, ask(part(3, "gate, north"), part(10, "Office"), part(6, "XA")))
	require.Error(t, ask(part(6, "XA"), part(10, "Office"), part(10, "Office"), part(3, "gate, north")))
	require.Error(t, ask(part(10, "Office,C=XA"), part(3, "gate, north")))
	require.Error(t, ask())
}

// Who has no certificates configured takes them for a matter of the connection.
func TestCertificatesThatMeanNothing(t *testing.T) {
	text, hash := auth.NewKey()
	who := withKeys(t, newClock(), auth.Key{ID: "gate", SHA256: hash, Grants: []auth.Grant{all(auth.System)}})
	gate := newAuthority(t).sign(t, pkix.Name{CommonName: "gate"})
	r := bearer(text)
	r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{gate.Leaf}, VerifiedChains: [][]*x509.Certificate{{gate.Leaf}}}
	c, err := who.Identify(r)
	require.NoError(t, err)
	assert.Equal(t, auth.ByKey, c.Means)
	r.Header.Del("Authorization")
	_, err = who.Identify(r)
	require.EqualError(t, err, "the request does not say who sends it: this server accepts Authorization: Bearer with a key (ck_...)")
}
