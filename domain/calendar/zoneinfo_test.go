package calendar_test

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain/calendar"
)

// The data is the edition that zoneinfo.txt says it is.
func TestZoneinfoIsAsNoted(t *testing.T) {
	note, err := os.ReadFile("zoneinfo.txt")
	require.NoError(t, err)
	data, err := os.ReadFile("zoneinfo.zip")
	require.NoError(t, err)
	sum := sha256.Sum256(data)
	assert.Contains(t, string(note), "sha256 "+hex.EncodeToString(sum[:])+"\n")
	assert.Regexp(t, regexp.MustCompile(`^20\d\d[a-z]$`), calendar.Version())
	assert.Contains(t, string(note), "tz "+calendar.Version()+"\n")
}

// In a process told to take Chicago for Tokyo, package time does, and the
// calendar doesn't.
func TestZoneDataIsOurs(t *testing.T) {
	const probe = "COMITY_CALENDAR_PROBE"
	if os.Getenv(probe) != "" {
		noon := time.Date(2025, 1, 10, 12, 0, 0, 0, time.UTC)
		fooled, err := time.LoadLocation("America/Chicago")
		require.NoError(t, err)
		require.Equal(t, "21:00", noon.In(fooled).Format("15:04"), "the trap must work for the test to mean anything")
		require.Equal(t, "06:00", noon.In(zone(t, "America/Chicago").Location()).Format("15:04"))
		require.Equal(t, "2025-01-10T06:00:00Z", calendar.FormatInstant(zone(t, "America/Chicago").Midnight(date(t, "2025-01-10"))))
		return
	}

	trap := filepath.Join(t.TempDir(), "zoneinfo.zip")
	writeTrap(t, trap)
	self, err := os.Executable()
	require.NoError(t, err)
	child := exec.CommandContext(t.Context(), self, "-test.run=^TestZoneDataIsOurs$", "-test.v")
	child.Env = append(os.Environ(), probe+"=1", "ZONEINFO="+trap, "TZ=Asia/Tokyo")
	out, err := child.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "PASS: TestZoneDataIsOurs")
}

// writeTrap makes an archive in which America/Chicago has the clock of Tokyo.
func writeTrap(t *testing.T, path string) {
	t.Helper()
	ours, err := zip.OpenReader("zoneinfo.zip")
	require.NoError(t, err)
	defer ours.Close()
	out, err := os.Create(path)
	require.NoError(t, err)
	defer out.Close()
	w := zip.NewWriter(out)
	for _, f := range ours.File {
		if f.Name != "Asia/Tokyo" {
			continue
		}
		r, err := f.OpenRaw()
		require.NoError(t, err)
		header := f.FileHeader
		header.Name = "America/Chicago"
		entry, err := w.CreateRaw(&header)
		require.NoError(t, err)
		_, err = io.Copy(entry, r)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
}
