package rules

import "strings"

// CodeOf returns the ruleset that a bundle says it is an edition of, without
// checking the rest.
func CodeOf(bundle []byte) (string, bool) {
	for line := range strings.Lines(string(bundle)) {
		if value, found := strings.CutPrefix(line, "ruleset:"); found {
			value, _, _ = strings.Cut(value, "#")
			code := strings.Trim(strings.TrimSpace(value), `"'`)
			return code, code != ""
		}
	}
	return "", false
}
