package config

import (
	"fmt"
	"strings"
)

// A Mistake is one thing that is wrong with the settings.
type Mistake struct {
	Where string // the source: comity.yaml:12:5, or the name of a variable
	Path  string // the setting; empty if it is about none
	Text  string
}

func (m Mistake) Error() string {
	if m.Path == "" {
		return m.Where + ": " + m.Text
	}
	return m.Where + ": " + m.Path + ": " + m.Text
}

// Mistakes are all that is wrong, in the order of the sources.
type Mistakes []Mistake

// mostTold bounds how many mistakes are told; people read fewer.
const mostTold = 50

func (m Mistakes) Error() string {
	var b strings.Builder
	for i, one := range m {
		if i == mostTold {
			fmt.Fprintf(&b, "\nand %d more", len(m)-i)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(one.Error())
	}
	return b.String()
}

// Err returns the mistakes as an error, and nil if there are none.
func (m Mistakes) Err() error {
	if len(m) == 0 {
		return nil
	}
	return m
}

// clip shortens what is repeated of a source.
func clip(text string) string {
	if len(text) > 60 {
		return strings.ToValidUTF8(text[:60], "") + "..."
	}
	return text
}
