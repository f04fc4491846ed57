package codec_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/domain/domaintest"
)

const page = "../../docs/format/events.md"

// documented returns every line of JSON that the page on events shows.
func documented(t testing.TB) []string {
	var lines []string
	for _, block := range blocks(t, "(json|jsonl)") {
		for line := range strings.Lines(block) {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

// blocks returns the fenced blocks of the page whose language matches.
func blocks(t testing.TB, language string) []string {
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	var found []string
	for _, m := range regexp.MustCompile("(?ms)^```(?:"+language+")\n(.*?)^```$").FindAllSubmatch(text, -1) {
		found = append(found, string(m[len(m)-1]))
	}
	require.NotEmpty(t, found)
	return found
}

func TestDocumentedExamples(t *testing.T) {
	for _, line := range documented(t) {
		_, err := codec.DecodeDraft([]byte(line), domaintest.Office)
		assert.NoError(t, err, line)
	}
}

// The page has a section for every type, in the order of domain.Events, with a
// table of exactly its keys and an example of it.
func TestDocumentedTypes(t *testing.T) {
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	var order []domain.Type
	sections := map[domain.Type]string{}
	for _, m := range regexp.MustCompile("(?ms)^### `([a-z_.]+)`\n(.*?)(?:^##)").FindAllStringSubmatch(strings.ReplaceAll(string(text), "\n##", "\n##\n##"), -1) {
		order = append(order, domain.Type(m[1]))
		sections[domain.Type(m[1])] = m[2]
	}
	var want []domain.Type
	for _, e := range domain.Events() {
		want = append(want, e.Type())
	}
	require.Equal(t, want, order)

	row := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| [^|]* \\| ([^|]*) \\|")
	example := regexp.MustCompile("(?ms)^```json\n(.*?)^```$")
	for _, e := range domain.Events() {
		section := sections[e.Type()]
		keys, required := codec.TopKeys(e.Type())
		var documented []string
		for _, m := range row.FindAllStringSubmatch(section, -1) {
			documented = append(documented, m[1])
			assert.Equal(t, required[m[1]], m[2] == "yes", "%s: whether %s is required", e.Type(), m[1])
		}
		assert.Equal(t, keys, documented, "the keys of %s", e.Type())
		assert.Equal(t, len(keys) == 0, strings.Contains(section, "No payload.") || strings.Contains(section, "No\npayload."), "%s: no payload", e.Type())
		assert.Equal(t, domain.NeedsTarget(e), regexp.MustCompile(`Needs\s+a\s+target`).MatchString(section), "%s: a target", e.Type())
		assert.Equal(t, domain.NeedsAuthority(e), regexp.MustCompile(`(Needs an|and an|Needs a target and an)\s+authority(\.| No)`).MatchString(section), "%s: an authority", e.Type())

		m := example.FindStringSubmatch(section)
		require.NotNil(t, m, "%s has no example", e.Type())
		d, err := codec.DecodeDraft([]byte(strings.TrimSpace(m[1])), domaintest.Office)
		require.NoError(t, err)
		assert.Equal(t, e.Type(), d.Envelope.Type(), "the example of %s", e.Type())
		if e.About() != "" {
			assert.Contains(t, section, "About `"+string(e.About())+"/", "%s: its subject", e.Type())
		}
	}
}

// The histories on the page resolve their refs, never go back in time, and are
// accepted by the same rules as any other.
func TestDocumentedHistories(t *testing.T) {
	histories := blocks(t, "jsonl")
	require.Len(t, histories, 2)
	for _, history := range histories {
		var (
			refs codec.Refs
			last time.Time
			n    byte
			seen []domain.Type
		)
		subjects := map[domain.Subject]bool{}
		for d, err := range codec.DecodeDrafts(strings.NewReader(history), domaintest.Office) {
			require.NoError(t, err)
			n++
			d.Envelope.ID = domain.EventID{n}
			require.NoError(t, refs.Resolve(&d))
			if d.HasRecorded {
				assert.False(t, d.Envelope.Recorded.Before(last), "recorded goes back in %s", codec.Describe(d.Envelope))
				last = d.Envelope.Recorded
			}
			for _, ref := range domain.References(d.Envelope.Event) {
				assert.True(t, subjects[ref] || len(histories[0]) == len(history), "%s is not introduced before %s", ref, codec.Describe(d.Envelope))
			}
			subjects[d.Envelope.Subject] = true
			seen = append(seen, d.Envelope.Type())
		}
		if len(seen) > 5 {
			for _, typ := range []domain.Type{"state.registered", "mission.opened", "member.accredited", "family.joined", "member.status_changed",
				"member.functions_ended", "event.corrected", "event.retracted", "measure.determined", "waiver.granted"} {
				assert.True(t, slices.Contains(seen, typ), typ)
			}
		}
	}
}

// The example of the stored form is one.
func TestDocumentedStoredForm(t *testing.T) {
	text := blocks(t, "json")
	line := strings.TrimSpace(text[len(text)-1])
	e, err := codec.Decode([]byte(line))
	require.NoError(t, err)
	data, err := codec.Encode(e)
	require.NoError(t, err)
	assert.Equal(t, line, string(data))
}
