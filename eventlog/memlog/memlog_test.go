package memlog_test

import (
	"testing"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/logtest"
	"github.com/comity-project/comity/eventlog/memlog"
)

func TestSuite(t *testing.T) {
	logtest.Test(t, func(*testing.T) logtest.Harness {
		log := memlog.New()
		return logtest.Harness{
			Open: func(*testing.T) (eventlog.Log, eventlog.Bodies) { return log, log },
		}
	})
}
