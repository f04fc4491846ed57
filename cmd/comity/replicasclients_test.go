package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
)

// How many there are: who record, who ask, and members whom all who record change.
const (
	writers = 4
	askers  = 2
	shared  = 3
	// foundedBy is how many commands found the office.
	foundedBy = 2
)

// clientPatience is how long a client waits for one answer until it asks again, perhaps
// elsewhere, where servers are stopped and cut off.
const clientPatience = 3 * time.Second

// Clients record and ask at replicas, and write down what they were told.
type clients struct {
	rs   *replicas
	seed uint64
	http *http.Client
	// patience is how long one answer is waited for. It is long, where servers answer.
	patience time.Duration

	mu        sync.Mutex
	acked     []ackedCommand
	refused   map[domain.CommandID]string // about whom; mu
	answers   map[string]string           // the bytes of an answer, by question; mu
	questions []string                    // in the order of the first answer; mu
	odd       []string                    // what should not have been said; mu
	watched   []domain.EventID            // by position; mu
	cars      int                         // how many vehicles were recorded; mu
	again     int                         // how often a command was sent again; mu
	repeated  int                         // how often that was told to be on record already; mu
	asked     int                         // answers that were compared; mu
}

// An ackedCommand is one that a replica said was recorded.
type ackedCommand struct {
	id   domain.CommandID
	of   string // what it is about
	said engine.Receipt
}

func newClients(rs *replicas, seed uint64) *clients {
	return &clients{
		rs: rs, seed: seed, patience: patience, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}},
		refused: map[domain.CommandID]string{}, answers: map[string]string{},
	}
}

// run lets clients go about their work until stop is called, which waits until each has
// been answered.
func (cl *clients) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var busy sync.WaitGroup
	for i := range writers {
		busy.Go(func() { cl.write(ctx, i) })
	}
	for i := range askers {
		busy.Go(func() { cl.ask(ctx, i) })
	}
	watching, unwatch := context.WithCancel(context.Background())
	var watcher sync.WaitGroup
	watcher.Go(func() { cl.watch(watching) })
	cl.rs.t.Cleanup(func() { cancel(); unwatch(); cl.http.CloseIdleConnections() })
	return func() {
		cancel()
		busy.Wait()
		assert.Eventually(cl.rs.t, func() bool {
			cl.mu.Lock()
			defer cl.mu.Unlock()
			return len(cl.watched) == len(cl.rs.c.Stream("ofm"))
		}, patience, 20*time.Millisecond, "who watches is told of all")
		unwatch()
		watcher.Wait()
	}
}

func (cl *clients) count() int {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	return len(cl.acked)
}

// progress waits until so many more commands are acknowledged.
func (cl *clients) progress(more int) {
	cl.rs.t.Helper()
	before := cl.count()
	for begun := time.Now(); cl.count() < before+more; time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > patience {
			for _, r := range cl.rs.all {
				status, said := r.readiness()
				cl.rs.t.Logf("%s: %d %+v", r.name, status, said)
			}
			cl.rs.t.Fatalf("%d of %d commands were acknowledged in %v", cl.count()-before, more, patience)
		}
	}
}

func (cl *clients) chance(who int) *rand.Rand { return rand.New(rand.NewPCG(cl.seed, uint64(who))) }

// wonder writes down what should not have been.
func (cl *clients) wonder(format string, args ...any) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	cl.odd = append(cl.odd, fmt.Sprintf(format, args...))
}

// errNotAnswered is returned by call when nobody answered, or only that it can't be
// answered now.
var errNotAnswered = errors.New("not answered")

// call sends a request to a replica. Whatever it says but that it can't answer now is an
// answer.
func (cl *clients) call(r *peer, method, path, body string, headers ...string) (status int, text string, at domain.Position, err error) {
	url := r.at()
	if url == "" {
		return 0, "", 0, errNotAnswered
	}
	ctx, cancel := context.WithTimeout(context.Background(), cl.patience)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, method, url+path, strings.NewReader(body))
	if err != nil {
		return 0, "", 0, err
	}
	if body != "" {
		q.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		q.Header.Set(headers[i], headers[i+1])
	}
	w, err := cl.http.Do(q)
	if err != nil {
		return 0, "", 0, errNotAnswered
	}
	defer func() { _ = w.Body.Close() }()
	read, err := io.ReadAll(w.Body)
	if err != nil {
		return 0, "", 0, errNotAnswered
	}
	switch w.StatusCode {
	case http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusTooManyRequests:
		var p struct{ Code string }
		if json.Unmarshal(read, &p) == nil && p.Code == "halted" {
			cl.wonder("%s has halted: %s", r.name, read)
		}
		return w.StatusCode, string(read), 0, errNotAnswered
	}
	if text := w.Header.Get(api.PositionHeader); text != "" {
		n, err := strconv.ParseUint(text, 10, 63)
		if err != nil {
			cl.wonder("%s says that it is at %q", r.name, text)
		}
		at = domain.Position(n)
	}
	return w.StatusCode, string(read), at, nil
}

// someReplica is one of them by chance.
func (cl *clients) some(chance *rand.Rand) *peer {
	return cl.rs.all[chance.IntN(len(cl.rs.all))]
}

// An errand is what a client wants recorded: about whom, and whether it may be refused
// since somebody else was first.
type errand struct {
	of, body string
	may      bool
}

// next is what a client records as its nth: somebody arrives, of whom nobody else says
// anything; several arrive at once; a vehicle is recorded, which all who record want to be
// first to do; or one whom all know comes into another category.
func (cl *clients) next(who, n int, chance *rand.Rand) errand {
	arrives := func(member string) string {
		return fmt.Sprintf(`{"subject":"member/%s","type":"member.accredited","effective":"2024-01-01","authority":"note 2","payload":{"mission":"arandia-embassy","category":"dip.service"}}`, member)
	}
	own := fmt.Sprintf("w%dn%d", who, n)
	switch n % 4 {
	case 0:
		return errand{of: "member/" + own, body: `{"events":[` + arrives(own) + `]}`}
	case 1:
		return errand{of: "member/" + own, body: `{"events":[` + arrives(own) + `,` + arrives(own+"b") + `,` + arrives(own+"c") + `]}`}
	case 2:
		cl.mu.Lock()
		car := fmt.Sprintf("vehicle/car%d", cl.cars)
		cl.mu.Unlock()
		return errand{of: car, body: fmt.Sprintf(`{"events":[{"subject":%q,"type":"vehicle.recorded","effective":"2024-01-01","authority":"note 4","payload":{"kind":"car","owner":"shared0"}}]}`, car), may: true}
	default:
		whom := fmt.Sprintf("member/shared%d", chance.IntN(shared))
		category := []string{"dip.agent", "dip.at", "dip.service"}[chance.IntN(3)]
		return errand{of: whom, body: fmt.Sprintf(`{"events":[{"subject":%q,"type":"member.category_changed","authority":"note 3","payload":{"category":%q}}]}`, whom, category), may: true}
	}
}

// write records one thing after the other, each at any replica, and again under the same
// key at any replica while it isn't told what became of it.
func (cl *clients) write(ctx context.Context, who int) {
	chance := cl.chance(who)
	var token domain.Position
	for n := 0; ctx.Err() == nil; n++ {
		o := cl.next(who, n, chance)
		id := domain.CommandID(engine.NewID())
		for attempt := 0; ; attempt++ {
			if attempt > 0 {
				cl.mu.Lock()
				cl.again++
				cl.mu.Unlock()
				time.Sleep(time.Duration(chance.IntN(30)) * time.Millisecond)
			}
			r := cl.some(chance)
			status, text, at, err := cl.call(r, http.MethodPost, "/v1/events", o.body, api.KeyHeader, id.String())
			if err != nil {
				if attempt > 100_000 {
					cl.wonder("%s is never acknowledged", id)
					return
				}
				continue
			}
			var said engine.Receipt
			switch {
			case status == http.StatusOK && json.Unmarshal([]byte(text), &said) == nil:
				if at != said.Position {
					cl.wonder("%s acknowledges %s at %d and says %d", r.name, id, said.Position, at)
				}
				if said.Position <= token {
					cl.wonder("%s acknowledges %s at %d, and the client has seen %d before it sent it", r.name, id, said.Position, token)
				}
				token = said.Position
				cl.acknowledged(ackedCommand{id, o.of, said}, attempt)
			case status == http.StatusUnprocessableEntity && o.may:
				cl.mu.Lock()
				cl.refused[id] = o.of
				cl.mu.Unlock()
			default:
				cl.wonder("%s answers %s of %s (%d times sent): %d %s", r.name, id, o.of, attempt+1, status, text)
			}
			break
		}
		// What it was told is there, wherever it asks.
		r := cl.some(chance)
		status, text, at, err := cl.call(r, http.MethodGet, "/v1/office", "", api.AtLeastHeader, fmt.Sprint(token))
		if err == nil && (status != http.StatusOK || at < token) {
			cl.wonder("%s is asked for %d and answers at %d: %d %s", r.name, token, at, status, text)
		}
		if err == nil {
			token = max(token, at)
		}
	}
}

func (cl *clients) acknowledged(a ackedCommand, attempts int) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	cl.acked = append(cl.acked, a)
	if strings.HasPrefix(a.of, "vehicle/") {
		cl.cars++
	}
	if a.said.Repeated {
		cl.repeated++
		if attempts == 0 {
			cl.odd = append(cl.odd, fmt.Sprintf("%s is told to be repeated when it is sent first", a.id))
		}
	}
}

// question asks something, as of and as known when a command was acknowledged, of whom
// it was about or of one whom all change.
func (cl *clients) question(chance *rand.Rand) (body string, at domain.Position, found bool) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if len(cl.acked) == 0 {
		return "", 0, false
	}
	// A late one, since that is where replicas may differ, or any.
	n := len(cl.acked)
	known := cl.acked[n-1-chance.IntN(min(n, 20))]
	if chance.IntN(4) == 0 {
		known = cl.acked[chance.IntN(n)]
	}
	whom, member := strings.CutPrefix(known.of, "member/")
	if !member || chance.IntN(3) > 0 {
		whom = fmt.Sprintf("shared%d", chance.IntN(shared))
	}
	privilege := []string{"imm.criminal", "imm.civil", "imm.arrest"}[chance.IntN(3)]
	asOf := known.said.Recorded.UTC().Format("2006-01-02T15:04:05.000000Z")
	return fmt.Sprintf(`{"subject":%q,"privilege":%q,"as_of":%q,"as_known":%d}`, whom, privilege, asOf, known.said.Position), known.said.Position, true
}

// put asks a question of a replica, and holds the answer to what was ever answered.
func (cl *clients) put(r *peer, question string, at domain.Position) bool {
	status, text, seen, err := cl.call(r, http.MethodPost, "/v1/ask", question, api.AtLeastHeader, fmt.Sprint(at))
	if err != nil {
		return false
	}
	if status != http.StatusOK || seen != at {
		cl.wonder("%s is asked %s and answers at %d: %d %s", r.name, question, seen, status, text)
		return true
	}
	cl.mu.Lock()
	defer cl.mu.Unlock()
	before, known := cl.answers[question]
	if !known {
		cl.answers[question] = text
		cl.questions = append(cl.questions, question)
		return true
	}
	cl.asked++
	if before != text {
		cl.odd = append(cl.odd, fmt.Sprintf("%s is asked %s\nand answers %s\nwhich was %s", r.name, question, text, before))
	}
	return true
}

// ask puts questions to several replicas, and now and then an old one again.
func (cl *clients) ask(ctx context.Context, who int) {
	chance := cl.chance(1000 + who)
	var token domain.Position
	for ctx.Err() == nil {
		question, at, found := cl.question(chance)
		if !found {
			time.Sleep(time.Millisecond)
			continue
		}
		for _, i := range chance.Perm(len(cl.rs.all))[:2] {
			cl.put(cl.rs.all[i], question, at)
		}
		// Without a position it is answered as of now, and never before what was seen.
		r := cl.some(chance)
		status, text, seen, err := cl.call(r, http.MethodPost, "/v1/ask", `{"subject":"shared0","privilege":"imm.criminal"}`, api.AtLeastHeader, fmt.Sprint(token))
		if err == nil && (status != http.StatusOK || seen < token) {
			cl.wonder("%s is asked for at least %d and answers at %d: %d %s", r.name, token, seen, status, text)
		}
		if err == nil {
			token = max(token, seen)
		}
		time.Sleep(time.Duration(chance.IntN(10)) * time.Millisecond)
	}
}

// watch follows the events of the office at the first replica, and goes on there whenever
// it breaks off.
func (cl *clients) watch(ctx context.Context) {
	for ctx.Err() == nil {
		cl.watchOnce(ctx)
		time.Sleep(10 * time.Millisecond)
	}
}

func (cl *clients) watchOnce(ctx context.Context) {
	r := cl.rs.all[0]
	url := r.at()
	if url == "" {
		return
	}
	cl.mu.Lock()
	from := len(cl.watched)
	cl.mu.Unlock()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/v1/watch/events", http.NoBody)
	if err != nil {
		return
	}
	q.Header.Set("Last-Event-ID", strconv.Itoa(from))
	w, err := cl.http.Do(q)
	if err != nil {
		return
	}
	defer func() { _ = w.Body.Close() }()
	if w.StatusCode != http.StatusOK {
		return
	}
	lines := bufio.NewReader(w.Body)
	event := ""
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if key == "event" {
			event = value
		}
		if key != "data" || event != "event" {
			continue
		}
		var told struct {
			Position domain.Position
			Event    json.RawMessage
		}
		if err := json.Unmarshal([]byte(value), &told); err != nil {
			cl.wonder("the watch of %s: %v: %s", r.name, err, value)
			return
		}
		env, err := codec.Decode(told.Event)
		cl.mu.Lock()
		if err != nil || int(told.Position) != len(cl.watched) {
			cl.odd = append(cl.odd, fmt.Sprintf("who watched %s and has seen %d events is told %s: %v", r.name, len(cl.watched), value, err))
		}
		cl.watched = append(cl.watched, env.ID)
		cl.mu.Unlock()
	}
}

// verify holds what the clients were told to the log, when they have stopped.
func (cl *clients) verify() {
	t := cl.rs.t
	t.Helper()
	log := cl.rs.events()
	require.Empty(t, cl.odd, "what clients were told")

	// Commands lie one after the other, each once, and later than the one before.
	places := map[domain.CommandID][2]int{}
	for i := 0; i < len(log); {
		end := i + 1
		for end < len(log) && log[end].Command == log[i].Command {
			require.Equal(t, log[i].Recorded, log[end].Recorded, "within a command, at %d", end)
			end++
		}
		if i > 0 {
			require.True(t, log[i].Recorded.After(log[i-1].Recorded), "recorded times grow, at %d", i)
		}
		_, twice := places[log[i].Command]
		require.False(t, twice, "command %s is there twice", log[i].Command)
		places[log[i].Command] = [2]int{i, end}
		i = end
	}

	for id := range cl.refused {
		require.NotContains(t, places, id, "it was refused, and is there")
	}

	// What was acknowledged is where it was said to be, and all that was recorded was
	// acknowledged.
	for _, a := range cl.acked {
		place, there := places[a.id]
		require.True(t, there, "%s was acknowledged at %d and is not there", a.id, a.said.Position)
		require.Equal(t, [2]int{int(a.said.First), int(a.said.Position)}, place, a.id)
		var ids []domain.EventID
		for _, env := range log[place[0]:place[1]] {
			ids = append(ids, env.ID)
		}
		require.Equal(t, ids, a.said.Events, a.id)
		require.Equal(t, log[place[0]].Recorded, a.said.Recorded.UTC(), a.id)
		require.Equal(t, a.of, log[place[0]].Subject.String(), a.id)
		delete(places, a.id)
	}
	require.Len(t, places, foundedBy, "what nobody was told of")

	// Nobody arrived twice, and each vehicle was recorded once, by whoever was first.
	begun := map[string]int{}
	for _, env := range log {
		if env.Type() == "member.accredited" || env.Type() == "vehicle.recorded" {
			begun[env.Subject.String()]++
			require.Equal(t, 1, begun[env.Subject.String()], env.Subject)
		}
	}
	for id, of := range cl.refused {
		require.Equal(t, 1, begun[of], "%s of %s was refused", id, of)
	}
	for i, id := range cl.watched {
		require.Equal(t, log[i].ID, id, "at %d", i)
	}

	// What was answered is answered so everywhere.
	require.NotEmpty(t, cl.questions)
	asked := cl.questions
	if len(asked) > 300 { // the last, and some of all
		asked = append(slices.Clone(asked[len(asked)-150:]), asked[:150]...)
	}
	for _, question := range asked {
		var q struct {
			Known domain.Position `json:"as_known"`
		}
		require.NoError(t, json.Unmarshal([]byte(question), &q))
		for _, r := range cl.rs.all {
			require.Eventually(t, func() bool { return cl.put(r, question, q.Known) }, patience, time.Millisecond, question)
		}
	}
	require.Empty(t, cl.odd, "what clients were told when all was over")
	t.Logf("%d records; %d commands acknowledged, %d refused, sent again %d times, %d of which were on record; %d questions, %d answers compared",
		len(log), len(cl.acked), len(cl.refused), cl.again, cl.repeated, len(cl.questions), cl.asked)
}
