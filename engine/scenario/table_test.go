package scenario_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog/memlog"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

// cells reads a table whose columns are separated by bars: its head, and its rows.
func cells(t *testing.T, path string) (head []string, rows []map[string]string) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for raw := range bytes.Lines(text) {
		line := strings.TrimSpace(string(raw))
		if line == "" || line[0] == '#' {
			continue
		}
		var found []string
		for cell := range strings.SplitSeq(line, "|") {
			found = append(found, strings.TrimSpace(cell))
		}
		if head == nil {
			head = found
			continue
		}
		require.Len(t, found, len(head), line)
		row := map[string]string{}
		for i, name := range head {
			row[name] = found[i]
		}
		rows = append(rows, row)
	}
	require.Len(t, rows, 12)
	return head, rows
}

var asOf = time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)

// archive founds a history office under the law that ships.
func archive(t *testing.T) *engine.Engine {
	t.Helper()
	common, err := rules.Bundle(rulesets.Common())
	require.NoError(t, err)
	log := memlog.New()
	t.Cleanup(func() { require.NoError(t, log.Close()) })
	clock := func() time.Time { return asOf }
	office, err := engine.Found(t.Context(), engine.Config{Log: log, Bodies: log, Clock: clock}, engine.Founding{
		Office: "archive", Zone: "America/New_York", Mode: domain.History, At: time.Date(2020, 1, 1, 5, 0, 0, 0, time.UTC), Bundles: [][]byte{common},
	})
	require.NoError(t, err)
	return office
}

// printed is an answer of a view as the booklet prints it, with its marks.
func printed(said rules.Said) string {
	text := said.Text
	for _, n := range said.Notes {
		text += " (" + n + ")"
	}
	return text
}

// Every cell of the printed table is what the engine computes for its row.
func TestTableAsPrinted(t *testing.T) {
	office := archive(t)
	table, err := office.Table(t.Context(), "law_enforcement", engine.Question{AsOf: asOf})
	require.NoError(t, err)
	head, rows := cells(t, "testdata/immunity-table.txt")
	require.Len(t, table.Rows, len(rows))
	for i, want := range rows {
		got := table.Rows[i]
		assert.Equal(t, want["row"], got.ID)
		assert.Equal(t, want["person"], string(got.Category), got.ID)
		assert.Equal(t, want["at"], string(got.MissionKind), got.ID)
		notes := "-"
		if len(got.Notes) > 0 {
			notes = "(" + strings.Join(got.Notes, ") (") + ")"
		}
		assert.Equal(t, want["notes"], notes, got.ID)
		compareCells(t, got.ID, head, want, got.Said)
	}
	var marks []string
	for _, n := range table.Footnotes {
		marks = append(marks, n.Mark)
	}
	assert.Equal(t, []string{"1", "2", "3", "4"}, marks)
}

func compareCells(t *testing.T, who string, head []string, want map[string]string, got []rules.Said) {
	t.Helper()
	questions := head[4:] // after row, person, at, notes
	require.Len(t, got, len(questions), who)
	for i, q := range questions {
		require.Equal(t, q, got[i].ID, who)
		assert.Equal(t, want[q], printed(got[i]), "%s: %s", who, q)
	}
}

// The same cells come from the card of a member on record, and from the answers
// about the member and about a spouse.
func TestTableOfPeople(t *testing.T) {
	office := archive(t)
	head, rows := cells(t, "testdata/immunity-table.txt")
	population(t, office, rows)

	answers := map[string]string{
		"A": "allowed", "D": "denied", "O": "allowed_with_conditions [official_acts_only]",
		"F": "allowed_with_conditions [felony_and_warrant_exception]", "C": "allowed_with_conditions [not_compelled_never_on_official_acts]",
	}
	columns, meanings := cells(t, "testdata/immunity-answers.txt")
	for i, row := range rows {
		who := strings.ToLower(row["row"])
		card, err := office.Card(t.Context(), "law_enforcement", engine.Question{Subject: domain.Member(domain.MemberID(who)), AsOf: asOf})
		require.NoError(t, err)
		compareCells(t, row["row"], head, row, card.Said)

		require.Equal(t, row["row"], meanings[i]["row"])
		for _, column := range columns[1:] {
			subject, privilege := who, column
			if p, spouse := strings.CutPrefix(column, "spouse "); spouse {
				subject, privilege = who+"-spouse", p
			}
			d, err := office.Ask(t.Context(), engine.Question{Subject: domain.Member(domain.MemberID(subject)), Privilege: domain.Privilege(privilege), AsOf: asOf})
			require.NoError(t, err)
			assert.Equal(t, answers[meanings[i][column]], inShort(d), "%s: %s", row["row"], column)
		}

		// the card of the spouse says what the answers about her say
		card, err = office.Card(t.Context(), "law_enforcement", engine.Question{Subject: domain.Member(domain.MemberID(who + "-spouse")), AsOf: asOf})
		require.NoError(t, err)
		for question, privilege := range map[string]string{"arrest": "imm.arrest", "residence": "imm.residence", "subpoena": "imm.testimony", "prosecute": "imm.criminal"} {
			want := map[string]string{"A": "no", "D": "yes"}[meanings[i]["spouse "+privilege]]
			assert.Equal(t, want, codeOf(card.Said, question), "%s: the spouse's card, %s", row["row"], question)
		}
		assert.Equal(t, "yes", codeOf(card.Said, "citation"))
	}
}

// population records a mission, a member and a spouse for every row.
func population(t *testing.T, office *engine.Engine, rows []map[string]string) {
	t.Helper()
	at := calendar.When{At: time.Date(2024, 1, 1, 5, 0, 0, 0, time.UTC)}
	submit := func(s domain.Subject, e domain.Event) {
		t.Helper()
		_, err := office.Submit(t.Context(), domain.Command{Recorded: at.At.Add(time.Duration(office.Position()) * time.Second), Drafts: []domain.Envelope{{Subject: s, Effective: at, Event: e}}})
		require.NoError(t, err)
	}
	submit(domain.State("arandia"), domain.StateRegistered{Name: "Arandia"})
	for _, row := range rows {
		id := strings.ToLower(row["row"])
		mission, member, spouse := domain.MissionID("mission-"+id), domain.MemberID(id), domain.MemberID(id+"-spouse")
		submit(domain.Mission(mission), domain.MissionOpened{State: "arandia", Kind: domain.MissionKind(row["at"])})
		submit(domain.Member(member), domain.MemberAccredited{Mission: mission, Category: domain.Category(row["person"])})
		submit(domain.Member(spouse), domain.FamilyJoined{Sponsor: member, Relation: "spouse"})
	}
}

func inShort(d domain.Decision) string {
	text := string(d.Outcome)
	if len(d.Conditions) > 0 {
		var codes []string
		for _, c := range d.Conditions {
			codes = append(codes, c.Code)
		}
		text += " [" + strings.Join(codes, ", ") + "]"
	}
	return text
}

func codeOf(said []rules.Said, question string) string {
	for _, s := range said {
		if s.ID == question {
			return s.Code
		}
	}
	return "no such question"
}

// The words of the table have changed over time, and an answer about 2007 is given
// in those of 2007.
func TestTableOf2007(t *testing.T) {
	office := archive(t)
	table, err := office.Table(t.Context(), "law_enforcement", engine.Question{AsOf: time.Date(2007, 3, 15, 12, 0, 0, 0, time.UTC)})
	require.NoError(t, err)
	said := map[string][]rules.Said{}
	for _, row := range table.Rows {
		said[row.ID] = row.Said
	}
	assert.Equal(t, "yes", codeOf(said["D3"], "prosecute"))
	assert.Equal(t, "felony_warrant", codeOf(said["C1"], "arrest"))
	for _, s := range said["C1"] {
		if s.ID == "arrest" {
			assert.Equal(t, "Yes, if for a felony and pursuant to a warrant", s.Text)
		}
	}
}
