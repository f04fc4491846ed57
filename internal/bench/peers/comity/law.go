package main

import (
	"fmt"
	"testing/fstest"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/internal/bench/peers/harness"
	"github.com/comity-project/comity/internal/bench/peers/workload"
	"github.com/comity-project/comity/rules"
)

// sources are the bundles of the law: that of common, and of each State.
type sources struct {
	common []byte
	states []string
	own    [][]byte
}

// Size is that of all bundles, in bytes.
func (s *sources) Size() int {
	n := len(s.common)
	for _, own := range s.own {
		n += len(own)
	}
	return n
}

func write(law *workload.Law) (any, error) {
	s := &sources{states: law.States}
	var err error
	if s.common, err = bundle(law.Common()); err != nil {
		return nil, err
	}
	for _, state := range law.States {
		own, err := bundle(law.Own(state))
		if err != nil {
			return nil, err
		}
		s.own = append(s.own, own)
	}
	return s, nil
}

func bundle(text string) ([]byte, error) {
	return rules.Bundle(fstest.MapFS{"ruleset.yaml": {Data: []byte(text)}})
}

// load compiles the common law and the rulesets of all States.
func load(from any) (rules.Law, error) {
	s := from.(*sources)
	common, err := rules.LoadCommon(s.common)
	if err != nil {
		return rules.Law{}, fmt.Errorf("the common law: %w", err)
	}
	law := rules.Law{Common: common, States: make(map[domain.StateID]*rules.Edition, len(s.states))}
	for i, state := range s.states {
		if law.States[domain.StateID(state)], err = rules.LoadState(s.own[i], common); err != nil {
			return law, fmt.Errorf("the law of %s: %w", state, err)
		}
	}
	return law, nil
}

var _ harness.Sized = (*sources)(nil)
