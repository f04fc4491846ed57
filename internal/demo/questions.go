package demo

import "github.com/comity-project/comity/domain"

// A question is asked of the office, and tells a story.
type question struct {
	title     string
	member    domain.MemberID
	privilege domain.Privilege
	request   [][2]string
	asOf      string
	asKnown   string
}

// questions are asked in this order. Each shows something else at work.
var questions = []question{
	{
		title:  "An officer has stopped Ana, a diplomatic agent, for speeding. Is she safe from arrest?",
		member: "ana", privilege: "imm.arrest", request: [][2]string{{"offence", "traffic.prepayable"}}, asOf: "2025-03-03",
	},
	{
		title:  "Bo's appointment is not yet known to the office. Is he immune from prosecution?",
		member: "bo", privilege: "imm.criminal", asOf: "2025-01-15", asKnown: "2025-01-20",
	},
	{
		title:  "The same question about the same day, as known after the note came: two times, two answers.",
		member: "bo", privilege: "imm.criminal", asOf: "2025-01-15", asKnown: "2025-02-01",
	},
	{
		title:  "Ora's tour ended on 31 May, and the thirty days to leave are over. What is left?",
		member: "ora", privilege: "imm.criminal", asOf: "2025-07-10",
	},
	{
		title:  "Hal is Ana's spouse, a national of the receiving State, and carries a diplomat's blue card.",
		member: "hal", privilege: "imm.criminal", asOf: "2025-03-03",
	},
	{
		title:  "Ike is on the service staff of Cordania, with whom there is an agreement.",
		member: "ike", privilege: "imm.criminal", asOf: "2025-03-03",
	},
	{
		title:  "Una's government has waived her immunity in one case. Does it protect her in that case?",
		member: "una", privilege: "imm.criminal", request: [][2]string{{"matter", "25-118"}}, asOf: "2025-04-01",
	},
	{
		title:  "Delmark no longer exempts our missions from sales tax. What of its first secretary?",
		member: "pia", privilege: "tax.sales", asOf: "2025-03-03",
	},
	{
		title:  "Dev, a consular officer, became a permanent resident, which the office learned late.",
		member: "dev", privilege: "imm.arrest", asOf: "2024-07-01",
	},
	{
		title:  "Max is Pia's child, and nobody recorded when he was born.",
		member: "max", privilege: "imm.arrest", asOf: "2025-03-03",
	},
}
