package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/comity-project/comity/internal/bench/peers/harness"
	law "github.com/comity-project/comity/internal/bench/peers/workload"
)

// The rows of peers.
const (
	opaRow    = "opa"
	cerbosRow = "cerbos"
)

// A peer is a server of others: the program of internal/bench/peers writes the law of the
// workload in its language and begins the server, and this one asks it over HTTP.
type peer struct {
	*exec.Cmd
	in io.WriteCloser
}

// startPeers builds the programs of peers and begins their servers.
func startPeers(ctx context.Context, o options) (all []*server, err error) {
	made := law.NewLaw(o.seed)
	members := law.NewMembers(made, o.seed, o.members)
	requests := law.NewRequests(made, members, o.seed, o.questions)
	naive := law.NewNaive(made, members)
	of := make(map[string]*law.Member, len(members))
	for i := range members {
		of[members[i].ID] = &members[i]
	}
	for _, p := range []struct {
		row, path string
		body      func(*law.Member, *law.Request) any
		says      func(law.Decision) string
	}{
		{opaRow, "/v1/data/law/decision", opaBody, func(d law.Decision) string { return fmt.Sprintf(`,"%s"]`, d.Rule) }},
		{cerbosRow, "/api/check/resources", cerbosBody, func(d law.Decision) string { return fmt.Sprintf(` %s"`, d.Rule) }},
	} {
		note("build %s, and let it load the law of the workload", p.row)
		s, err := startPeer(ctx, o, p.row)
		if err != nil {
			return all, fmt.Errorf("%s: %w", p.row, err)
		}
		all = append(all, s)
		s.workload = &workload{}
		for i := range requests {
			body, err := json.Marshal(p.body(of[requests[i].Member], &requests[i]))
			if err != nil {
				return all, err
			}
			s.single = append(s.single, &exchange{
				request: post(s.address, p.path, "application/json", "", body), part: []byte(p.says(naive.Decide(requests[i]))), decisions: 1,
			})
		}
	}
	return all, nil
}

// startPeer begins the server of one row.
func startPeer(ctx context.Context, o options, row string) (*server, error) {
	binary, err := filepath.Abs(filepath.Join("bin", "peers", row))
	if err != nil {
		return nil, err
	}
	if err := buildPeer(ctx, row, binary); err != nil {
		return nil, err
	}
	p := &peer{Cmd: exec.Command(binary, "-row", row+"-server", "-seed", fmt.Sprint(o.seed))} //nolint:gosec // it was built just now
	p.Stderr = os.Stderr
	if p.in, err = p.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.Start(); err != nil {
		return nil, err
	}
	s := &server{row: row, close: func() { _ = p.in.Close(); _ = p.Wait() }} // which ends its server
	if _, err := io.WriteString(p.in, "load\n"); err != nil {
		return s, err
	}
	lines := bufio.NewScanner(out)
	var r harness.Report
	if !lines.Scan() {
		return s, errors.Join(errors.New("it says nothing"), lines.Err())
	}
	if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
		return s, err
	}
	if r.Fail != "" || r.Address == "" {
		return s, fmt.Errorf("it does not listen: %s", r.Fail)
	}
	s.child = &child{name: row, address: r.Address, pid: r.Process}
	return s, nil
}

// buildPeer builds the program of a peer, which is a module of its own. Its list of what
// it needs is completed in a copy, should the house's have moved on.
func buildPeer(ctx context.Context, row, binary string) error {
	folder := filepath.Join("internal", "bench", "peers", row)
	scratch, err := os.MkdirTemp("", "comity-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	for _, name := range []string{"go.mod", "go.sum"} {
		if err := copyFile(filepath.Join(folder, name), filepath.Join(scratch, name)); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-mod=mod", "-modfile="+filepath.Join(scratch, "go.mod"), "-o", binary, ".") //nolint:gosec // paths of this program
	cmd.Dir, cmd.Stderr = folder, os.Stderr
	return cmd.Run()
}

// opaBody is a question as OPA is asked it.
func opaBody(m *law.Member, q *law.Request) any {
	return map[string]any{"input": map[string]any{
		"member": map[string]any{
			"state": m.State, "category": m.Category, "kind": m.Kind, "status": m.Status, "age": m.Age, "points": m.Points, "local_hire": m.LocalHire,
		},
		"privilege": q.Privilege, "amount": q.Amount, "distance": q.Distance, "goods": q.Goods, "in_person": q.InPerson,
	}}
}

// cerbosBody is a question as Cerbos is asked it: of the common law, and of the State's.
func cerbosBody(m *law.Member, q *law.Request) any {
	return map[string]any{
		"requestId": "bench",
		"principal": map[string]any{"id": m.ID, "roles": []string{"member"}, "attr": map[string]any{
			"category": m.Category, "kind": m.Kind, "status": m.Status, "age": m.Age, "points": m.Points, "local_hire": m.LocalHire,
		}},
		"resources": []any{map[string]any{
			"actions": []string{"common:" + q.Privilege, "own:" + q.Privilege},
			"resource": map[string]any{"kind": "office", "id": "office", "scope": m.State, "attr": map[string]any{
				"privilege": q.Privilege, "amount": q.Amount, "distance": q.Distance, "goods": q.Goods, "in_person": q.InPerson,
			}},
		}},
	}
}
