package scenario

import "github.com/comity-project/comity/domain"

// publish RULESET key=value... brings the ruleset on the lines below into force.
func (p *parser) publish(words []word) { p.publishing(words, &publication{}) }

func (p *parser) publishing(words []word, q *publication) {
	if len(words) < 2 || !words[1].plain() {
		p.wrong(after(words, 0), "write for example: publish delmark, and the ruleset on the lines below, each after a |")
		return
	}
	q.ruleset, q.authority = words[1].text, authority
	if err := domain.CheckID(q.ruleset); err != nil {
		p.wrong(words[1].col, "%v", err)
	}
	for _, w := range words[2:] {
		switch {
		case !w.keyed:
			p.wrong(w.col, "after the ruleset come effective=... and authority=..., and nothing else")
		case w.key == "effective":
			q.effective, _ = p.when(w)
		case w.key == "authority":
			q.authority = w.text
		default:
			p.wrong(w.col, "unknown key %q%s: a publication has effective=... and authority=..., and nothing else", w.key, domain.DidYouMean(w.key, []string{"effective", "authority"}))
		}
	}
	if !p.spoilt {
		p.step(&step{publish: q})
	}
}

// ruleset takes a line of a ruleset, as it stands behind its bar.
func (p *parser) ruleset(text string) {
	switch {
	case p.lost:
	case p.last == nil || p.last.publish == nil:
		p.wrong(1, "a line after | belongs to a ruleset: write publish delmark above it")
	default:
		p.last.publish.text.WriteString(text + "\n")
	}
}
