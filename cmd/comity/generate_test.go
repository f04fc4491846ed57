package main

import (
	"bytes"
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestGenerateInterrupted says that whoever breaks off finds nothing left.
func TestGenerateInterrupted(t *testing.T) {
	for _, flag := range []string{"--out", "--database"} {
		t.Run(flag, func(t *testing.T) {
			t.Chdir(t.TempDir())
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(300*time.Millisecond, cancel)
			var out, complaint bytes.Buffer
			code := run(ctx, machine{
				args:  []string{"generate", "--members", "2000", "--events", "20000000", flag, "office"},
				stdin: &bytes.Buffer{}, stdout: &out, stderr: &complaint,
				getenv: func(string) string { return "" }, clock: time.Now, editions: read,
			})
			assert.Equal(t, exitInterrupted, code, complaint.String())
			left, err := os.ReadDir(".")
			require.NoError(t, err)
			assert.Empty(t, left)
		})
	}
}
