package rules_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/comity-project/comity/rules"
)

// FuzzLoadState gives the loader any bytes: it must come back with an edition or
// with diagnostics, never panic, and say the same twice.
func FuzzLoadState(f *testing.F) {
	common := mini(f)
	seed(f)
	f.Fuzz(func(t *testing.T, bundle []byte) {
		e, err := rules.LoadState(bundle, common)
		check(t, e, err)
		_, again := rules.LoadState(bundle, common)
		if (err == nil) != (again == nil) || err != nil && err.Error() != again.Error() {
			t.Fatalf("said\n%v\nand then\n%v", err, again)
		}
	})
}

func FuzzLoadCommon(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, bundle []byte) {
		e, err := rules.LoadCommon(bundle)
		check(t, e, err)
	})
}

func seed(f *testing.F) {
	f.Add(bundleOf(f, "testdata/arandia"))
	f.Add(bundleOf(f, "testdata/mini"))
	files, err := filepath.Glob("testdata/errors/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		bundle, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(bundle)
	}
}

func check(t *testing.T, e *rules.Edition, err error) {
	if err == nil {
		frame := &rules.Frame{}
		for _, r := range e.Rules {
			if r.When != nil {
				_, _ = r.When.Bool(frame)
			}
		}
		return
	}
	wrong, ok := err.(rules.Diagnostics) //nolint:errorlint // the exact type is promised
	if !ok || len(wrong) == 0 {
		t.Fatalf("not diagnostics: %v", err)
	}
	for _, d := range wrong {
		if strings.Contains(d.Message, "fault of the program") {
			t.Fatalf("the loader broke down: %v", err)
		}
		if found := foreign(d); found != "" {
			t.Fatalf("%q in %v", found, d)
		}
		if rules.DiagnosticCodes[d.Code] == "" || d.Pos.Line < 1 || d.Pos.Column < 1 {
			t.Fatalf("bad diagnostic %#v", d)
		}
	}
}

// FuzzExpression puts any text where a condition stands.
func FuzzExpression(f *testing.F) {
	common := mini(f)
	for _, when := range []string{sixAtoms, "a", "x.exists(y, y)", "[[[", `"\u12`, "1 == 1u", "has(member.age)", "m.places.all(p, p == request.place) ? true : false", "answers[IMM_ARREST]"} {
		f.Add(when)
	}
	f.Fuzz(func(t *testing.T, when string) {
		quoted := make([]byte, 0, len(when))
		for i := range len(when) {
			switch c := when[i]; {
			case c == '\'':
				quoted = append(quoted, '\'', '\'')
			case c == '\n' || c == '\r' || c == 0:
				quoted = append(quoted, ' ')
			default:
				quoted = append(quoted, c)
			}
		}
		bundle := "-- a.yaml --\nruleset: xa\nedition: e\ntitle: t\nrules:\n  - {id: X, tier: duty, privilege: [tax.sales], each: measure m, cite: [a], because: b, when: '" + string(quoted) + "'}\n"
		e, err := rules.LoadState([]byte(bundle), common)
		check(t, e, err)
	})
}

func FuzzRequest(f *testing.F) {
	common := mini(f)
	f.Add("amount", "$300")
	f.Add("distance", "2.5")
	f.Add("offense", "felony")
	f.Fuzz(func(t *testing.T, name, word string) {
		o, err := common.Language.Request(map[string]string{name: word})
		if err != nil {
			return
		}
		v, known := o.Value(name)
		if !known {
			t.Fatalf("%s=%s was taken, and is not there", name, word)
		}
		back, err := common.Language.Request(map[string]string{name: v.String()})
		if err != nil {
			t.Fatalf("%s=%s came back as %v: %v", name, word, v, err)
		}
		if again, _ := back.Value(name); !again.Equal(v) {
			t.Fatalf("%s=%s came back as %v and then %v", name, word, v, again)
		}
	})
}
