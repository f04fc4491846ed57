// Command cerbos is Cerbos in the table of peers: its evaluator in process, and its
// server over gRPC on the loopback interface.
//
// Cerbos answers allow or deny for an action, and a rule that is activated may put
// out a value; that is how its users are told why. A request asks of two actions of
// a privilege at once: that of the common law, of which the policy without a scope
// speaks, and that of the State's own, whose scope has a policy for it. Each is one
// rule that allows, and puts out the outcome and the id of the rule of the law
// that decides. Its expression goes through the conditions in order of strictness
// and stops at the first that holds; a rule of Cerbos for each rule of the law,
// which are all evaluated, each with its output, took longer.
// The baseline is looked up in a constant, by a variable of the policy, once for a
// request. The application takes the stricter of the two outputs. The member's
// attributes are those of the principal, made beforehand, and the request's those
// of the resource.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing/fstest"
	"time"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	svcv1 "github.com/cerbos/cerbos/api/genpb/cerbos/svc/v1"
	"github.com/cerbos/cerbos/pkg/cerbos"
	"github.com/cerbos/cerbos/private/ruletable"
	"github.com/cerbos/cerbos/private/ruletable/compile"
	epdpv2 "github.com/cerbos/cloud-api/genpb/cerbos/cloud/epdp/v2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/comity-project/comity/internal/bench/peers/harness"
	"github.com/comity-project/comity/internal/bench/peers/workload"
)

func write(law *workload.Law) (any, error) {
	baseline := map[string]map[string]map[string]string{}
	for _, r := range law.Of(workload.Baseline, "") {
		p, kind := r.Privileges[0], r.Kinds[0]
		if baseline[p] == nil {
			baseline[p] = map[string]map[string]string{}
		}
		if baseline[p][kind] == nil {
			baseline[p][kind] = map[string]string{}
		}
		baseline[p][kind][r.Categories[0]] = said(&r)
	}
	definitions, err := json.Marshal(map[string]any{"baseline": baseline})
	if err != nil {
		return nil, err
	}
	texts := harness.Texts{"baseline.yaml": "apiVersion: api.cerbos.dev/v1\nexportConstants:\n  name: common\n  definitions: " + string(definitions) + "\n"}
	cuts, programme := workload.Strictest(law.Of(workload.Status, "")), workload.Strictest(law.Of(workload.Programme, ""))
	var common strings.Builder
	common.WriteString("apiVersion: api.cerbos.dev/v1\nresourcePolicy:\n  version: default\n  resource: office\n  constants: {import: [common]}\n" +
		"  variables: {local: {baseline: 'C.baseline[R.attr.privilege][P.attr.kind][P.attr.category]'}}\n  rules:\n")
	for _, p := range law.Privileges {
		var b strings.Builder
		for o := workload.Denied; o > workload.Allowed; o-- {
			choose(&b, p, o, cuts)
			fmt.Fprintf(&b, `V.baseline.startsWith("%d") ? V.baseline : `, o)
			choose(&b, p, o, programme)
		}
		rule(&common, commonLaw+p, b.String()+"V.baseline")
	}
	texts["common.yaml"] = common.String()
	for _, state := range law.States {
		own := workload.Strictest(law.Of(workload.Reciprocity, state))
		var policy strings.Builder
		fmt.Fprintf(&policy, "apiVersion: api.cerbos.dev/v1\nresourcePolicy:\n  version: default\n  scope: %s\n  resource: office\n  rules:\n", state)
		for _, p := range law.Privileges {
			var b strings.Builder
			for o := workload.Denied; o > workload.Allowed; o-- {
				choose(&b, p, o, own)
			}
			if b.Len() > 0 {
				rule(&policy, ownLaw+p, b.String()+`"00 none"`)
			}
		}
		texts[state+".yaml"] = policy.String()
	}
	return texts, nil
}

// The two actions of a privilege begin with these.
const (
	commonLaw = "common:"
	ownLaw    = "own:"
)

// choose writes those rules about a privilege that come to an outcome.
func choose(b *strings.Builder, privilege string, o workload.Outcome, rules []workload.Rule) {
	for i := range rules {
		if r := &rules[i]; r.Outcome == o && slices.Contains(r.Privileges, privilege) {
			fmt.Fprintf(b, "%s ? %q : ", r.CEL(name), said(r))
		}
	}
}

func rule(b *strings.Builder, action, expression string) {
	fmt.Fprintf(b, "    - name: %s\n      actions: [%q]\n      effect: EFFECT_ALLOW\n      roles: ['*']\n      output: {when: {ruleActivated: '%s'}}\n",
		strings.ReplaceAll(workload.Dashed(action), ":", "-"), action, strings.ReplaceAll(expression, "'", "''"))
}

// What outranks what among rules of the same outcome.
var ranks = [...]int{workload.Baseline: 2, workload.Status: 3, workload.Reciprocity: 1, workload.Programme: 0}

// said is what a rule puts out.
func said(r *workload.Rule) string { return fmt.Sprintf("%d%d %s", r.Outcome, ranks[r.Tier], r.ID) }

func name(c workload.Condition) string {
	if c.Of == workload.OfRequest {
		return "R.attr." + c.Fact
	}
	return "P.attr." + c.Fact
}

// people are the members as principals.
type people map[string]principal

type principal struct {
	*enginev1.Principal
	state string
}

func principals(members []workload.Member) people {
	out := make(people, len(members))
	for i := range members {
		m := &members[i]
		out[m.ID] = principal{state: m.State, Principal: &enginev1.Principal{Id: m.ID, Roles: []string{"member"}, Attr: map[string]*structpb.Value{
			"category": structpb.NewStringValue(m.Category), "kind": structpb.NewStringValue(m.Kind), "status": structpb.NewStringValue(m.Status),
			"age": structpb.NewNumberValue(float64(m.Age)), "points": structpb.NewNumberValue(float64(m.Points)), "local_hire": structpb.NewBoolValue(m.LocalHire),
		}}}
	}
	return out
}

func resource(q *workload.Request, state string) *enginev1.Resource {
	return &enginev1.Resource{Kind: "office", Id: "office", Scope: state, Attr: map[string]*structpb.Value{
		"privilege": structpb.NewStringValue(q.Privilege), "amount": structpb.NewNumberValue(float64(q.Amount)),
		"distance": structpb.NewNumberValue(float64(q.Distance)), "goods": structpb.NewStringValue(q.Goods), "in_person": structpb.NewBoolValue(q.InPerson),
	}}
}

// decision combines what was put out: the strictest, and of equals that which
// outranks the other.
func decision(outputs []*enginev1.OutputEntry) (workload.Decision, error) {
	best := ""
	for _, o := range outputs {
		text := o.Val.GetStringValue()
		if len(text) < 4 {
			return workload.Decision{}, fmt.Errorf("put out was %v", o)
		}
		if best == "" || text[:2] > best[:2] {
			best = text
		}
	}
	if best == "" {
		return workload.Decision{}, errors.New("nothing was put out")
	}
	return workload.Decision{Outcome: workload.Outcome(best[0] - '0'), Rule: best[3:]}, nil
}

type process struct {
	people
	evaluator ruletable.Evaluator
}

func loadProcess(from any) (harness.Engine, error) {
	files := fstest.MapFS{}
	for name, text := range from.(harness.Texts) {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	table, err := compile.Compile(context.Background(), files)
	if err != nil {
		return nil, fmt.Errorf("%w: %+v", err, err)
	}
	evaluator, err := ruletable.NewRuleTableFromProto(table, &epdpv2.Config{})
	return &process{evaluator: evaluator}, err
}

func (e *process) People(_ *workload.Law, members []workload.Member) error {
	e.people = principals(members)
	return nil
}

func (e *process) Decider() (harness.Decider, error) {
	ctx := context.Background()
	return func(q *workload.Request) (workload.Decision, error) {
		p := e.people[q.Member]
		outputs, _, err := e.evaluator.Check(ctx, []*enginev1.CheckInput{{Principal: p.Principal, Resource: resource(q, p.state), Actions: []string{commonLaw + q.Privilege, ownLaw + q.Privilege}}})
		if err != nil {
			return workload.Decision{}, err
		}
		return decision(outputs[0].Outputs)
	}, nil
}

// server is a process of its own, of this very program.
type server struct {
	people
	*exec.Cmd
	folder string
	http   string
	conn   *grpc.ClientConn
}

// Listens implements harness.Listener.
func (s *server) Listens() (address string, process int) { return s.http, s.Process.Pid }

// asServer says that this process is to be the server, and how it is configured.
const asServer = "COMITY_PEER_SERVER"

func loadServer(from any) (_ harness.Engine, err error) {
	s := &server{}
	if s.folder, err = os.MkdirTemp("", "peer-cerbos-"); err != nil {
		return nil, err
	}
	for name, text := range from.(harness.Texts) {
		if err := os.WriteFile(filepath.Join(s.folder, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	http, grpcAt, err := free()
	if err != nil {
		return nil, err
	}
	s.http = http
	config, err := json.Marshal(map[string]any{
		"server":    map[string]any{"httpListenAddr": http, "grpcListenAddr": grpcAt},
		"storage":   map[string]any{"driver": "disk", "disk": map[string]any{"directory": s.folder, "watchForChanges": false}},
		"telemetry": map[string]any{"disabled": true},
	})
	if err != nil {
		return nil, err
	}
	s.Cmd = exec.Command(os.Args[0])
	s.Env = append(os.Environ(), asServer+"="+string(config))
	s.Stderr = os.Stderr
	if err := s.Start(); err != nil {
		return nil, err
	}
	if s.conn, err = grpc.NewClient(grpcAt, grpc.WithTransportCredentials(insecure.NewCredentials())); err != nil {
		return nil, err
	}
	client := svcv1.NewCerbosServiceClient(s.conn)
	for range 20_000 { // compiling takes it minutes where the processor is shared
		if _, err := client.ServerInfo(context.Background(), &requestv1.ServerInfoRequest{}); err == nil {
			return s, nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	closeServer(s)
	return nil, errors.New("the server does not come up")
}

// free are two addresses on which nobody listens.
func free() (a, b string, err error) {
	for _, at := range []*string{&a, &b} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", "", err
		}
		defer func() { _ = l.Close() }()
		*at = l.Addr().String()
	}
	return a, b, nil
}

func closeServer(e harness.Engine) {
	s := e.(*server)
	_ = s.conn.Close()
	_ = s.Process.Kill()
	_ = s.Wait()
	_ = os.RemoveAll(s.folder)
}

func (s *server) People(_ *workload.Law, members []workload.Member) error {
	s.people = principals(members)
	return nil
}

func (s *server) Decider() (harness.Decider, error) {
	ctx, client := context.Background(), svcv1.NewCerbosServiceClient(s.conn)
	return func(q *workload.Request) (workload.Decision, error) {
		p := s.people[q.Member]
		answer, err := client.CheckResources(ctx, &requestv1.CheckResourcesRequest{
			Principal: p.Principal,
			Resources: []*requestv1.CheckResourcesRequest_ResourceEntry{{Actions: []string{commonLaw + q.Privilege, ownLaw + q.Privilege}, Resource: resource(q, p.state)}},
		})
		if err != nil {
			return workload.Decision{}, err
		}
		if len(answer.Results) != 1 {
			return workload.Decision{}, fmt.Errorf("no answer: %v", answer)
		}
		return decision(answer.Results[0].Outputs)
	}, nil
}

func main() {
	if text := os.Getenv(asServer); text != "" {
		var config map[string]any
		err := json.Unmarshal([]byte(text), &config)
		if err == nil {
			err = cerbos.Serve(context.Background(), cerbos.WithConfig(config), cerbos.WithLogLevel(cerbos.LogLevelError), cerbos.WithMetricsDisabled(), cerbos.WithTracesDisabled())
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	harness.Main(
		harness.Row{Name: "cerbos", Sources: write, Load: loadProcess, Slow: true},
		harness.Row{Name: "cerbos-server", Sources: write, Load: loadServer, Close: closeServer, Slow: true, Apart: true},
	)
}
