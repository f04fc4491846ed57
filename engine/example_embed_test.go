package engine_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/intake"
	"github.com/comity-project/comity/eventlog/sqlitelog"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

// An office in this process: the engine, a log in a file, and no server.
func Example_embedding() {
	folder, err := os.MkdirTemp("", "comity")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	if err := embed(context.Background(), filepath.Join(folder, "comity.db")); err != nil {
		fmt.Println(err)
	}
	// Output:
	// at position 5
	// fee: allowed true, by B-DIP/imm.criminal/agent
	// fee: allowed true
}

// The embassy of Arandia, and Fee, an agent there until the end of March.
const atTheEmbassy = `
- {type: state.registered, subject: state/arandia, effective: 2020-01-01, payload: {name: Arandia}}
- {type: mission.opened, subject: mission/arandia-embassy, effective: 2020-01-01, payload: {state: arandia, kind: embassy}}
- {type: member.accredited, subject: member/fee, effective: 2024-01-01, authority: note 1, payload: {mission: arandia-embassy, category: dip.agent}}
`

func embed(ctx context.Context, path string) error {
	// A log is a file; a driver is whatever keeps one. The engine sees no more of it than
	// eventlog.Log and eventlog.Bodies.
	log, err := sqlitelog.Create(path, sqlitelog.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()

	// The clock comes in here and nowhere below. Nil is the system's.
	clock := func() time.Time { return time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC) }
	config := engine.Config{Log: log, Bodies: log, Clock: clock}

	// An office is founded once, with the law that it begins with, and opened from then on
	// with engine.Open and the same Config.
	common, err := rules.Bundle(rulesets.Common())
	if err != nil {
		return err
	}
	e, err := engine.Found(ctx, config, engine.Founding{Office: "registry", Zone: "America/New_York", Mode: domain.Live, Actor: "setup", Bundles: [][]byte{common}})
	if err != nil {
		return err
	}

	// Events come from text as here, or as values of package domain.
	batch, err := intake.Read(strings.NewReader(atTheEmbassy), intake.YAML, e.Zone())
	if err != nil {
		return err
	}
	for i := range batch.Commands {
		batch.Commands[i].Actor = "clerk"
	}
	receipt, err := e.Submit(ctx, batch.Commands...)
	if err != nil {
		return err
	}
	fmt.Println("at position", receipt.Position)

	// The whole decision. Whatever goes wrong, it permits nothing.
	d, err := e.Ask(ctx, engine.Question{Subject: domain.Member("fee"), Privilege: "imm.criminal"})
	if err != nil {
		return err
	}
	fmt.Printf("fee: %s %t, by %s\n", d.Outcome, d.Permits(), d.Reasons[0].Rule)

	// The verdict alone, in well under a microsecond: for those who ask at every door.
	v, err := e.GlanceOf(domain.Member("fee"), "imm.criminal")
	if err != nil {
		return err
	}
	fmt.Println("fee:", v.Outcome, v.Permits())
	return nil
}

// TestEmbeddingGuide finds every piece of Go of the guide in an example that is run.
func TestEmbeddingGuide(t *testing.T) {
	guide, err := os.ReadFile("../docs/guide/embedding.md")
	require.NoError(t, err)
	var examples strings.Builder
	for _, file := range []string{"example_embed_test.go", "../client/example_test.go"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		examples.WriteString(unindented(string(text)))
	}
	pieces := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(guide), -1)
	require.GreaterOrEqual(t, len(pieces), 6)
	for _, piece := range pieces {
		assert.Contains(t, examples.String(), unindented(piece[1]))
	}
}

func unindented(text string) string {
	return regexp.MustCompile(`(?m)^[ \t]+`).ReplaceAllString(text, "")
}
