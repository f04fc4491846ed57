package main

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
)

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say which version this is",
		Long: `Version says which program this is and what its answers depend on besides the log: the
version of the semantics, which changes when the same log would be read otherwise,
and the edition of the time zone data.`,
		Example: `  comity version
  comity version -o json`,
		Args: atLeast(false),
		RunE: func(*cobra.Command, []string) error { return p.version() },
	}
}

func (p *program) version() error {
	say := struct {
		Version   string `json:"version"`
		Go        string `json:"go"`
		Semantics int    `json:"semantics"`
		ZoneData  string `json:"zone_data"`
	}{moduleVersion(), runtime.Version(), engine.Semantics, calendar.Version()}
	if p.json() {
		return p.print(say)
	}
	g := p.page()
	g.line("comity     %s", say.Version)
	g.line("go         %s", say.Go)
	g.line("semantics  %d", say.Semantics)
	g.line("zone data  %s", say.ZoneData)
	return nil
}

// moduleVersion returns the version that the linker was told, or that of the module.
func moduleVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "devel"
}
