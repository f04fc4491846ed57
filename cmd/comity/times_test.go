package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
)

// Every flag that sends people to the help on times takes them as that help says.
func TestEveryTimeIsSettled(t *testing.T) {
	p := &program{machine: machine{getenv: func(string) string { return "" }, clock: time.Now, stdout: &bytes.Buffer{}}}
	seen := 0
	var look func(*cobra.Command)
	look = func(cmd *cobra.Command) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if !strings.Contains(f.Usage, "help times") && !strings.Contains(f.Usage, "this time") && !strings.Contains(f.Usage, "moment") {
				return
			}
			if f.Value.Type() != "string" {
				return
			}
			seen++
			assert.True(t, slices.Contains(questionTimes, f.Name) || slices.Contains(otherTimes, f.Name), "%s --%s", cmd.CommandPath(), f.Name)
		})
		for _, sub := range cmd.Commands() {
			look(sub)
		}
	}
	look(p.root())
	assert.Greater(t, seen, 20)
}
