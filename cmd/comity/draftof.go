package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/rules"
)

// draftOf finds the text of a draft: of a folder, of a ruleset that ships, or of a draft
// or an edition in the log by its hash.
func (o *office) draftOf(ctx context.Context, name string) (engine.Draft, error) {
	files, err := filesOf(name)
	switch {
	case err == nil:
		bundle, err := rules.Bundle(files)
		if err != nil {
			return engine.Draft{}, badInput(fmt.Errorf("%s: %w", name, err))
		}
		return engine.Draft{Bundle: bundle}, nil
	case !hashWord.MatchString(name):
		return engine.Draft{}, badInput(err)
	}
	bundle, err := o.textByHash(ctx, name)
	return engine.Draft{Bundle: bundle}, err
}

// editionOf finds the whole hash of a draft or of an edition that was published.
func (o *office) editionOf(hash string) (string, error) {
	_, draft, err := o.FindDraft("", hash)
	if err == nil {
		return draft.Hash, nil
	}
	found := map[string]bool{}
	root := o.Root()
	for _, code := range root.View().Rulesets() {
		for _, one := range root.Editions(code, root.Position()) {
			if strings.HasPrefix(one, hash) {
				found[one] = true
			}
		}
	}
	if len(found) != 1 {
		return "", err
	}
	return sortedKeys(found)[0], nil
}

// invalidDraft names a draft that has mistakes.
func invalidDraft(name string, err error) error {
	if as[rules.Diagnostics](err) {
		return &invalid{name: name, error: err}
	}
	return err
}

// editionText names an edition for people.
func editionText(e domain.Edition) string {
	if e.Hash == "" {
		return "no edition of " + string(e.Ruleset)
	}
	return fmt.Sprintf("edition %s of %s, %s", e.Edition, e.Ruleset, e.Hash[:12])
}
