package domaintest

import (
	"flag"
	"os"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// Check tries a property on so many times the usual number of cases, and COMITY_CASES
// times as many of these. All of them differ: under a given seed rapid.Check called
// again would draw the same ones again. Tests that call it don't run in parallel with
// others that draw.
func Check(t *testing.T, times int, property func(*rapid.T)) {
	t.Helper()
	if more, err := strconv.Atoi(os.Getenv("COMITY_CASES")); err == nil && more > 0 {
		times *= more
	}
	checks := flag.Lookup("rapid.checks")
	usual := checks.Value.String()
	n, err := strconv.Atoi(usual)
	if err != nil {
		t.Fatal(err)
	}
	set := func(text string) {
		if err := checks.Value.Set(text); err != nil {
			t.Fatal(err)
		}
	}
	set(strconv.Itoa(n * times))
	defer set(usual)
	rapid.Check(t, property)
}
