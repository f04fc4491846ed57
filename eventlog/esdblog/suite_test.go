package esdblog_test

import (
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/esdblog"
	"github.com/comity-project/comity/eventlog/esdblog/esdbtest"
	"github.com/comity-project/comity/eventlog/logtest"
)

// server names the variable with the connection string of a real server or cluster.
// Where it is set, all tests of this package that need no faults on command run against
// that one, and not against the double.
const server = "COMITY_TEST_EVENTSTORE"

// somewhere returns the addresses of streams that nobody has written to yet: on the real
// server, or else on a double of one node.
func somewhere(t *testing.T) func() string {
	t.Helper()
	address := os.Getenv(server)
	if address == "" {
		c := esdbtest.New(t, 1)
		return func() string { return c.Address(fresh()) }
	}
	before, query, asked := strings.Cut(address, "?")
	scheme, hosts, _ := strings.Cut(before, "://")
	hosts, _, _ = strings.Cut(hosts, "/")
	return func() string {
		text := scheme + "://" + hosts + "/" + fresh()
		if asked {
			text += "?" + query
		}
		return text
	}
}

// fresh is the name of a stream that is not there.
func fresh() string { return "test-" + strings.ToLower(rand.Text()) }

// open opens a log that is more patient than by default: a machine on which all tests run
// at once may stand still for longer than that.
func open(t *testing.T, address string, o esdblog.Options) *esdblog.Log {
	t.Helper()
	if o.Patience == 0 {
		o.Patience = time.Minute
	}
	if o.Notice == nil {
		o.Notice = func(text string) { t.Log(text) }
	}
	var quiet func(string)
	quiet, o.Notice = o.Notice, func(text string) {
		if t.Context().Err() == nil { // what comes after the end of a test is nobody's
			quiet(text)
		}
	}
	log, err := esdblog.Open(t.Context(), address, o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = log.Close() })
	return log
}

func TestSuite(t *testing.T) {
	t.Parallel()
	address := somewhere(t)
	logtest.Test(t, func(t *testing.T) logtest.Harness {
		at := address()
		return logtest.Harness{
			Open: func(t *testing.T) (eventlog.Log, eventlog.Bodies) {
				log := open(t, at, esdblog.Options{Patience: 30 * time.Second})
				return log, log
			},
			Reopens: true,
			Reader: func(t *testing.T) eventlog.Log {
				return open(t, at, esdblog.Options{ReadOnly: true})
			},
		}
	})
}

// The same suite with three nodes, each of which may be asked.
func TestSuiteOfACluster(t *testing.T) {
	t.Parallel()
	if os.Getenv(server) != "" {
		t.Skip("TestSuite runs on whatever " + server + " names")
	}
	c := esdbtest.New(t, 3)
	logtest.Test(t, func(t *testing.T) logtest.Harness {
		at := c.Address(fresh())
		if strings.Contains(t.Name(), "Model") { // it has hundreds of logs
			at = fmt.Sprintf("%s&nodePreference=follower", at)
		}
		return logtest.Harness{
			Open: func(t *testing.T) (eventlog.Log, eventlog.Bodies) {
				log := open(t, at, esdblog.Options{Patience: 30 * time.Second})
				return log, log
			},
			Reopens: true,
		}
	})
}
