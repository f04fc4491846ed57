package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"

	"github.com/comity-project/comity/domain/codec"
)

// perBatch is how many questions a batch holds.
const perBatch = 100

// A question is one that is asked of the server, in the words of both of its accents.
type question struct {
	member    string
	privilege string
	resource  string            // type of the resource, as AuthZEN has it
	request   map[string]string // facts, as comity's own accent has them
	props     map[string]any    // the same, as AuthZEN has them
	expected  bool
}

// The mix: half of the questions bring no facts of a request, as a system asks that shows
// what somebody may do; half do, as a till asks, or a customs desk.
var bare = []string{"imm.criminal", "imm.arrest", "tax.sales", "dmv.registration", "travel.move", "customs.personal"}

var goods = []string{"groceries", "furniture", "electronics", "tobacco", "alcohol"}

// makeQuestions draws questions about members, who are called m-1 and so on.
func makeQuestions(members, n int, seed uint64) []question {
	d := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // the same questions on every machine
	out := make([]question, n)
	for i := range out {
		q := question{member: "m-" + strconv.Itoa(1+d.IntN(members)), resource: "act"}
		if i%2 == 0 {
			q.privilege = bare[d.IntN(len(bare))]
		} else {
			q.bring(d)
		}
		out[i] = q
	}
	return out
}

// bring adds facts of a request.
func (q *question) bring(d *rand.Rand) {
	switch d.IntN(4) {
	case 0, 1:
		cents, what := 100*(1+d.IntN(2000)), goods[d.IntN(len(goods))]
		q.privilege, q.resource = "tax.sales", "purchase"
		q.request = map[string]string{"amount": fmt.Sprintf("%d.00", cents/100), "goods": what}
		q.props = map[string]any{"amount": cents, "goods": what}
	case 2:
		miles := 1 + d.IntN(120)
		q.privilege, q.resource = "travel.move", "trip"
		q.request, q.props = map[string]string{"distance": strconv.Itoa(miles)}, map[string]any{"distance": miles}
	default:
		quantity := 1 + d.IntN(40)
		q.privilege, q.resource = "customs.personal", "import"
		q.request, q.props = map[string]string{"quantity": strconv.Itoa(quantity)}, map[string]any{"quantity": quantity}
	}
}

// authzen writes the question as an evaluation.
func (q *question) authzen() []byte {
	type entity struct {
		Type       string         `json:"type"`
		ID         string         `json:"id"`
		Properties map[string]any `json:"properties,omitempty"`
	}
	type action struct {
		Name string `json:"name"`
	}
	text, err := json.Marshal(struct {
		Subject  entity `json:"subject"`
		Action   action `json:"action"`
		Resource entity `json:"resource"`
	}{entity{"member", q.member, nil}, action{q.privilege}, entity{q.resource, "r-1", q.props}})
	if err != nil {
		panic(err) // unreachable: they are texts and numbers
	}
	return text
}

func answerOf(decision bool) []byte { return fmt.Appendf(nil, `{"decision":%t}`, decision) }

// batchOf is the answer to a batch.
func batchOf(decisions []bool) []byte {
	parts := make([][]byte, len(decisions))
	for i, d := range decisions {
		parts[i] = answerOf(d)
	}
	return fmt.Appendf(nil, `{"evaluations":[%s]}`, bytes.Join(parts, []byte(",")))
}

func itoa(n int) string { return strconv.Itoa(n) }

// A workload is what the connections send to one server.
type workload struct {
	questions []question
	single    []*exchange
	batch     []*exchange // a batch is the questions from a place on
}

// workloadOf makes the requests. The answers are those expected, unless the server only
// pretends.
func workloadOf(questions []question, address, extra string, pretends bool) *workload {
	w := &workload{questions: questions}
	for i := range questions {
		e := &exchange{request: post(address, "/access/v1/evaluation", "application/json", extra, questions[i].authzen()), decisions: 1}
		if !pretends {
			e.answer = answerOf(questions[i].expected)
		}
		w.single = append(w.single, e)
	}
	for at := 0; at+perBatch <= len(questions); at += perBatch {
		parts, decisions := make([][]byte, perBatch), make([]bool, perBatch)
		for i, q := range questions[at : at+perBatch] {
			parts[i], decisions[i] = q.authzen(), q.expected
		}
		body := fmt.Appendf(nil, `{"evaluations":[%s]}`, bytes.Join(parts, []byte(",")))
		e := &exchange{request: post(address, "/access/v1/evaluations", "application/json", extra, body), decisions: perBatch}
		if !pretends {
			e.answer = batchOf(decisions)
		}
		w.batch = append(w.batch, e)
	}
	return w
}

// expect asks the server for the whole decision on each question, by its own accent, and
// keeps what it comes to for a caller who sees to no conditions.
func expect(address string, questions []question) error {
	type asked struct {
		Subject   string            `json:"subject"`
		Privilege string            `json:"privilege"`
		Request   map[string]string `json:"request,omitempty"`
	}
	const together = 16
	for at := 0; at < len(questions); at += together {
		part := questions[at:min(at+together, len(questions))]
		var body struct {
			Questions []asked `json:"questions"`
		}
		for _, q := range part {
			body.Questions = append(body.Questions, asked{"member/" + q.member, q.privilege, q.request})
		}
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		response, err := http.Post("http://"+address+"/v1/ask/batch", "application/json", bytes.NewReader(text)) //nolint:noctx // the server has a time limit
		if err != nil {
			return err
		}
		var said struct {
			Answers []struct {
				Decision json.RawMessage `json:"decision"`
				Problem  json.RawMessage `json:"problem"`
			} `json:"answers"`
			Detail string `json:"detail"`
		}
		err = json.NewDecoder(response.Body).Decode(&said)
		if err = errors.Join(err, response.Body.Close()); err != nil {
			return err
		}
		if len(said.Answers) != len(part) {
			return fmt.Errorf("%d answers to %d questions, status %d: %s", len(said.Answers), len(part), response.StatusCode, said.Detail)
		}
		for i, a := range said.Answers {
			if a.Decision == nil {
				return fmt.Errorf("no answer about %s and %s: %s", part[i].member, part[i].privilege, a.Problem)
			}
			d, err := codec.DecodeDecision(a.Decision)
			if err != nil {
				return err
			}
			part[i].expected = d.Permits()
		}
	}
	return nil
}

// settle looks into answers that were not as expected: where facts were recorded meanwhile
// the decision may have become another. It returns how many are not explained so.
func (w *workload) settle(address string) (int, error) {
	before := append([]question(nil), w.questions...)
	if err := expect(address, w.questions); err != nil {
		return 0, err
	}
	wrong := 0
	for i := range w.questions {
		changed := before[i].expected != w.questions[i].expected
		if w.single[i].other.Swap(false) && !changed {
			wrong++
		}
		w.single[i].answer = answerOf(w.questions[i].expected)
	}
	for i, e := range w.batch {
		decisions, changed := make([]bool, perBatch), false
		for k := range decisions {
			at := i*perBatch + k
			decisions[k] = w.questions[at].expected
			changed = changed || before[at].expected != decisions[k]
		}
		if e.other.Swap(false) && !changed {
			wrong++
		}
		e.answer = batchOf(decisions)
	}
	return wrong, nil
}
