package svg_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/internal/golden"
	"github.com/comity-project/comity/internal/svg"
)

func day(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

var answers = []svg.Answer{
	{svg.Allowed, "A", "allowed"},
	{svg.Conditional, "C1", "allowed with conditions: minimum_purchase amount=150.00"},
	{svg.Conditional, "C2", "allowed with conditions: three_exceptions"},
	{svg.Notify, "N", "notification required"},
	{svg.Permission, "P", "permission required"},
	{svg.Denied, "D", "denied"},
	{svg.Unclear, "?", "cannot tell"},
	{svg.Void, "–", "no law in force"},
}

func bars(days string, answers ...int) []svg.Bar {
	var out []svg.Bar
	from := time.Time{}
	edges := strings.Fields(days)
	for i, a := range answers {
		to := time.Time{}
		if i < len(edges) {
			to = day(edges[i])
		}
		out = append(out, svg.Bar{From: from, To: to, Answer: a, Title: fmt.Sprintf("%s – %s", from, to)})
		from = to
	}
	return out
}

var drawings = map[string]svg.Drawing{
	"timeline": {
		Title: "member/ana imm.arrest", Desc: "denied, then allowed from 2024-01-01 until 2024-07-01, then denied", Subtitle: "as known at position 9",
		Axis: "as of, dates in America/New_York", Answers: answers, Mark: day("2025-06-01"), MarkLabel: "asked about 2025-06-01",
		Rows: []svg.Row{{Bars: bars("2020-01-01 2024-01-01 2024-07-01", 7, 5, 0, 5)}},
	},
	"every-tone": {
		Title: "Every answer, and a title that is much too long to be written on one line of a drawing of this width, whatever the letters are", Desc: "a test",
		Subtitle: "a subtitle that is long as well and therefore wraps to a second line where it goes on for as long as there is room and then is cut off, since there are no more than two lines for it, and what is left is shown to those who point at it",
		Answers:  answers, Axis: "as of",
		Rows: []svg.Row{
			{Label: "tax.sales", Bars: bars("2024-01-01 2024-01-02 2024-01-03 2024-03-01 2024-09-01 2025-01-01 2025-02-01", 7, 0, 1, 2, 3, 4, 5, 6)},
			{Label: "a label that is much too long for the column <&>", Bars: bars("2024-03-01", 5, 0)},
			{Label: "国外使团", Bars: bars("", 6)},
		},
	},
	"map": {
		Title: "member/ana imm.arrest", Desc: "a map", Subtitle: "what was known, and when", Axis: "as of", Answers: answers,
		Rows: []svg.Row{
			{Label: "@2 2020-01-01", Bars: bars("", 5)},
			{Label: "@5 2024-01-03", Title: "from position 5", Bars: bars("2024-01-01", 5, 0)},
			{Label: "@9 2024-06-02", Bars: bars("2024-01-01 2024-07-01", 5, 0, 5)},
			{Label: "@10 2024-06-05", Bars: bars("2024-01-01 2024-07-01 2024-07-04", 5, 0, 1, 5)},
		},
	},
	"nothing":     {Title: "empty", Desc: "nothing", Answers: answers},
	"one answer":  {Title: "always", Desc: "denied at all times", Answers: answers, Rows: []svg.Row{{Bars: bars("", 5)}}, Mark: day("2024-01-01"), MarkLabel: "now"},
	"closed ends": {Title: "closed", Desc: "a year", Answers: answers, Rows: []svg.Row{{Bars: []svg.Bar{{From: day("2024-01-01"), To: day("2024-02-01"), Answer: 0}, {From: day("2024-02-01"), To: day("2025-01-01"), Answer: 5}}}}, Mark: day("2026-01-01"), MarkLabel: "beyond"},
}

func TestDrawings(t *testing.T) {
	for name, d := range drawings {
		t.Run(name, func(t *testing.T) {
			golden.Compare(t, filepath.Join("testdata", strings.ReplaceAll(name, " ", "-")+".svg"), []byte(d.String()))
			assert.Equal(t, d.String(), d.String())
			var b strings.Builder
			n, err := d.WriteTo(&b)
			require.NoError(t, err)
			assert.EqualValues(t, len(d.String()), n)
		})
	}
}

// A box is where something was drawn.
type box struct {
	class, text    string
	left, right, y float64
}

// boxes reads a drawing again: well-formed, with bars and texts. Titles are left
// out.
func boxes(t require.TestingT, file string) (bars, texts []box) {
	in := xml.NewDecoder(strings.NewReader(file))
	var open *box
	depth := ""
	for {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			return bars, texts
		}
		require.NoError(t, err)
		switch e := token.(type) {
		case xml.StartElement:
			depth = e.Name.Local
			at := map[string]string{}
			for _, a := range e.Attr {
				at[a.Name.Local] = a.Value
			}
			x, _ := strconv.ParseFloat(at["x"], 64)
			y, _ := strconv.ParseFloat(at["y"], 64)
			w, _ := strconv.ParseFloat(at["width"], 64)
			switch e.Name.Local {
			case "text":
				open = &box{class: at["class"], left: x, y: y}
			case "rect":
				if at["class"] != "page" && at["class"] != "frame" && at["fill"] == "" {
					bars = append(bars, box{class: at["class"], left: x, right: x + w, y: y})
				}
			}
		case xml.CharData:
			if open != nil && depth == "text" {
				open.text += string(e)
			}
		case xml.EndElement:
			if e.Name.Local == "text" {
				open.right = open.left + 0.5*12*float64(len([]rune(open.text)))
				texts = append(texts, *open)
				open = nil
			}
			depth = ""
		}
	}
}

// Whatever is drawn, the file is XML, bars of a row meet and stay inside, and no
// text runs out of the drawing.
func TestAnyDrawingIsWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := svg.Drawing{Title: rapid.String().Draw(t, "title"), Desc: rapid.String().Draw(t, "desc"), Subtitle: rapid.String().Draw(t, "subtitle"), Answers: answers}
		for range rapid.IntRange(0, 4).Draw(t, "rows") {
			row := svg.Row{Label: rapid.String().Draw(t, "label")}
			at := day("2020-01-01")
			from := at
			if rapid.Bool().Draw(t, "open") {
				from = time.Time{}
			}
			for range rapid.IntRange(1, 60).Draw(t, "bars") {
				at = at.Add(time.Duration(rapid.IntRange(1, 1<<40).Draw(t, "step")) * time.Microsecond)
				row.Bars = append(row.Bars, svg.Bar{From: from, To: at, Answer: rapid.IntRange(0, len(answers)-1).Draw(t, "answer"), Title: rapid.String().Draw(t, "what")})
				from = at
			}
			d.Rows = append(d.Rows, row)
		}
		if rapid.Bool().Draw(t, "marked") {
			d.Mark, d.MarkLabel = day("2021-01-01"), rapid.String().Draw(t, "mark")
		}
		file := d.String()
		got, _ := boxes(t, file)
		want := 0
		for _, r := range d.Rows {
			want += len(r.Bars)
		}
		require.GreaterOrEqual(t, len(got), want)
		for i, b := range got[:want] {
			require.GreaterOrEqual(t, b.left, 0.0)
			require.LessOrEqual(t, b.right, 960.0)
			require.Less(t, b.left, b.right, "%d", i)
			if i > 0 && got[i-1].y == b.y {
				require.InDelta(t, got[i-1].right, b.left, 0.21)
			}
		}
	})
}

// A label is cut off only where it has to be.
func TestShortLabelsAreWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		label := rapid.StringMatching(`[a-z@0-9 .-]{1,16}`).Draw(t, "label")
		file := svg.Drawing{Answers: answers, Rows: []svg.Row{{Label: label, Bars: bars("", 0)}}}.String()
		assert.NotContains(t, file, "…")
	})
}

// No date on the axis runs into another, and no legend out of the drawing.
func TestTextsDoNotOverlap(t *testing.T) {
	for name, d := range drawings {
		_, texts := boxes(t, d.String())
		for i, one := range texts {
			assert.GreaterOrEqual(t, one.left, 0.0, name)
			assert.LessOrEqual(t, one.left, 960.0, name)
			for _, other := range texts[:i] {
				if one.class == "letter" || other.class == "letter" || one.y != other.y {
					continue
				}
				assert.True(t, one.right <= other.left || other.right <= one.left, "%s: %q and %q", name, one.text, other.text)
			}
		}
	}
}
