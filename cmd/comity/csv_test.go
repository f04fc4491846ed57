package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func written(t require.TestingT, header []string, rows [][]string) string {
	var to bytes.Buffer
	p := &program{out: bufio.NewWriter(&to)}
	require.NoError(t, p.csv(header, rows))
	require.NoError(t, p.out.Flush())
	return to.String()
}

func TestCSV(t *testing.T) {
	assert.Equal(t, "who,why\r\nana,\"a, \"\"b\"\"\"\r\n'=1+1,'@SUM(A1)\r\n-12.50,'-2+3\r\n'+x,'\tx\r\n,'-\r\n",
		written(t, []string{"who", "why"}, [][]string{{"ana", `a, "b"`}, {"=1+1", "@SUM(A1)"}, {"-12.50", "-2+3"}, {"+x", "\tx"}, {"", "-"}}))
}

// What was written is read again as it was shown, apart from the apostrophes; and nothing that is read can be a formula.
func TestCSVIsReadAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.OneOf(rapid.String(), rapid.StringMatching(`[=+\-@\t\r\n",;a1 ]{0,6}`))
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, 2, 2), 1, 5).Draw(t, "rows")
		got, err := csv.NewReader(strings.NewReader(written(t, []string{"a", "b"}, rows))).ReadAll()
		require.NoError(t, err)
		require.Len(t, got, len(rows)+1)
		for i, row := range rows {
			for j, cell := range row {
				plain := shown(cell)
				read := got[i+1][j]
				require.Contains(t, []string{plain, "'" + plain}, read)
				require.False(t, !number.MatchString(read) && strings.ContainsAny(read[:min(1, len(read))], "=+-@\t\r\n"), "%q", read)
			}
		}
	})
}
