package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// asFloor says that this process is to be the floor, and where it listens.
const asFloor = "COMITY_BENCH_FLOOR"

// A server is one of the rows.
type server struct {
	*child
	*workload
	row     string
	extra   string // headers of every request
	events  bool   // whether it can be sent events
	records bool   // whether it records answers
	close   func() // ends what belongs to it; nil if nothing does
}

func (s *server) end() {
	if s.child != nil {
		s.child.end()
	}
	if s.close != nil {
		s.close()
	}
}

// start begins the servers.
func start(ctx context.Context, o options) (all []*server, err error) {
	var questions []question
	wanted := strings.Split(o.rows, ",")
	if o.beside != "" {
		wanted = append(wanted, "beside")
	}
	for _, row := range []string{"comity", "beside", "floor", "key", "strict", "best-effort"} {
		if !slices.Contains(wanted, row) && row != "comity" {
			continue
		}
		note("start %s", row)
		s := &server{row: row}
		switch row {
		case "floor":
			err = s.floor(ctx)
		case "beside":
			other := o
			other.binary = o.beside
			err = s.comity(ctx, other)
		default:
			err = s.comity(ctx, o)
		}
		if err != nil {
			return all, fmt.Errorf("%s: %w", row, err)
		}
		all = append(all, s)
		if row == "comity" {
			questions = makeQuestions(o.members, o.questions, o.seed)
			note("ask %d questions by /v1/ask, for what to expect", len(questions))
			if err := expect(s.address, questions); err != nil {
				return all, err
			}
		}
		s.workload = workloadOf(slices.Clone(questions), s.address, s.extra, row == "floor")
	}
	if !slices.Contains(wanted, "comity") {
		all[0].end()
		all = all[1:]
	}
	if o.peers {
		others, err := startPeers(ctx, o)
		all = append(all, others...)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// floor begins the server that answers without having understood.
func (s *server) floor(ctx context.Context) error {
	address, err := free()
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), asFloor+"="+address)
	s.child, err = begin(ctx, "floor", address, "http://"+address+"/livez", time.Minute, cmd)
	return err
}

// comity begins the server with a copy of the office.
func (s *server) comity(ctx context.Context, o options) error {
	office, err := officeOf(ctx, o)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp(o.folder, s.row+"-")
	if err != nil {
		return err
	}
	s.close = func() { _ = os.RemoveAll(folder) }
	log := filepath.Join(folder, "office.db")
	if err := copies(office, log); err != nil {
		return err
	}
	args := []string{"--log", log}
	switch s.row {
	case "strict", "best-effort":
		s.records = true
		args = append(args, "--set", "decisions="+filepath.Join(folder, "answers.db"), "--set", "decisions_mode="+s.row)
	case "key":
		config, err := s.key(o, folder)
		if err != nil {
			return err
		}
		args = append(args, "--config", config)
	}
	s.events = true
	s.child, err = serve(ctx, o, s.row, args...)
	return err
}

// serve begins comity on free ports.
func serve(ctx context.Context, o options, row string, args ...string) (*child, error) {
	api, err1 := free()
	operations, err2 := free()
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	cmd := exec.Command(o.binary, append([]string{"serve", "--listen", api, "--set", "operations.listen=" + operations}, args...)...) //nolint:gosec // the program that is measured
	return begin(ctx, row, api, "http://"+operations+"/readyz", 10*time.Minute, cmd)
}

// key makes a key and writes a configuration that knows it.
func (s *server) key(o options, folder string) (string, error) {
	text, err := exec.Command(o.binary, "serve", "key", "-o", "json").Output() //nolint:gosec // the program that is measured
	if err != nil {
		return "", err
	}
	var made struct{ Key, Sha256 string }
	if err := json.Unmarshal(text, &made); err != nil {
		return "", err
	}
	s.extra = "Authorization: Bearer " + made.Key + "\r\n"
	file := filepath.Join(folder, "comity.yaml")
	return file, os.WriteFile(file, fmt.Appendf(nil, `auth:
  keys:
    - id: load
      sha256: %s
      grants:
        - {role: system, offices: ["*"], countries: ["*"], programmes: ["*"]}
`, made.Sha256), 0o600)
}

// officeOf makes an office, or finds the one that was made before.
func officeOf(ctx context.Context, o options) (string, error) {
	if err := os.MkdirAll(o.folder, 0o750); err != nil {
		return "", err
	}
	path := filepath.Join(o.folder, fmt.Sprintf("office-%d-%d-%d.db", o.members, o.perMember, o.seed))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	note("make an office of %d members, which is kept as %s", o.members, path)
	cmd := exec.CommandContext(ctx, o.binary, "generate", "--members", itoa(o.members), "--events", itoa(o.members*o.perMember), "--seed", fmt.Sprint(o.seed), "--database", path) //nolint:gosec // the program that is measured
	cmd.Stderr = os.Stderr
	return path, cmd.Run()
}

// copies copies an office with all that belongs to it.
func copies(from, to string) error {
	beside, err := filepath.Glob(from + "*")
	if err != nil {
		return err
	}
	for _, one := range beside {
		if err := copyFile(one, to+strings.TrimPrefix(one, from)); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(from, to string) error {
	if info, err := os.Stat(from); err != nil || info.IsDir() {
		if err == nil {
			err = os.CopyFS(to, os.DirFS(from))
		}
		return err
	}
	in, err := os.Open(from) //nolint:gosec // files of this program
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // as above
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
