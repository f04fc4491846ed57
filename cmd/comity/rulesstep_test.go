package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/comity-project/comity/domain"
)

// A name with the end of a line in it does not break the line that says what is wrong.
func TestARefusedStepIsOneLine(t *testing.T) {
	err := stepRefused("", domain.Refusals{{Field: "actor", Text: "Ana\n\tis an author"}})
	assert.EqualError(t, err, `Ana\n\tis an author; --actor says who takes the step`)
}
