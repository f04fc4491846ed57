package svg

import (
	"fmt"
	"strings"
)

// file puts the drawing together: what it is called, its colours and patterns,
// and what was painted.
func (p *painter) file() string {
	var b strings.Builder
	height := p.y + margin/2
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" width="%s" height="%s" role="img" aria-labelledby="t d" font-family="system-ui, 'Noto Sans', Arial, sans-serif">`+"\n",
		num(width), num(height), num(width), num(height))
	fmt.Fprintf(&b, "<title id=\"t\">%s</title>\n<desc id=\"d\">%s</desc>\n", escape(p.d.Title), escape(p.d.Desc))
	b.WriteString("<style>\n")
	sheet(&b, func(l look) string { return l.light }, "#ffffff", "#1b1d1f", "#565b60", "#767b80", "#b3261e")
	b.WriteString("@media (prefers-color-scheme: dark) {\n")
	sheet(&b, func(l look) string { return l.dark }, "#141618", "#eceff1", "#b0b6bb", "#878d93", "#ffb4ab")
	b.WriteString("}\n")
	b.WriteString(`.frame, .axis, .mark { fill: none; stroke-width: 1 }
.mark { stroke-width: 1.5; stroke-dasharray: 4 3 }
.strong { font-weight: 600 }
.letter { font-weight: 600; text-anchor: middle }
.letter, .halo { paint-order: stroke; stroke-width: 3; stroke-linejoin: round }
pattern * { fill: none; stroke-width: 1 }
`)
	b.WriteString("</style>\n<defs>\n")
	for _, l := range looks {
		if l.lines != "" {
			fmt.Fprintf(&b, `<pattern id="p-%s" width="8" height="8" patternUnits="userSpaceOnUse">%s</pattern>`+"\n", l.name, l.lines)
		}
	}
	b.WriteString("</defs>\n")
	fmt.Fprintf(&b, `<rect class="page" width="%s" height="%s"/>`+"\n", num(width), num(height))
	b.WriteString(p.body.String())
	b.WriteString("</svg>\n")
	return b.String()
}

// sheet writes the colours of one scheme.
func sheet(b *strings.Builder, fill func(look) string, page, ink, faint, line, mark string) {
	fmt.Fprintf(b, ".page { fill: %s }\n.ink { fill: %s }\n.faint { fill: %s }\n", page, ink, faint)
	fmt.Fprintf(b, ".frame, .axis { stroke: %s }\n.mark { stroke: %s }\n.letter { fill: %s }\n.letter, .halo { stroke: %s }\npattern * { stroke: %s; stroke-opacity: 0.45 }\n", line, mark, ink, page, ink)
	for _, l := range looks {
		fmt.Fprintf(b, ".%s { fill: %s }\n", l.name, fill(l))
	}
}
