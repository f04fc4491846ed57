package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/workshop"
	"github.com/comity-project/comity/rulesets"
)

func (p *program) rulesSchemaCommand() *cobra.Command {
	var with string
	cmd := &cobra.Command{
		Use:   "schema [ruleset|BLOCK]",
		Short: "Write the JSON Schema of rulesets, for editors",
		Long: `Schema writes the JSON Schema (2020-12) of a file of a ruleset, or of one of its blocks
such as rules or cases. Editors complete and check by it; it knows every key, and the
privileges, categories, facts and all other codes that the common ruleset declares: the
one that ships, or with --with that of a folder.

What a schema can't say, such as whether expressions are right, comity rules check does.`,
		Example: `  comity rules schema
  comity rules schema cases
  comity rules schema --with ./my-common`,
		ValidArgs: workshop.SchemaNames(),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage(cmd, "%q is too much: the command takes one name", args[1])
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return p.rulesSchema(append(args, "ruleset")[0], with) },
	}
	cmd.Flags().StringVar(&with, "with", rulesets.CommonName, "`FOLDER` of the common ruleset whose codes the schema knows")
	return cmd
}

func (p *program) rulesSchema(name, with string) error {
	files, err := filesOf(with)
	if err != nil {
		return badInput(err)
	}
	bundle, err := rules.Bundle(files)
	if err != nil {
		return badInput(fmt.Errorf("%s: %w", with, err))
	}
	common, err := p.editions.LoadCommon(bundle)
	if err != nil {
		return &invalid{name: with, error: err}
	}
	text, err := workshop.Schema(name, common.Language)
	if err != nil {
		return badInput(err)
	}
	_, err = p.out.Write(text)
	return err
}
