package config_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/comity-project/comity/internal/config"
	"github.com/comity-project/comity/internal/golden"
)

type settings struct {
	Serve struct {
		Listen string        `yaml:"listen" doc:"host and port to listen on"`
		Public string        `yaml:"public_url" doc:"where others find the server"`
		Time   time.Duration `yaml:"time" doc:"for one request"`
		Body   config.Size   `yaml:"body" doc:"bytes of one request"`
		Batch  int           `yaml:"batch" doc:"questions of one request"`
		Rate   float64       `yaml:"rate" doc:"requests a second"`
		Quiet  bool          `yaml:"quiet" doc:"say less"`
		Hosts  []string      `yaml:"hosts" doc:"names of the server"`
		Log    string        `yaml:"log" enum:"all,errors,none" doc:"which requests are told of"`
		Small  uint8         `yaml:"small"`
	} `yaml:"serve"`
	Auth struct {
		Keys   []key             `yaml:"keys" doc:"keys of programs"`
		Labels map[string]string `yaml:"labels" doc:"words for people"`
		Roles  map[string]key    `yaml:"roles"`
		Limits map[string]int    `yaml:"limits"`
	} `yaml:"auth"`
	Hidden string `yaml:"-"`
}

type key struct {
	ID      string    `yaml:"id" doc:"names who asks"`
	SHA256  string    `yaml:"sha256" secret:"true" doc:"of the key"`
	Expires time.Time `yaml:"expires" doc:"from when on it is not valid"`
}

func defaults() *settings {
	s := &settings{}
	s.Serve.Listen, s.Serve.Time, s.Serve.Body, s.Serve.Batch = "127.0.0.1:8080", 10*time.Second, 1<<20, 1000
	s.Serve.Log = "errors"
	s.Serve.Hosts = []string{"localhost"}
	s.Auth.Labels = map[string]string{"team": "none"}
	return s
}

const whole = `# all of it
serve:
  listen: "[::1]:80"
  public_url: https://comity.example
  time: 1m30s
  body: 2MiB
  batch: 7
  rate: 2.5
  quiet: true
  hosts: [a, "b"]
  log: all
auth:
  keys:
    - id: tax
      sha256: abcd
    - id: dmv
      expires: 2026-01-02T03:04:05Z
  labels:
    team: registry
  roles:
    clerk: {id: c}
`

func TestEverySourceInItsTurn(t *testing.T) {
	s := defaults()
	origins, err := config.Load(s, config.Sources{
		File: "comity.yaml", Text: []byte(whole),
		Environ: []string{"COMITY_SERVE_BATCH=8", "COMITY_SERVE_HOSTS=x, y", "COMITY_SERVE_RATE=", "COMITY_LOG=elsewhere", "HOME=/", "COMITY_SERVE_TIME=2s"},
		Set:     []string{"serve.batch=9", "auth.keys[1].id=dmv2", "auth.keys[2].id=new", "auth.labels.team=t=1", "auth.roles.clerk.id=d", "serve.batch=10", "serve.public_url="},
	})
	require.NoError(t, err)
	want := defaults()
	want.Serve.Listen, want.Serve.Time, want.Serve.Body = "[::1]:80", 2*time.Second, 2<<20
	want.Serve.Batch, want.Serve.Rate, want.Serve.Quiet, want.Serve.Log = 10, 2.5, true, "all"
	want.Serve.Hosts = []string{"x", "y"}
	want.Auth.Keys = []key{{ID: "tax", SHA256: "abcd"}, {ID: "dmv2", Expires: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}, {ID: "new"}}
	want.Auth.Labels = map[string]string{"team": "t=1"}
	want.Auth.Roles = map[string]key{"clerk": {ID: "d"}}
	assert.Equal(t, want, s)

	for path, where := range map[string]string{
		"serve.listen":        "comity.yaml:3:11",
		"serve":               "comity.yaml:2:1",
		"serve.small":         "comity.yaml:2:1", // nobody set it
		"serve.time":          "COMITY_SERVE_TIME",
		"serve.hosts":         "COMITY_SERVE_HOSTS",
		"serve.hosts[1]":      "COMITY_SERVE_HOSTS", // and no more where the file had it
		"serve.batch":         "--set serve.batch",
		"auth.keys[0].sha256": "comity.yaml:15:15",
		"auth.keys[1].sha256": "comity.yaml:16:7",
		"auth.keys[1].id":     "--set auth.keys[1].id",
		"auth.roles.clerk":    "comity.yaml:21:5",
		"nothing.like.it":     "comity.yaml",
	} {
		assert.Equal(t, where, origins.Where(path), path)
	}
	assert.True(t, origins.IsSet("auth"))
	assert.True(t, origins.IsSet("auth.keys[2]"))
	assert.False(t, origins.IsSet("serve.small"))
	assert.False(t, origins.IsSet("auth.key"))
	assert.EqualError(t, origins.Wrong("auth.keys[0].sha256", "has %d digits", 4), "comity.yaml:15:15: auth.keys[0].sha256: has 4 digits")
	assert.EqualError(t, origins.Wrong("serve.small", "is needed"), "comity.yaml:2:1: serve.small: is needed")
}

// Nothing at all leaves the defaults, and defaults that are shared are not changed.
func TestDefaults(t *testing.T) {
	s := defaults()
	labels, hosts := s.Auth.Labels, s.Serve.Hosts
	origins, err := config.Load(s, config.Sources{})
	require.NoError(t, err)
	assert.Equal(t, defaults(), s)
	assert.Equal(t, "settings", origins.Where("serve.listen"))
	_, err = config.Load(s, config.Sources{Set: []string{"auth.labels.team=x", "serve.hosts[0]=y"}})
	require.NoError(t, err)
	assert.Equal(t, "x", s.Auth.Labels["team"])
	assert.Equal(t, []string{"y"}, s.Serve.Hosts)
	assert.Equal(t, "none", labels["team"])
	assert.Equal(t, "localhost", hosts[0])
	for _, text := range []string{"", "# nothing\n", "---\n", "serve:\nauth:\n  keys:\n"} {
		s := defaults()
		_, err := config.Load(s, config.Sources{File: "f", Text: []byte(text)})
		require.NoError(t, err, text)
		assert.Equal(t, "127.0.0.1:8080", s.Serve.Listen)
	}
}

// Every file of testdata is wrong, and the golden beside it has the whole error.
func TestMistakes(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			sources := config.Sources{File: "comity.yaml", Text: text}
			for line := range strings.Lines(string(text)) {
				line = strings.TrimSuffix(line, "\n")
				if one, is := strings.CutPrefix(line, "#env "); is {
					sources.Environ = append(sources.Environ, one)
				}
				if one, is := strings.CutPrefix(line, "#set "); is {
					sources.Set = append(sources.Set, one)
				}
			}
			_, err = config.Load(defaults(), sources)
			require.ErrorAs(t, err, &config.Mistakes{})
			golden.Compare(t, strings.TrimSuffix(path, ".yaml")+".golden", []byte(err.Error()+"\n"))
		})
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	_, err := config.Load(defaults(), config.Sources{File: filepath.Join(t.TempDir(), "none.yaml")})
	require.ErrorIs(t, err, fs.ErrNotExist)
	path := filepath.Join(t.TempDir(), "large.yaml")
	require.NoError(t, os.WriteFile(path, []byte("# "+strings.Repeat("x", config.MaxFile)), 0o600))
	_, err = config.Load(defaults(), config.Sources{File: path})
	require.EqualError(t, err, path+": the file has more than 1048576 bytes")
	require.NoError(t, os.WriteFile(path, []byte("serve: {batch: 3}"), 0o600))
	s := defaults()
	_, err = config.Load(s, config.Sources{File: path, Prefix: "OTHER_", Environ: []string{"OTHER_SERVE_RATE=1.5", "OTHER_SERVE_MORE=2"}, Others: []string{"OTHER_SERVE_MORE"}})
	require.NoError(t, err)
	assert.Equal(t, 3, s.Serve.Batch)
	assert.InDelta(t, 1.5, s.Serve.Rate, 0)
}

// There may be a great many mistakes.
func TestManyMistakes(t *testing.T) {
	text := "serve:\n"
	for i := range 60 {
		text += fmt.Sprintf("  unknown%d: 1\n", i)
	}
	_, err := config.Load(defaults(), config.Sources{File: "f", Text: []byte(text)})
	require.ErrorContains(t, err, "f:51:3: serve.unknown49: there is no such setting\nand 10 more")
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]config.Size{"0": 0, "1": 1, "1KiB": 1024, "64 KiB": 65536, "1MB": 1e6, "3GiB": 3 << 30, "12B": 12} {
		got, err := config.ParseSize(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
		again, err := config.ParseSize(got.String())
		require.NoError(t, err)
		assert.Equal(t, want, again)
	}
	for _, text := range []string{"", "MiB", "-1", "1.5MiB", "1mib", "01", "9999999TiB", "99999999999999999999", "1 000"} {
		_, err := config.ParseSize(text)
		require.Error(t, err, text)
	}
}

func TestDescribe(t *testing.T) {
	text, err := json.MarshalIndent(config.Describe(defaults(), ""), "", "  ")
	require.NoError(t, err)
	golden.Compare(t, "testdata/describe.golden", append(text, '\n'))
}

// What Load takes, the schema allows; what the schema allows not, Load does not take.
func TestSchema(t *testing.T) {
	text := config.Schema(defaults(), "Settings of a test")
	golden.Compare(t, "testdata/schema.golden", text)
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("schema.json", document))
	schema, err := compiler.Compile("schema.json")
	require.NoError(t, err)
	check := func(text string) error {
		var v any
		require.NoError(t, yaml.Unmarshal([]byte(text), &v))
		as, err := json.Marshal(v)
		require.NoError(t, err)
		read, err := jsonschema.UnmarshalJSON(strings.NewReader(string(as)))
		require.NoError(t, err)
		return schema.Validate(read)
	}
	require.NoError(t, check(whole))
	for _, text := range []string{"serve: {listne: x}", "serve: {batch: x}", "serve: {time: 10}", "serve: {body: 1mib}", "serve: {log: every}", "auth: {keys: {id: x}}", "serve: {small: -1}", "auth: {limits: {a: b}}"} {
		require.Error(t, check(text), text)
		_, err := config.Load(defaults(), config.Sources{File: "f", Text: []byte(text)})
		require.Error(t, err, text)
	}
}

func TestStructsThatAreNoSettings(t *testing.T) {
	load := func(into any) func() {
		return func() { _, _ = config.Load(into, config.Sources{File: "f", Text: []byte("a: 1")}) }
	}
	assert.Panics(t, load(settings{}))
	assert.Panics(t, load(&struct{ A int }{}))
	assert.Panics(t, load(&struct {
		A chan int `yaml:"a"`
	}{}))
	assert.PanicsWithValue(t, "settings a_b and a.b have one variable COMITY_A_B", load(&struct {
		X int `yaml:"a_b"`
		A struct {
			B int `yaml:"b"`
		} `yaml:"a"`
	}{}))
}

// Whatever is in a file, a variable or a word, there is an answer or an error with a place,
// and what is taken says the same when it is read again.
func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("testdata/*.yaml")
	require.NoError(f, err)
	for _, path := range files {
		text, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(text, "x", "serve.listen=x")
	}
	f.Add([]byte(whole), "2s", "auth.keys[0].id=y")
	f.Add([]byte(""), "1", "auth.keys[9999999999].id=y")
	f.Add([]byte(""), "1", "auth.labels[0].id=y")
	f.Add([]byte(""), "1", "auth.labels.a.b=y")
	f.Fuzz(func(t *testing.T, text []byte, value, word string) {
		s, again := defaults(), defaults()
		sources := config.Sources{File: "f", Text: text, Environ: []string{"COMITY_SERVE_TIME=" + value, "COMITY_SERVE_HOSTS=" + value}, Set: []string{word}}
		_, err := config.Load(s, sources)
		_, twice := config.Load(again, sources)
		require.Equal(t, err, twice)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		require.Equal(t, s, again)
		require.GreaterOrEqual(t, s.Serve.Body, config.Size(0))
	})
}
