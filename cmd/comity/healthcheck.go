package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// How the server is asked whether it is ready.
const (
	readyURL  = "http://" + usualOperations + "/readyz"
	readyWait = 3 * time.Second // unless the machine says otherwise
	readyMost = 16 << 10        // bytes of an answer that are read
)

func (p *program) healthcheckCommand() *cobra.Command {
	var from string
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask the server whether it is ready",
		Long: `Healthcheck asks a server that runs on this machine whether it answers questions, and
says what it said. The exit code is 0 if it is ready, and 1 if it is not, for whatever
reason: nobody answers within three seconds, or it is still reading its log. It goes
through no proxy and follows no redirection. Containers use it, which have no curl.`,
		Example: `  comity healthcheck
  comity healthcheck --url http://127.0.0.1:8601/livez`,
		Args: atLeast(false),
		RunE: func(cmd *cobra.Command, _ []string) error { return p.healthcheck(cmd.Context(), from) },
	}
	cmd.Flags().StringVar(&from, "url", readyURL, "the `URL` to ask, which answers 200 if all is well")
	return cmd
}

func (p *program) healthcheck(ctx context.Context, from string) error {
	at, err := url.Parse(from)
	if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
		return badInput(fmt.Errorf("--url: %q is not the URL of a server, such as %s", from, readyURL))
	}
	wait := cmp.Or(p.readyWait, readyWait)
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	status, said, err := askReady(ctx, from)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("there was no answer within %s", wait)
	}
	if err != nil {
		return &coded{fmt.Errorf("not ready: %w", err), exitInternal}
	}
	if p.json() {
		if status != http.StatusOK {
			p.code = exitInternal
		}
		return p.print(struct {
			Ready  bool   `json:"ready"`
			Status int    `json:"status"`
			Said   string `json:"said,omitempty"`
		}{status == http.StatusOK, status, said})
	}
	if status != http.StatusOK {
		return &coded{fmt.Errorf("not ready: %d %s: %s", status, http.StatusText(status), or(said, "it gave no reason")), exitInternal}
	}
	p.page().line("%s", or(said, "ready"))
	return nil
}

// askReady asks once, and returns what was answered.
func askReady(ctx context.Context, from string) (status int, said string, err error) {
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true}, // no Proxy: what is asked is on this machine
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return 0, "", err
	}
	answer, err := client.Do(request)
	if err != nil {
		return 0, "", unaddressed(err)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, readyMost))
	return answer.StatusCode, strings.TrimSpace(string(text)), errors.Join(err, answer.Body.Close())
}

// unaddressed is what went wrong, without the verb and the URL that were asked for.
func unaddressed(err error) error {
	if at, ok := errors.AsType[*url.Error](err); ok {
		return at.Err
	}
	return err
}
