package rules

import (
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTimeRunsOut(t *testing.T) {
	bundle, err := Bundle(os.DirFS("testdata/mini"))
	require.NoError(t, err)
	l := newLoader(nil)
	l.deadline = time.Now().Add(-time.Second)
	_, wrong := l.load(bundle)
	require.NotEmpty(t, wrong)
	assert.Equal(t, codeTime, wrong[0].Code)
}

func TestLoadStateNeedsTheCommonEdition(t *testing.T) {
	_, err := LoadState([]byte("-- a.yaml --\nruleset: xa\n"), nil)
	assert.ErrorContains(t, err, "there is none")
}

// TestManyLoadAtOnce loads and evaluates in several goroutines, for the race
// detector.
func TestManyLoadAtOnce(t *testing.T) {
	bundle, err := Bundle(os.DirFS("testdata/mini"))
	require.NoError(t, err)
	common, err := LoadCommon(bundle)
	require.NoError(t, err)
	state, err := Bundle(os.DirFS("testdata/arandia"))
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			e, err := LoadState(state, common)
			if !assert.NoError(t, err) {
				return
			}
			_, err = e.Rules[0].When.Bool(&Frame{})
			assert.EqualError(t, err, "member.category is not known")
			for _, r := range common.Rules {
				if r.When != nil {
					_, _ = r.When.Bool(&Frame{})
				}
			}
		})
	}
	wg.Wait()
}

// TestEveryCodeHasAMeaning holds the constants and their table together.
func TestEveryCodeHasAMeaning(t *testing.T) {
	for code, meaning := range DiagnosticCodes {
		assert.Regexp(t, `^E0\d\d$`, code)
		assert.NotEmpty(t, meaning, code)
	}
}
