package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

// A source is a ruleset that was loaded, with its text.
type source struct {
	name    string // as it was asked for
	bundle  []byte
	edition *rules.Edition
	inLog   bool // found in the log, not by a name: its files stand in no folder
}

// folder is where the files of the source stand.
func (s source) folder() string {
	if s.inLog {
		return ""
	}
	return folderOf(s.name)
}

// folderOf is how the files of a ruleset are called wherever a place in them is named: in
// the folder from here, in one of the name under which it ships, or in one of the hash
// by which it was named.
func folderOf(name string) string {
	if slices.Contains(rulesets.Names(), name) {
		return name
	}
	info, err := os.Stat(name)
	switch {
	case err != nil && hashWord.MatchString(name):
		return strings.ToLower(name[:min(len(name), 12)])
	case err == nil && !info.IsDir():
		return fromHere(filepath.Dir(name)) // a file by itself
	}
	return fromHere(name)
}

// loadSources loads rulesets by the words that name them, see [program.textsNamed];
// without words, all that ship. The law is what they are loaded under: a common ruleset
// among them, or the one in force in the log if a hash is among the words, or else the one
// that ships. What is named twice is loaded once. Mistakes of all of them are returned
// together.
func (p *program) loadSources(ctx context.Context, names []string) (law rules.Law, loaded []source, err error) {
	if len(names) == 0 {
		names = rulesets.Names()
	}
	var once []string
	for _, name := range names {
		if !slices.ContainsFunc(once, func(other string) bool { return filepath.Clean(other) == filepath.Clean(name) }) {
			once = append(once, name)
		}
	}
	found, inForce, err := p.textsNamed(ctx, once)
	if err != nil {
		return law, nil, err
	}
	law.States = map[domain.StateID]*rules.Edition{}
	common := -1
	for i, s := range found {
		if code, _ := rules.CodeOf(s.bundle); code != rulesets.CommonName {
			continue
		}
		if common >= 0 {
			return law, nil, badInput(fmt.Errorf("%s and %s are both a common ruleset, of which the others would be read: name one of them at a time", found[common].name, s.name))
		}
		common = i
	}
	base := source{name: rulesets.CommonName, bundle: inForce}
	switch {
	case common >= 0:
		base = found[common]
	case base.bundle != nil:
		base.inLog = true
	default:
		if base.bundle, err = rules.Bundle(rulesets.Common()); err != nil {
			return law, nil, err
		}
	}
	if base.edition, err = p.editions.LoadCommon(base.bundle); err != nil {
		return law, nil, &invalid{name: base.name, error: err}
	}
	if p.judge != nil {
		base.edition.Language.Consult(p.judge)
	}
	law.Common = base.edition
	var wrong []error
	for i := range found {
		if i == common {
			found[i].edition = base.edition
			continue
		}
		if found[i].edition, err = p.editions.LoadState(found[i].bundle, base.edition); err != nil {
			wrong = append(wrong, &invalid{name: found[i].name, error: err})
			continue
		}
		law.States[domain.StateID(found[i].edition.Code)] = found[i].edition
	}
	return law, found, errors.Join(wrong...)
}

// textsNamed reads texts by the words that name them: folders, rulesets that ship, or
// eight digits or more of the hash of a draft or an edition in the log. If there is a hash
// among them, it also returns the text of the common edition in force in that log now.
func (p *program) textsNamed(ctx context.Context, names []string) (found []source, common []byte, err error) {
	var o *office
	defer func() {
		if o != nil {
			err = errors.Join(err, o.close(ctx))
		}
	}()
	for _, name := range names {
		s := source{name: name}
		files, err := filesOf(name)
		switch {
		case err == nil:
			if s.bundle, err = rules.Bundle(files); err != nil {
				return nil, nil, badInput(fmt.Errorf("%s: %w", name, err))
			}
		case !hashWord.MatchString(name):
			return nil, nil, badInput(fmt.Errorf("%w, or write eight digits or more of the hash of a draft or an edition in the log", err))
		default:
			if o == nil {
				if o, err = p.readOffice(ctx); err != nil {
					return nil, nil, err
				}
				_, common, _ = o.inForce(rulesets.CommonName)
			}
			if s.bundle, err = o.textByHash(ctx, name); err != nil {
				return nil, nil, err
			}
		}
		found = append(found, s)
	}
	return found, common, nil
}

// inForce finds the text of the edition of a ruleset that is in force now, and its hash.
func (o *office) inForce(code domain.RulesetID) (hash string, bundle []byte, found bool) {
	for _, e := range api.Editions(o.Engine, o.Now()) {
		if e.InForce && e.Ruleset == code {
			bundle, found = o.Root().Library().Bundle(e.Hash)
			return e.Hash, bundle, found
		}
	}
	return "", nil, false
}

// textByHash reads the text of a draft or an edition by the first digits of its hash.
func (o *office) textByHash(ctx context.Context, word string) ([]byte, error) {
	hash, err := o.editionOf(strings.ToLower(word))
	if err != nil {
		return nil, err
	}
	return o.Text(ctx, hash)
}

// filesOf finds a ruleset: a folder, if the word is the path of one, or one that
// ships under that name.
func filesOf(name string) (fs.FS, error) {
	if files, err := rulesets.Of(name); err == nil {
		return files, nil
	}
	info, err := os.Stat(name)
	if err == nil && info.IsDir() {
		return os.DirFS(name), nil
	}
	return nil, fmt.Errorf("%q is neither a folder nor a ruleset that ships%s: name a folder of *.yaml files, or one of %v", name, domain.DidYouMean(name, rulesets.Names()), rulesets.Names())
}
