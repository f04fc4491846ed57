package main

import (
	_ "embed"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/internal/config"
)

//go:embed comity.yaml
var exampleSettings []byte

func (p *program) serveConfigCommand(file *string, words *[]string) *cobra.Command {
	var schema, example bool
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Check the settings of the server, and list them all",
		Long: `Config reads the settings as serve does, says all that is wrong with them, each with its
line, and lists every setting with its usual value, its variable and what it means.
--schema prints a JSON Schema for editors, and --example a file to begin with.`,
		Example: `  comity serve config
  comity serve config --example
  comity serve config --schema`,
		Args: atLeast(false),
		RunE: func(*cobra.Command, []string) error {
			usual := usualSettings()
			switch {
			case schema:
				_, err := p.out.Write(append(config.Schema(&usual, "Settings of comity serve"), '\n'))
				return err
			case example:
				_, err := p.out.Write(exampleSettings)
				return err
			}
			if _, _, err := p.loadSettings(*file, *words); err != nil {
				return err
			}
			all := config.Describe(&usual, "")
			if p.json() {
				return p.print(all)
			}
			g := p.page()
			var rows [][]string
			for _, s := range all {
				rows = append(rows, []string{s.Path, s.Type, s.Default, s.Variable, s.Doc})
			}
			g.list([]string{"setting", "type", "usually", "variable", "meaning"}, rows)
			return nil
		},
	}
	cmd.Flags().BoolVar(&schema, "schema", false, "print a JSON Schema of the file")
	cmd.Flags().BoolVar(&example, "example", false, "print a file to begin with")
	return cmd
}

func (p *program) serveKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "key",
		Short: "Make a key for a program that asks the server",
		Long: `Key makes a key at random. The program that asks keeps it and sends it as
"Authorization: Bearer KEY"; the configuration of the server holds its hash only, which is
printed with it, and says who the program is and what it may do.`,
		Example: `  comity serve key`,
		Args:    atLeast(false),
		RunE: func(*cobra.Command, []string) error {
			key, hash := auth.NewKey()
			if p.json() {
				return p.print(map[string]string{"key": key, "sha256": hash})
			}
			p.page().line("key     %s", key)
			p.page().line("sha256  %s", hash)
			fmt.Fprintf(p.out, `
Keep the key, which is shown only now. In the configuration of the server write:

auth:
  keys:
    - id: NAME-OF-THE-PROGRAM
      sha256: %s
      grants:
        - {role: system, offices: ["*"], countries: ["*"], programmes: ["*"]}
`, hash)
			return nil
		},
	}
}
