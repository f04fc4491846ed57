package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestBackupPage holds the examples of docs/format/backup.md to what the commands write
// and print, key by key in their order.
func TestBackupPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/format/backup.md")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	require.Len(t, blocks, 3)
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("shown", 0o700))
	require.NoError(t, os.WriteFile(filepath.Join("shown", manifestName), []byte(blocks[0][1]), 0o600))
	_, err = readManifest("shown")
	require.NoError(t, err)
	typed(t, "comity init --history --office ofm-chicago")
	said := typed(t, "comity backup monday -o json")
	written, err := os.ReadFile(filepath.Join("monday", manifestName))
	require.NoError(t, err)
	assert.Equal(t, keysOf(t, blocks[0][1]), keysOf(t, string(written)))
	assert.Equal(t, append([]string{"backup"}, keysOf(t, string(written))...), keysOf(t, said))
	assert.Equal(t, keysOf(t, blocks[1][1]), keysOf(t, typed(t, "comity restore monday --log copy.db -o json")))
	assert.Equal(t, keysOf(t, blocks[2][1]), keysOf(t, typed(t, "comity check -o json")))
}

// keysOf lists the keys of a JSON object in their order, with the keys of objects in it
// behind theirs.
func keysOf(t *testing.T, text string) []string {
	t.Helper()
	in := json.NewDecoder(strings.NewReader(text))
	var keys, above []string // above holds "" for a list
	key, expects := "", false
	for in.More() || len(above) > 0 {
		token, err := in.Token()
		require.NoError(t, err)
		switch v := token.(type) {
		case json.Delim:
			switch v {
			case '{', '[':
				above = append(above, key+string(v))
				expects = v == '{'
				continue
			}
			above = above[:len(above)-1]
			if len(above) == 0 {
				return keys
			}
		case string:
			if expects {
				key, expects = v, false
				path := ""
				for _, a := range above[1:] {
					path += strings.TrimRight(a, "{[") + "."
				}
				if path+v != "" && !slices.Contains(keys, path+v) {
					keys = append(keys, path+v)
				}
				continue
			}
		}
		expects = strings.HasSuffix(above[len(above)-1], "{")
	}
	return keys
}
