package facts_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	synthetic "github.com/comity-project/comity/internal/generate"
	"github.com/comity-project/comity/projections/facts"
)

// generated returns so many events of a generated office, in order.
func generated(t testing.TB, members, events int) []domain.Envelope {
	t.Helper()
	office, err := synthetic.New(synthetic.Options{Members: members, Events: events, Seed: 1})
	require.NoError(t, err)
	all := make([]domain.Envelope, 0, events)
	for command := range office.Commands() {
		all = append(all, command.Drafts...)
	}
	return all
}

const (
	benchMembers = 2000
	benchEvents  = 20_000
)

// An office of the usual sort takes no more room than planned.
func TestPackSize(t *testing.T) {
	d := facts.NewDictionary()
	p := facts.NewPacker(d)
	size := 0
	all := generated(t, benchMembers, benchEvents)
	for _, e := range all {
		data, err := facts.Pack(p, nil, e)
		require.NoError(t, err)
		size += len(data)
		got, err := facts.Unpack(d, data)
		require.NoError(t, err)
		got.Subject, got.Recorded, got.Target = e.Subject, e.Recorded, e.Target
		require.Equal(t, e, got)
	}
	each := float64(size) / float64(len(all))
	t.Logf("%d events: %.1f bytes each, %d texts of %d bytes in the dictionary", len(all), each, facts.DictionaryLen(d), facts.DictionarySize(d))
	require.Less(t, each, 48.0)
}

func BenchmarkPack(b *testing.B) {
	all := generated(b, benchMembers, benchEvents)
	p := facts.NewPacker(facts.NewDictionary())
	dst, size, n := make([]byte, 0, 1<<10), 0, 0
	b.ReportAllocs()
	for b.Loop() {
		data, err := facts.Pack(p, dst, all[n%len(all)])
		if err != nil {
			b.Fatal(err)
		}
		if n++; n <= len(all) {
			size += len(data)
		}
	}
	b.ReportMetric(float64(size)/float64(min(n, len(all))), "bytes/event")
}

func BenchmarkUnpack(b *testing.B) {
	d, data := packedOffice(b)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		if _, err := facts.Unpack(d, data[n%len(data)]); err != nil {
			b.Fatal(err)
		}
		n++
	}
}

func BenchmarkUnpackEvent(b *testing.B) {
	d, data := packedOffice(b)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := facts.UnpackEvent(d, data[n%len(data)]); err != nil {
			b.Fatal(err)
		}
		n++
	}
}

func packedOffice(b *testing.B) (d *facts.Dictionary, data [][]byte) {
	b.Helper()
	d = facts.NewDictionary()
	p := facts.NewPacker(d)
	for _, e := range generated(b, benchMembers, benchEvents) {
		one, err := facts.Pack(p, nil, e)
		require.NoError(b, err)
		data = append(data, one)
	}
	return d, data
}
