// Command opa is OPA in the table of peers: as a library with a prepared query,
// and as a server on the loopback interface.
//
// Every rule adds to one set what it comes to, as a list in the order in which
// answers outrank each other: the outcome, the step, and where the rule stands
// among its like. The decision is the greatest of the set. Each rule begins with
// comparisons of the State or status and the privilege with constants, so that
// OPA's index of rules finds those few that matter; the baseline is an object of
// data in which it is looked up. That is the linear fragment that the page on
// policy performance in OPA's documentation asks for. The library is handed parsed
// input, in which the member's part is made beforehand.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/cmd"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"github.com/comity-project/comity/internal/bench/peers/harness"
	"github.com/comity-project/comity/internal/bench/peers/workload"
)

// What outranks what among rules of the same outcome.
var ranks = [...]int{workload.Baseline: 2, workload.Status: 3, workload.Reciprocity: 1, workload.Programme: 0}

func write(law *workload.Law) (any, error) {
	baseline := map[string]map[string]map[string][]any{}
	var common strings.Builder
	common.WriteString("package law\n\ndecision := max(fires)\n\nfires contains data.baseline[input.privilege][input.member.kind][input.member.category]\n")
	texts := harness.Texts{}
	own := map[string]*strings.Builder{}
	for i, r := range workload.Strictest(law.Rules) {
		value := []any{int(r.Outcome), ranks[r.Tier], -i, r.ID}
		if r.Tier == workload.Baseline {
			of := baseline[r.Privileges[0]]
			if of == nil {
				of = map[string]map[string][]any{}
				baseline[r.Privileges[0]] = of
			}
			if of[r.Kinds[0]] == nil {
				of[r.Kinds[0]] = map[string][]any{}
			}
			of[r.Kinds[0]][r.Categories[0]] = value
			continue
		}
		to := &common
		if r.Tier == workload.Reciprocity {
			if own[r.State] == nil {
				own[r.State] = &strings.Builder{}
				own[r.State].WriteString("package law\n")
			}
			to = own[r.State]
		}
		for _, privilege := range r.Privileges {
			first := []string{fmt.Sprintf("input.privilege == %q", privilege)}
			if r.State != "" {
				first = append(first, fmt.Sprintf("input.member.state == %q", r.State))
			}
			bodies := [][]string{first}
			if r.Tier == workload.Status { // one for each status, for the index
				bodies = nil
				for _, status := range r.Statuses {
					bodies = append(bodies, []string{first[0], fmt.Sprintf("input.member.status == %q", status)})
				}
			}
			for _, body := range bodies {
				for _, conditions := range alternatives(r.Conditions()) {
					body := body[:len(body):len(body)]
					for _, c := range conditions {
						if r.Tier != workload.Status || c.Fact != "status" {
							body = append(body, condition(c))
						}
					}
					text, err := json.Marshal(value)
					if err != nil {
						return nil, err
					}
					fmt.Fprintf(to, "\nfires contains %s if {\n\t%s\n}\n", text, strings.Join(body, "\n\t"))
				}
			}
		}
	}
	data, err := json.Marshal(map[string]any{"baseline": baseline})
	if err != nil {
		return nil, err
	}
	texts["data.json"], texts["common.rego"] = string(data), common.String()
	for state, b := range own {
		texts[state+".rego"] = b.String()
	}
	return texts, nil
}

// alternatives writes what one of two conditions will do for as two bodies.
func alternatives(all []workload.Condition) [][]workload.Condition {
	out := [][]workload.Condition{all}
	for i, c := range all {
		if c.Or != nil {
			other := append(append(all[:i:i], *c.Or), all[i+1:]...)
			out = append(out, other)
		}
	}
	return out
}

func condition(c workload.Condition) string {
	fact := "input.member." + c.Fact
	if c.Of == workload.OfRequest {
		fact = "input." + c.Fact
	}
	switch c.Op {
	case workload.In, workload.NotIn:
		text := fmt.Sprintf("%s in {%s}", fact, workload.Quoted(c.Set))
		if len(c.Set) == 1 {
			text = fmt.Sprintf("%s == %q", fact, c.Set[0])
		}
		if c.Op == workload.NotIn {
			text = "not " + text
		}
		return text
	case workload.Less:
		return fmt.Sprintf("%s < %d", fact, c.N)
	case workload.AtLeast:
		return fmt.Sprintf("%s >= %d", fact, c.N)
	case workload.More:
		return fmt.Sprintf("%s > %d", fact, c.N)
	case workload.Is:
		return fact
	default:
		return "not " + fact
	}
}

type library struct {
	query   rego.PreparedEvalQuery
	members map[string]*ast.Term
}

func loadLibrary(from any) (harness.Engine, error) {
	texts := from.(harness.Texts)
	options := []func(*rego.Rego){
		rego.Query("data.law.decision"), rego.StoreReadAST(true),
		rego.Store(inmem.NewFromReaderWithOpts(strings.NewReader(texts["data.json"]), inmem.OptReturnASTValuesOnRead(true))),
	}
	for name, text := range texts {
		if name != "data.json" {
			options = append(options, rego.Module(name, text))
		}
	}
	query, err := rego.New(options...).PrepareForEval(context.Background())
	return &library{query: query}, err
}

func (e *library) People(_ *workload.Law, members []workload.Member) error {
	e.members = make(map[string]*ast.Term, len(members))
	for i := range members {
		m := &members[i]
		e.members[m.ID] = ast.ObjectTerm(
			[2]*ast.Term{ast.InternedTerm("state"), ast.InternedTerm(m.State)},
			[2]*ast.Term{ast.InternedTerm("category"), ast.InternedTerm(m.Category)},
			[2]*ast.Term{ast.InternedTerm("kind"), ast.InternedTerm(m.Kind)},
			[2]*ast.Term{ast.InternedTerm("status"), ast.InternedTerm(m.Status)},
			[2]*ast.Term{ast.InternedTerm("age"), ast.InternedTerm(int(m.Age))},
			[2]*ast.Term{ast.InternedTerm("points"), ast.InternedTerm(int(m.Points))},
			[2]*ast.Term{ast.InternedTerm("local_hire"), ast.InternedTerm(m.LocalHire)},
		)
	}
	return nil
}

func (e *library) Decider() (harness.Decider, error) {
	ctx := context.Background()
	names := [...]*ast.Term{ast.StringTerm("member"), ast.StringTerm("privilege"), ast.StringTerm("amount"), ast.StringTerm("distance"), ast.StringTerm("goods"), ast.StringTerm("in_person")}
	return func(q *workload.Request) (workload.Decision, error) {
		input := ast.NewObject(
			[2]*ast.Term{names[0], e.members[q.Member]},
			[2]*ast.Term{names[1], ast.StringTerm(q.Privilege)},
			[2]*ast.Term{names[2], ast.InternedTerm(int(q.Amount))},
			[2]*ast.Term{names[3], ast.InternedTerm(int(q.Distance))},
			[2]*ast.Term{names[4], ast.StringTerm(q.Goods)},
			[2]*ast.Term{names[5], ast.InternedTerm(q.InPerson)},
		)
		results, err := e.query.Eval(ctx, rego.EvalParsedInput(input), rego.EvalCopyMaps(false))
		if err != nil {
			return workload.Decision{}, err
		}
		if len(results) != 1 {
			return workload.Decision{}, errors.New("no decision")
		}
		list, ok := results[0].Expressions[0].Value.([]any)
		if !ok || len(list) != 4 {
			return workload.Decision{}, fmt.Errorf("no decision: %v", results)
		}
		n, err := list[0].(json.Number).Int64()
		return workload.Decision{Outcome: workload.Outcome(n), Rule: list[3].(string)}, err
	}, nil
}

// server is a process of its own, of this very program.
type server struct {
	*exec.Cmd
	folder  string
	url     string
	client  *http.Client
	members map[string]string // as JSON
}

// Listens implements harness.Listener.
func (s *server) Listens() (address string, process int) {
	return strings.TrimPrefix(s.url, "http://"), s.Process.Pid
}

// asServer says that this process is to be the server.
const asServer = "COMITY_PEER_SERVER"

func loadServer(from any) (_ harness.Engine, err error) {
	s := &server{client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	if s.folder, err = os.MkdirTemp("", "peer-opa-"); err != nil {
		return nil, err
	}
	for name, text := range from.(harness.Texts) {
		if err := os.WriteFile(filepath.Join(s.folder, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	address, err := free()
	if err != nil {
		return nil, err
	}
	s.url = "http://" + address
	s.Cmd = exec.Command(os.Args[0], "run", "--server", "--addr", address, "--log-level", "error", "--skip-version-check", s.folder)
	s.Env = append(os.Environ(), asServer+"=1")
	s.Stderr = os.Stderr
	if err := s.Start(); err != nil {
		return nil, err
	}
	for range 600 {
		if response, err := s.client.Get(s.url + "/health"); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return s, nil
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	closeServer(s)
	return nil, errors.New("the server does not come up")
}

// free is an address on which nobody listens.
func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String(), nil
}

func closeServer(e harness.Engine) {
	s := e.(*server)
	_ = s.Process.Kill()
	_ = s.Wait()
	_ = os.RemoveAll(s.folder)
}

func (s *server) People(_ *workload.Law, members []workload.Member) error {
	s.members = make(map[string]string, len(members))
	for i := range members {
		m := &members[i]
		s.members[m.ID] = fmt.Sprintf(`{"input":{"member":{"state":%q,"category":%q,"kind":%q,"status":%q,"age":%d,"points":%d,"local_hire":%t}`,
			m.State, m.Category, m.Kind, m.Status, m.Age, m.Points, m.LocalHire)
	}
	return nil
}

func (s *server) Decider() (harness.Decider, error) {
	var body []byte
	return func(q *workload.Request) (workload.Decision, error) {
		var none workload.Decision
		body = append(body[:0], s.members[q.Member]...)
		body = append(append(body, `,"privilege":"`...), q.Privilege...)
		body = strconv.AppendInt(append(body, `","amount":`...), q.Amount, 10)
		body = strconv.AppendInt(append(body, `,"distance":`...), q.Distance, 10)
		body = append(append(body, `,"goods":"`...), q.Goods...)
		body = strconv.AppendBool(append(body, `","in_person":`...), q.InPerson)
		body = append(body, "}}"...)
		response, err := s.client.Post(s.url+"/v1/data/law/decision", "application/json", bytes.NewReader(body))
		if err != nil {
			return none, err
		}
		text, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil {
			return none, err
		}
		var answer struct{ Result []json.RawMessage }
		if err := json.Unmarshal(text, &answer); err != nil || len(answer.Result) != 4 {
			return none, fmt.Errorf("the server says %s: %w", text, err)
		}
		n, err := strconv.Atoi(string(answer.Result[0]))
		return workload.Decision{Outcome: workload.Outcome(n), Rule: strings.Trim(string(answer.Result[3]), `"`)}, err
	}, nil
}

func main() {
	if os.Getenv(asServer) != "" {
		if err := cmd.RootCommand.Execute(); err != nil {
			os.Exit(1)
		}
		return
	}
	harness.Main(
		harness.Row{Name: "opa", Sources: write, Load: loadLibrary, Slow: true},
		harness.Row{Name: "opa-server", Sources: write, Load: loadServer, Close: closeServer, Slow: true, Apart: true},
	)
}
