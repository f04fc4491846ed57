package api_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/domain/domaintest"
)

func TestMaskRecord(t *testing.T) {
	for _, c := range []struct {
		in, want string
		masked   bool
	}{
		{`{"a":1,"payload":{"mission":"m"}}`, `{"a":1,"payload":{"mission":"m"}}`, false},
		{`{"text":"a personal matter"}`, `{"text":"a personal matter"}`, false},
		{`{"n":1.50,"payload":{"personal":{"name":"Ana Example","birth":"1980-02-03"},"z":"<b>"}}`, `{"n":1.50,"payload":{"personal":{"name":"***","birth":"***"},"z":"<b>"}}`, true},
		{`{"payload":{"body":{"payload":{"personal":{"names":["Ana",{"x":2}],"y":null}}}}}`, `{"payload":{"body":{"payload":{"personal":{"names":["***",{"x":"***"}],"y":"***"}}}}}`, true},
		{`{"payload":{"person\u0061l":{"name":"Ana Example"}}}`, `{"payload":{"personal":{"name":"***"}}}`, true},
		{`{"personal":`, ``, true},
	} {
		got, masked := api.MaskRecord([]byte(c.in))
		assert.Equal(t, c.masked, masked, c.in)
		assert.Equal(t, c.want, string(got))
	}
}

// TestMaskEveryEvent masks an example of every event: nothing but personal data changes.
func TestMaskEveryEvent(t *testing.T) {
	masked := 0
	for _, e := range domaintest.Examples() {
		data, err := codec.Encode(e)
		require.NoError(t, err)
		got, some := api.MaskRecord(data)
		if !some {
			assert.Equal(t, string(data), string(got))
			assert.NotContains(t, string(data), `"birth":`)
			continue
		}
		masked++
		var was, is map[string]any
		require.NoError(t, json.Unmarshal(data, &was))
		require.NoError(t, json.Unmarshal(got, &is))
		delete(was["payload"].(map[string]any), "personal")
		delete(is["payload"].(map[string]any), "personal")
		assert.Equal(t, was, is, "%s", got)
	}
	assert.Greater(t, masked, 2)
}
