package main

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/comity-project/comity/internal/config"
)

// A composed is a file for docker compose, as far as ours go. A key that is not here is
// refused when one is read.
type composed struct {
	Services map[string]composedService
	Networks map[string]struct {
		IPAM struct{ Config []struct{ Subnet string } }
	}
	Secrets map[string]struct{ File string }
	Volumes map[string]struct{}
	Rest    map[string]yaml.Node `yaml:",inline"` // x-..., which is read where it is used
}

type composedService struct {
	Image  string
	Build  struct{ Context, Dockerfile string }
	User   string
	Entry  []string                              `yaml:"entrypoint"`
	Does   []string                              `yaml:"command"`
	Env    map[string]string                     `yaml:"environment"`
	EnvOf  []string                              `yaml:"env_file"`
	Needs  map[string]struct{ Condition string } `yaml:"depends_on"`
	Health struct {
		Test              []string
		Interval, Timeout string
		Retries           int
		Start             string `yaml:"start_period"`
	} `yaml:"healthcheck"`
	Ports    []string
	Secrets  []string
	Volumes  []string
	Networks yaml.Node
	Alone    string `yaml:"network_mode"`
	ReadOnly bool   `yaml:"read_only"`
	Tmpfs    []string
	Drop     []string `yaml:"cap_drop"`
	Security []string `yaml:"security_opt"`
	Grace    string   `yaml:"stop_grace_period"`
	Restart  string
}

func readComposed(t *testing.T, name string) *composed {
	t.Helper()
	text, err := os.ReadFile("../../deploy/" + name)
	require.NoError(t, err)
	c := &composed{}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	require.NoError(t, d.Decode(c))
	for key := range c.Rest {
		require.Regexp(t, "^x-", key)
	}
	return c
}

// serverOptions are the settings of EventStoreDB 24.10 that we use, as its documentation
// has them. Names that it gave up (INT_IP, EXT_IP, HTTP_PORT) are not among them: KurrentDB
// does not start with those.
var serverOptions = []string{
	"CLUSTER_SIZE", "DISCOVER_VIA_DNS", "RUN_PROJECTIONS", "ENABLE_ATOM_PUB_OVER_HTTP", "TRUSTED_ROOT_CERTIFICATES_PATH",
	"CERTIFICATE_FILE", "CERTIFICATE_PRIVATE_KEY_FILE", "REPLICATION_IP", "GOSSIP_SEED", "ADVERTISE_HOST_TO_CLIENT_AS",
	"ADVERTISE_NODE_PORT_TO_CLIENT_AS", "DEFAULT_ADMIN_PASSWORD", "DEFAULT_OPS_PASSWORD",
}

// TestComposed says that what the files for docker compose name is there: commands,
// settings, volumes, secrets, and other services.
func TestComposed(t *testing.T) {
	known := map[string]bool{}
	usual := usualSettings()
	for _, s := range config.Describe(&usual, "") {
		known[s.Variable] = true
	}
	for _, option := range serverOptions {
		known["EVENTSTORE_"+option] = true
	}
	// What the scripts that run in a container are told.
	ours := []string{"RENEW", "NODE", "CA", "SECRETS", "STREAM"}
	for name, services := range map[string]int{"compose.yaml": 7, "compose.single.yaml": 1} {
		c := readComposed(t, name)
		assert.Len(t, c.Services, services, name)
		mounted, published := map[string]bool{}, map[string]bool{}
		for of, s := range c.Services {
			for variable := range s.Env {
				assert.True(t, known[variable] || slices.Contains(ours, variable), "%s: %s: %s", name, of, variable)
			}
			for needed := range s.Needs {
				assert.Contains(t, c.Services, needed, "%s: %s", name, of)
			}
			for _, secret := range s.Secrets {
				assert.Contains(t, c.Secrets, secret, "%s: %s", name, of)
			}
			for _, volume := range s.Volumes {
				from, _, _ := strings.Cut(volume, ":")
				if strings.HasPrefix(from, "./") {
					continue
				}
				assert.Contains(t, c.Volumes, from, "%s: %s", name, of)
				mounted[from] = true
			}
			for _, port := range s.Ports {
				m := regexp.MustCompile(`^127\.0\.0\.1:(\d+):8600$`).FindStringSubmatch(port)
				require.NotNil(t, m, "%s: %s publishes %s", name, of, port)
				assert.False(t, published[m[1]], "%s: port %s twice", name, m[1])
				published[m[1]] = true
				assert.Equal(t, "http://127.0.0.1:"+m[1], s.Env["COMITY_SERVE_PUBLIC_URL"], "%s: %s", name, of)
			}
			if s.Build.Context == "" {
				assert.Regexp(t, `:[0-9][0-9.]+\}?$`, s.Image, "%s: %s: a version", name, of)
				continue
			}
			understood(t, s.Does)
			assert.True(t, s.ReadOnly && slices.Contains(s.Drop, "ALL"), "%s: %s", name, of)
			_, err := os.Stat(filepath.Join("../../deploy", s.Build.Context, s.Build.Dockerfile))
			require.NoError(t, err)
		}
		for volume := range c.Volumes {
			assert.True(t, mounted[volume], "%s: nobody mounts %s", name, volume)
		}
	}
}

// TestComposedNodes says that the three nodes find each other, and clients them.
func TestComposedNodes(t *testing.T) {
	c := readComposed(t, "compose.yaml")
	subnet := netip.MustParsePrefix(c.Networks["cluster"].IPAM.Config[0].Subnet)
	var nodes []string
	var seeds []string
	for name, s := range c.Services {
		if s.Env["EVENTSTORE_CLUSTER_SIZE"] == "" {
			continue
		}
		nodes = append(nodes, name)
		at := s.Env["EVENTSTORE_REPLICATION_IP"]
		assert.True(t, subnet.Contains(netip.MustParseAddr(at)), name)
		var networks map[string]struct {
			Address string `yaml:"ipv4_address"`
		}
		require.NoError(t, s.Networks.Decode(&networks))
		assert.Equal(t, at, networks["cluster"].Address, name)
		assert.Equal(t, name, s.Env["EVENTSTORE_ADVERTISE_HOST_TO_CLIENT_AS"])
		assert.Equal(t, "2113", s.Env["EVENTSTORE_ADVERTISE_NODE_PORT_TO_CLIENT_AS"])
		assert.Equal(t, "3", s.Env["EVENTSTORE_CLUSTER_SIZE"])
		assert.Equal(t, "None", s.Env["EVENTSTORE_RUN_PROJECTIONS"])
		assert.Equal(t, []string{"secrets/esdb.env"}, s.EnvOf)
		assert.NotContains(t, s.Env, "EVENTSTORE_INSECURE")
		n := strings.TrimPrefix(name, "esdb")
		assert.Contains(t, s.Volumes, "certs"+n+":/certs:ro")
		assert.Contains(t, s.Volumes, "data"+n+":/var/lib/eventstore")
		assert.Contains(t, c.Services["certificates"].Volumes, "certs"+n+":/nodes/"+n)
		seeds = append(seeds, at+":2113")
	}
	slices.Sort(nodes)
	require.Equal(t, []string{"esdb1", "esdb2", "esdb3"}, nodes)
	for _, name := range nodes {
		s := c.Services[name]
		own := s.Env["EVENTSTORE_REPLICATION_IP"] + ":2113"
		others := slices.DeleteFunc(slices.Clone(seeds), func(seed string) bool { return seed == own })
		assert.ElementsMatch(t, others, strings.Split(s.Env["EVENTSTORE_GOSSIP_SEED"], ","), name)
	}
	for _, name := range []string{"comity1", "comity2"} {
		s := c.Services[name]
		assert.Equal(t, []string{"serve", "--config", "/run/secrets/comity.yaml"}, s.Does)
		address, err := url.Parse(s.Env["COMITY_LOG"])
		require.NoError(t, err)
		assert.True(t, isAddress(s.Env["COMITY_LOG"]))
		assert.Nil(t, address.User)
		var dialled []string
		for host := range strings.SplitSeq(address.Host, ",") {
			dialled = append(dialled, strings.TrimSuffix(host, ":2113"))
		}
		assert.Equal(t, nodes, dialled)
		assert.Equal(t, "/"+c.Services["access"].Env["STREAM"], address.Path)
		assert.Equal(t, c.Services["access"].Env["CA"], address.Query().Get("tlsCAFile"))
		assert.Equal(t, "true", address.Query().Get("tls"))
		assert.Equal(t, name, s.Env["COMITY_SERVE_NAME"])
	}
}

// TestComposedSettings reads the settings of a replica as it does: from the file that
// secrets.sh made, and from the variables.
func TestComposedSettings(t *testing.T) {
	to := secretsOfCluster(t)
	s := readComposed(t, "compose.yaml").Services["comity2"]
	for variable, value := range s.Env {
		t.Setenv(variable, value)
	}
	t.Setenv("COMITY_SERVE_LISTEN", "0.0.0.0:8600") // of the image
	p := &program{machine: machine{getenv: os.Getenv}}
	got, _, err := p.loadSettings(filepath.Join(to, "comity.yaml"), nil)
	require.NoError(t, err)
	assert.Equal(t, s.Env["COMITY_LOG"], got.Log)
	assert.Equal(t, "/data/state", got.State)
	assert.GreaterOrEqual(t, len(got.AuthZEN.PageKey), 32)
	name, found := strings.CutPrefix(got.LogPassword, "/run/secrets/")
	require.True(t, found && slices.Contains(s.Secrets, name), got.LogPassword)
	full, err := withPassword(got.Log, filepath.Join(to, name))
	require.NoError(t, err)
	address, err := url.Parse(full)
	require.NoError(t, err)
	assert.Equal(t, secret(t, to, "comity.login"), address.User.String())
	for _, kept := range []string{got.State, got.Decisions} {
		assert.Contains(t, s.Volumes, "state2:/data", kept)
		assert.True(t, strings.HasPrefix(kept, "/data/"), kept)
	}
}

// TestClusterGuide says that the metrics, the problems and the settings that the guide to
// clusters names are those of the program.
func TestClusterGuide(t *testing.T) {
	guide, err := os.ReadFile("../../docs/guide/cluster.md")
	require.NoError(t, err)
	source, err := os.ReadFile("servemetrics.go")
	require.NoError(t, err)
	metrics := regexp.MustCompile(`\bcomity_[a-z_]+`).FindAllString(string(guide), -1)
	require.Greater(t, len(metrics), 10)
	for _, metric := range metrics {
		assert.Contains(t, string(source), `"`+metric+`"`)
	}
	problems, err := os.ReadFile("../../api/openapi/problems.yaml")
	require.NoError(t, err)
	told := regexp.MustCompile("(?:503|409) `([a-z_]+)`(?: or `([a-z_]+)`)?").FindAllStringSubmatch(string(guide), -1)
	require.Greater(t, len(told), 5)
	for _, m := range told {
		for _, code := range m[1:] {
			assert.True(t, code == "" || strings.Contains(string(problems), "\n  "+code+": {status: "), code)
		}
	}
	blocks := regexp.MustCompile("(?sm)^( *)```yaml\n(.*?)^ *```").FindAllStringSubmatch(string(guide), -1)
	require.Len(t, blocks, 2)
	for i, m := range blocks { // one stands in a list
		blocks[i][1] = strings.ReplaceAll("\n"+m[2], "\n"+m[1], "\n")
	}
	file := filepath.Join(t.TempDir(), "comity.yaml")
	require.NoError(t, os.WriteFile(file, []byte(blocks[0][1]), 0o600))
	p := &program{machine: machine{getenv: func(string) string { return "" }}}
	s, _, err := p.loadSettings(file, nil)
	require.NoError(t, err)
	assert.True(t, isAddress(s.Log) && s.LogPassword != "" && s.State != "")
	var rules struct {
		Groups []struct {
			Name  string
			Rules []struct{ Alert, Expr, For string }
		}
	}
	d := yaml.NewDecoder(strings.NewReader(blocks[1][1]))
	d.KnownFields(true)
	require.NoError(t, d.Decode(&rules))
	assert.NotEmpty(t, rules.Groups[0].Rules)
}

// script runs one of deploy/esdb, and returns what it said.
func script(t *testing.T, name string, environ []string, args ...string) (said string, err error) {
	t.Helper()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh")
	}
	file, err := filepath.Abs("../../deploy/esdb/" + name)
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), shell, append([]string{file}, args...)...) //nolint:gosec // one of ours
	cmd.Env = append(os.Environ(), environ...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// secretsOfCluster makes the folder of secrets.
func secretsOfCluster(t *testing.T) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "secrets")
	said, err := script(t, "secrets.sh", nil, to)
	require.NoError(t, err, said)
	return to
}

func secret(t *testing.T, folder, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, name))
	require.NoError(t, err)
	return strings.TrimSuffix(string(text), "\n")
}

// TestSecrets says that the folder of secrets has what the containers read, that others
// can't look into it, and that nothing in it is overwritten.
func TestSecrets(t *testing.T) {
	to := secretsOfCluster(t)
	c := readComposed(t, "compose.yaml")
	var named []string
	for _, s := range c.Secrets {
		named = append(named, filepath.Base(s.File))
	}
	var made []string
	entries, err := os.ReadDir(to)
	require.NoError(t, err)
	for _, e := range entries {
		made = append(made, e.Name())
	}
	assert.ElementsMatch(t, append(named, "esdb.env"), made)
	folder, err := os.Stat(to)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), folder.Mode().Perm())
	first := secret(t, to, "esdb.env")
	m := regexp.MustCompile(`^EVENTSTORE_DEFAULT_ADMIN_PASSWORD=([0-9a-f]{48})\nEVENTSTORE_DEFAULT_OPS_PASSWORD=([0-9a-f]{48})$`).FindStringSubmatch(first)
	require.NotNil(t, m, first)
	assert.Equal(t, "admin:"+m[1], secret(t, to, "admin.login"))
	own, found := strings.CutPrefix(secret(t, to, "comity.login"), "comity:")
	require.True(t, found)
	all := []string{m[1], m[2], own}
	assert.Len(t, slices.Compact(slices.Sorted(slices.Values(all))), 3)
	said, err := script(t, "secrets.sh", nil, to)
	require.Error(t, err)
	assert.Contains(t, said, "is there already")
	assert.Equal(t, first, secret(t, to, "esdb.env"))
	ignored, err := os.ReadFile("../../.gitignore")
	require.NoError(t, err)
	assert.Contains(t, string(ignored), "\n/deploy/secrets/\n")
}

// standIn takes the place of es-gencert-cli: it makes the files, and notes its arguments.
const standIn = `#!/bin/sh
echo "$@" >> "$NOTES"
while [ $# -gt 0 ]; do [ "$1" = -out ] && out="$2"; shift; done
mkdir -p "$out"
name=node; case "$out" in *ca) name=ca;; esac
date +%s%N > "$out/$name.crt"; date +%s%N > "$out/$name.key"
`

// TestCertificates runs what makes the certificates, with a stand-in for the tool that
// signs them: what is there stays, what is wanted anew is made by the same authority, and
// the names in a certificate are those by which its node is dialled.
func TestCertificates(t *testing.T) {
	root, tools := t.TempDir(), t.TempDir()
	for _, folder := range []string{"authority", "ca", "nodes/1", "nodes/2", "nodes/3"} {
		require.NoError(t, os.MkdirAll(filepath.Join(root, folder), 0o750))
	}
	require.NoError(t, os.WriteFile(filepath.Join(tools, "es-gencert-cli"), []byte(standIn), 0o700)) //nolint:gosec // it is run
	notes := filepath.Join(tools, "notes")
	run := func(more ...string) (made []string) {
		_ = os.Remove(notes)
		said, err := script(t, "certificates.sh", append([]string{
			"ROOT=" + root, "NOTES=" + notes, fmt.Sprintf("OWNER=%d:%d", os.Getuid(), os.Getgid()), "RENEW=",
			"PATH=" + tools + string(os.PathListSeparator) + os.Getenv("PATH"),
		}, more...))
		require.NoError(t, err, said)
		text, err := os.ReadFile(notes)
		if err != nil {
			return nil
		}
		return strings.Split(strings.TrimSpace(string(text)), "\n")
	}
	made := run()
	require.Len(t, made, 4)
	assert.Equal(t, "create-ca -out ./ca", made[0])
	c := readComposed(t, "compose.yaml")
	for n, line := range made[1:] {
		name := fmt.Sprintf("esdb%d", n+1)
		s := c.Services[name]
		assert.Contains(t, line, "-ip-addresses 127.0.0.1,"+s.Env["EVENTSTORE_REPLICATION_IP"]+" -dns-names localhost,"+s.Env["EVENTSTORE_ADVERTISE_HOST_TO_CLIENT_AS"])
		key, err := os.Stat(filepath.Join(root, "nodes", name[4:], "node.key"))
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), key.Mode().Perm())
	}
	authority := secret(t, root, "authority/ca/ca.crt")
	for _, copied := range []string{"ca/ca.crt", "nodes/1/ca/ca.crt", "nodes/2/ca/ca.crt", "nodes/3/ca/ca.crt"} {
		assert.Equal(t, authority, secret(t, root, copied), copied)
	}
	before := secret(t, root, "nodes/2/node.crt")
	assert.Empty(t, run(), "all of it is there")
	assert.Equal(t, before, secret(t, root, "nodes/2/node.crt"))
	assert.Len(t, run("RENEW=1"), 3)
	assert.NotEqual(t, before, secret(t, root, "nodes/2/node.crt"))
	assert.Equal(t, authority, secret(t, root, "authority/ca/ca.crt"))
	require.NoError(t, os.Remove(filepath.Join(root, "nodes/3/node.crt")))
	assert.Len(t, run(), 1, "of the node that has none")
}

// A desk is a stand-in for the HTTP of a node that access.sh speaks to. It knows nothing
// of EventStoreDB but the calls that its documentation shows.
type desk struct {
	mu     sync.Mutex
	calls  []string
	users  map[string]string // password of a name; mu
	rights string            // what was written to $settings last; mu
	deaf   int               // how many calls it refuses first, as a node without a leader; mu
	lax    bool              // whether everybody may read what is the server's own
	behind int               // how many times it does not know comity yet, as a node that follows; mu
}

func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	name, password, _ := r.BasicAuth()
	d.calls = append(d.calls, name+" "+r.Method+" "+r.URL.Path)
	says := func(status int) { w.WriteHeader(status) }
	switch {
	case d.deaf > 0:
		d.deaf--
		says(http.StatusServiceUnavailable)
	case d.users[name] != password:
		says(http.StatusUnauthorized)
	case r.Method == http.MethodPost && r.URL.Path == "/users":
		if d.users["comity"] != "" {
			says(http.StatusConflict)
			return
		}
		d.users["comity"] = regexp.MustCompile(`"password": "(\w+)"`).FindStringSubmatch(string(body))[1]
		says(http.StatusCreated)
	case r.URL.Path == "/users/comity/command/reset-password":
		d.users["comity"] = regexp.MustCompile(`"newPassword": "(\w+)"`).FindStringSubmatch(string(body))[1]
		says(http.StatusOK)
	case r.Method == http.MethodPost && r.URL.Path == "/streams/$settings" && name == "admin":
		d.rights = string(body)
		says(http.StatusCreated)
	case r.URL.Path == "/streams/office" && d.behind > 0:
		d.behind--
		says(http.StatusUnauthorized)
	case r.URL.Path == "/streams/office":
		says(http.StatusNotFound)
	case r.URL.Path == "/streams/$settings" && d.lax:
		says(http.StatusOK)
	default:
		says(http.StatusUnauthorized)
	}
}

// TestAccess runs what says who may read and write, against a stand-in for the server.
func TestAccess(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl")
	}
	secrets := secretsOfCluster(t)
	admin := strings.TrimPrefix(secret(t, secrets, "admin.login"), "admin:")
	own := strings.TrimPrefix(secret(t, secrets, "comity.login"), "comity:")
	run := func(d *desk) (string, error) {
		if d.users == nil {
			d.users = map[string]string{"admin": admin}
		}
		s := httptest.NewTLSServer(d)
		defer s.Close()
		ca := filepath.Join(t.TempDir(), "ca.crt")
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
		require.NoError(t, os.WriteFile(ca, text, 0o600))
		return script(t, "access.sh", []string{"NODE=" + s.URL, "CA=" + ca, "SECRETS=" + secrets, "STREAM=office", "TRIES=2", "PAUSE=0", "NO_PROXY=*", "no_proxy=*"})
	}
	fresh := &desk{deaf: 1, behind: 1}
	said, err := run(fresh)
	require.NoError(t, err, said)
	assert.Contains(t, said, "comity may read and write office, and is nobody else")
	assert.Equal(t, own, fresh.users["comity"])
	var rights []struct {
		ID   string `yaml:"eventId"`
		Type string `yaml:"eventType"`
		Data map[string]map[string]any
	}
	require.NoError(t, yaml.Unmarshal([]byte(fresh.rights), &rights)) // JSON is YAML
	require.Len(t, rights, 1)
	assert.Regexp(t, `^[0-9a-f]{8}-[0-9a-f-]{27}$`, rights[0].ID)
	both, admins := []any{"$admins", "comity"}, any("$admins")
	assert.Equal(t, map[string]map[string]any{
		"$userStreamAcl":   {"$r": both, "$w": both, "$mr": both, "$d": admins, "$mw": admins},
		"$systemStreamAcl": {"$r": admins, "$w": admins, "$mr": admins, "$d": admins, "$mw": admins},
	}, rights[0].Data)
	known := &desk{users: map[string]string{"admin": admin, "comity": "older"}}
	said, err = run(known)
	require.NoError(t, err, said)
	assert.Equal(t, own, known.users["comity"])
	said, err = run(&desk{users: map[string]string{"admin": "changed"}})
	require.Error(t, err)
	assert.Contains(t, said, "is not that of admin (status 401)")
	said, err = run(&desk{behind: 2})
	require.Error(t, err)
	assert.Contains(t, said, "may not read office (status 401)")
	said, err = run(&desk{lax: true})
	require.Error(t, err)
	assert.Contains(t, said, "comity reads $settings")
	for _, call := range slices.Concat(fresh.calls, known.calls) {
		assert.NotContains(t, call, admin)
	}
}
