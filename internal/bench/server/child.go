package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// A child is a server that this program has begun, and ends.
type child struct {
	*exec.Cmd
	name    string
	address string // of what is measured
	pid     int
	ended   chan struct{} // closed when it has
	how     error         // how it ended, once it has
}

// free is an address of loopback on which nobody listens.
func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String(), nil
}

// begin starts a program and waits until a URL answers with status 200.
func begin(ctx context.Context, name, address, ready string, patience time.Duration, cmd *exec.Cmd) (*child, error) {
	log, err := os.CreateTemp("", "comity-bench-"+name+"-*.log")
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &child{Cmd: cmd, name: name, address: address, pid: cmd.Process.Pid, ended: make(chan struct{})}
	go func() {
		c.how = cmd.Wait()
		close(c.ended)
	}()
	for until := time.Now().Add(patience); time.Now().Before(until); {
		select {
		case <-c.ended:
			text, _ := os.ReadFile(log.Name())
			return nil, fmt.Errorf("%s ended: %w\n%s", name, c.how, text)
		case <-ctx.Done():
			c.end()
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
		if response, err := http.Get(ready); err == nil { //nolint:gosec,noctx // an address that this program made up
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return c, os.Remove(log.Name())
			}
		}
	}
	c.end()
	text, _ := os.ReadFile(log.Name())
	return nil, fmt.Errorf("%s was not ready within %s\n%s", name, patience, text)
}

// end ends the server in order, or else at once. Others end what they have begun.
func (c *child) end() {
	if c.Cmd == nil {
		return
	}
	_ = term(c.Process)
	select {
	case <-c.ended:
	case <-time.After(20 * time.Second):
		_ = c.Process.Kill()
		<-c.ended
	}
}

// ticks is how many of the units of /proc/PID/stat are a second: 100 wherever Linux runs.
const ticks = 100

// processor is the processor time that the server has had, to ten milliseconds; 0 where
// the system does not say.
func (c *child) processor() time.Duration {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(c.pid) + "/stat")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	if errors.Join(err1, err2) != nil {
		return 0
	}
	return time.Duration(user+system) * time.Second / ticks
}
