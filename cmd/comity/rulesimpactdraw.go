package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/comity-project/comity/engine/impact"
	"github.com/comity-project/comity/internal/svg"
	"github.com/comity-project/comity/projections/timeline"
)

// A crowd is how many there are of one kind from an instant on.
type crowd struct {
	from timeline.Instant
	n    int
}

// drawImpact draws how many gain, lose and so on over time: a row for each privilege and
// kind of which there is anybody.
func (o *office) drawImpact(r *impact.Report) svg.Drawing {
	d := o.drawing("Impact of "+editionText(r.Draft), "as of")
	d.Subtitle = fmt.Sprintf("%s looked at, as known at position %d, compared with %s; in force from %s", peopleText(r.Subjects), r.AsKnown, editionText(r.Before), o.local(r.Effective.Time()))
	changes := map[string]map[timeline.Instant]int{}
	var order []string
	for _, t := range r.Privileges {
		for _, k := range impact.Kinds()[:4] {
			order = append(order, rowName(string(t.Privilege), k))
		}
	}
	for a := range r.Affected {
		name := rowName(string(a.Privilege), a.Kind)
		if changes[name] == nil {
			changes[name] = map[timeline.Instant]int{}
		}
		changes[name][a.From]++
		changes[name][a.To]--
	}
	edges := edgesOf(changes)
	var said []string
	answers := map[string]int{}
	for _, name := range order {
		if changes[name] == nil {
			continue
		}
		kind := kindOfRow(name)
		row := svg.Row{Label: name}
		var spoken []string
		list := crowdsOf(changes[name], edges)
		for i, c := range list {
			if c.n == 0 {
				continue
			}
			bar := svg.Bar{From: c.from.Time(), Title: fmt.Sprintf("%s: %d, from %s", name, c.n, o.local(c.from.Time()))}
			if i+1 < len(list) {
				bar.To = list[i+1].from.Time()
				bar.Title += ", until " + o.local(bar.To)
			} else if r.To != timeline.Never {
				bar.To = r.To.Time()
			}
			answer := crowdAnswer(kind, c.n)
			at, have := answers[answer.Label]
			if !have {
				at = len(d.Answers)
				answers[answer.Label] = at
				d.Answers = append(d.Answers, answer)
			}
			bar.Answer = at
			row.Bars = append(row.Bars, bar)
			spoken = append(spoken, fmt.Sprintf("%d from %s", c.n, o.day(c.from.Time())))
		}
		if len(row.Bars) > 0 {
			d.Rows = append(d.Rows, row)
			said = append(said, name+": "+strings.Join(spoken[:min(len(spoken), 5)], ", "))
		}
	}
	if len(d.Rows) == 0 {
		d.Answers = []svg.Answer{{Tone: svg.Void, Letter: "-", Label: "nobody is affected"}}
		bar := svg.Bar{From: r.From.Time(), Title: "nobody is affected"}
		if r.To != timeline.Never {
			bar.To = r.To.Time()
		}
		d.Rows = []svg.Row{{Label: "everything", Bars: []svg.Bar{bar}}}
		said = []string{"nobody is affected"}
	}
	d.Desc = d.Subtitle + ". " + strings.Join(said, "; ") + "."
	return d
}

func rowName(privilege string, k impact.Kind) string { return privilege + " " + kindText(k) }

func kindOfRow(name string) impact.Kind {
	for _, k := range impact.Kinds()[:4] {
		if strings.HasSuffix(name, " "+kindText(k)) {
			return k
		}
	}
	return impact.Unchanged // unreachable: rows are named by kinds
}

// mostEdges is into how many stretches time is divided at most.
const mostEdges = 24

// edgesOf are the instants at which something changes; if they are many, some of them,
// so that as many lie between two as between any others.
func edgesOf(changes map[string]map[timeline.Instant]int) []timeline.Instant {
	var all []timeline.Instant
	for _, row := range changes {
		for t := range row {
			all = append(all, t)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if len(all) <= mostEdges {
		return all
	}
	var out []timeline.Instant
	for i := range mostEdges {
		out = append(out, all[i*(len(all)-1)/(mostEdges-1)])
	}
	return slices.Compact(out)
}

// crowdsOf counts from edge to edge: the most that there are at any moment between two.
func crowdsOf(changes map[timeline.Instant]int, edges []timeline.Instant) []crowd {
	var at []timeline.Instant
	for t := range changes {
		at = append(at, t)
	}
	slices.Sort(at)
	var out []crowd
	n, next := 0, 0
	for i, edge := range edges {
		until := timeline.Never
		if i+1 < len(edges) {
			until = edges[i+1]
		}
		most := -1
		if next >= len(at) || at[next] > edge {
			most = n
		}
		for next < len(at) && at[next] < until {
			n += changes[at[next]]
			most = max(most, n)
			next++
		}
		if edge == timeline.Never {
			break
		}
		if m := len(out); m == 0 || out[m-1].n != most {
			out = append(out, crowd{edge, most})
		}
	}
	return out
}

// crowdAnswer says how a number is drawn.
func crowdAnswer(k impact.Kind, n int) svg.Answer {
	out := svg.Answer{Tone: svg.Unclear}
	sign := "?"
	switch k {
	case impact.Loses:
		out.Tone, sign = svg.Denied, "−"
	case impact.Gains:
		out.Tone, sign = svg.Allowed, "+"
	case impact.Conditions:
		out.Tone, sign = svg.Conditional, "±"
	default:
		// can't be told
	}
	least, next := 1, 2
	for n >= next {
		least, next = next, max(10, next*10)
		if least == 2 {
			next = 10
		}
	}
	out.Letter, out.Label = fmt.Sprintf("%s%d+", sign, least), fmt.Sprintf("%s: %d to %d", kindText(k), least, next-1)
	if least == 1 {
		out.Letter, out.Label = sign+"1", kindText(k)+": 1"
	}
	return out
}
