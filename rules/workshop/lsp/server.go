package lsp

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Options are what a session may be told from outside. The zero value is good.
type Options struct {
	Version string        // of the program, as the editor shows it
	Pause   time.Duration // in typing, before the ruleset is checked; zero: 150 ms
	// Alive reports whether the process of the editor still runs; nil: ask the
	// system.
	Alive func(pid int) bool
	// Watch is how often that is asked; zero: every 5 s.
	Watch time.Duration
}

// A Server is one session with an editor. It is used once, by [Server.Serve].
type Server struct {
	options Options
	out     *wireWriter
	enc     encoding
	client  clientCapabilities
	phase   phase
	parent  int // process of the editor; 0: not told

	documents map[string]*document // by path or, for what is no file, by URI
	folders   map[string]*folder   // by path
	views     map[string]*view     // by folder; emptied by every edit
	edit      int                  // counts edits
	verdicts  map[string]verdict   // by folder, the latest
	published map[string][]string  // by folder, the URIs that have diagnostics
	dirty     map[string]bool      // folders to be checked
	checking  bool
	running   *job // the last that was started; nil: none was
	nextID    int  // of our requests

	mu        sync.Mutex
	waiting   map[string]bool // ids of requests that are read and not answered; mu locks it
	cancelled map[string]bool // those of them that nobody waits for any more; mu locks it
}

// A phase is how far a session has come.
type phase uint8

const (
	created phase = iota
	initialized
	shutDown
)

// New makes a session.
func New(o Options) *Server {
	if o.Pause == 0 {
		o.Pause = 150 * time.Millisecond
	}
	if o.Watch == 0 {
		o.Watch = 5 * time.Second
	}
	if o.Alive == nil {
		o.Alive = alive
	}
	return &Server{
		options: o, enc: utf16Units, documents: map[string]*document{}, folders: map[string]*folder{}, views: map[string]*view{},
		verdicts: map[string]verdict{}, published: map[string][]string{}, dirty: map[string]bool{},
		waiting: map[string]bool{}, cancelled: map[string]bool{},
	}
}

// alive asks the system whether a process runs. If it can't tell, it does.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	err = p.Signal(syscall.Signal(0))
	return !errors.Is(err, os.ErrProcessDone) && !errors.Is(err, syscall.ESRCH)
}

// ErrNoGoodbye is returned by [Server.Serve] if the editor left, or died, without
// having asked the server to shut down. The exit code of the program is 1 then, as
// the protocol demands.
var ErrNoGoodbye = errors.New("the editor left without saying goodbye (shutdown)")

// arrival is what the goroutine that reads hands over.
type arrival struct {
	body []byte
	err  error
}

// Serve answers an editor until it says exit, leaves, or the context ends. It is
// nil after shutdown and exit, or if the editor left before it had begun.
func (s *Server) Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	s.out = &wireWriter{out: out}
	arrivals := make(chan arrival, 64)
	go s.read(ctx, in, arrivals)
	jobs, verdicts := make(chan job, 1), make(chan verdict, 1)
	defer close(jobs)
	go func() {
		c := &checker{}
		for j := range jobs {
			verdicts <- c.check(j)
		}
	}()
	pause := time.NewTimer(s.options.Pause)
	defer pause.Stop()
	watch := time.NewTicker(s.options.Watch)
	defer watch.Stop()
	for {
		edits := s.edit
		select {
		case a := <-arrivals:
			if a.err != nil && !s.readFailed(a.err) {
				return s.leave()
			}
			if a.err == nil && s.receive(a.body) {
				return s.leave()
			}
		case <-pause.C:
			s.begin(jobs)
		case v := <-verdicts:
			s.checking = false
			s.settle(v)
			s.begin(jobs)
		case <-watch.C:
			if s.parent > 0 && !s.options.Alive(s.parent) {
				return ErrNoGoodbye
			}
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := s.out.failed(); err != nil {
			return s.leave()
		}
		if s.edit != edits {
			pause.Reset(s.options.Pause)
		}
	}
}

// leave says how the session ends.
func (s *Server) leave() error {
	if s.phase == initialized {
		return ErrNoGoodbye
	}
	return nil
}

// read hands messages over, and notes at once which requests are cancelled, though
// others may be in the queue before them.
func (s *Server) read(ctx context.Context, in io.Reader, to chan<- arrival) {
	r := &wireReader{bufio.NewReaderSize(in, 16<<10)}
	for {
		body, err := r.next()
		if err == nil {
			s.note(body)
		}
		select {
		case to <- arrival{body, err}:
		case <-ctx.Done():
			return
		}
		if _, skipped := errors.AsType[*tooLarge](err); err != nil && !skipped {
			return
		}
	}
}

func (s *Server) note(body []byte) {
	var m message
	if json.Unmarshal(body, &m) != nil {
		return // reported when it is its turn
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case m.isRequest():
		s.waiting[string(m.ID)] = true
	case m.Method == "$/cancelRequest":
		var p struct {
			ID json.RawMessage `json:"id"`
		}
		if json.Unmarshal(m.Params, &p) == nil && s.waiting[string(p.ID)] {
			s.cancelled[string(p.ID)] = true
		}
	}
}

// forget reports whether a request was cancelled, and that it is answered.
func (s *Server) forget(id json.RawMessage) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.cancelled[string(id)]
	delete(s.waiting, string(id))
	delete(s.cancelled, string(id))
	return was
}

// readFailed reports whether the session goes on after an error of reading.
func (s *Server) readFailed(err error) bool {
	if _, skipped := errors.AsType[*tooLarge](err); !skipped {
		return false
	}
	s.out.write(failure{"2.0", json.RawMessage("null"), refuse(invalidRequest, "%v", err)})
	return true
}

// receive handles one message, and reports whether it was exit.
func (s *Server) receive(body []byte) (exit bool) {
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		code := parseError
		if json.Valid(body) {
			code = invalidRequest // a list of messages, or one with a wrong part
		}
		s.out.write(failure{"2.0", json.RawMessage("null"), refuse(code, "this is no message: %v", err)})
		return false
	}
	switch {
	case m.Method == "" && (m.Result != nil || m.Error != nil):
		return false // an answer to one of ours
	case m.Method == "":
		s.out.write(failure{"2.0", orNull(m.ID), refuse(invalidRequest, "a message has a method")})
		return false
	case m.isRequest():
		result, wrong := s.answer(&m)
		if s.forget(m.ID) && wrong == nil {
			wrong = refuse(requestCancelled, "the request was cancelled")
		}
		if wrong != nil {
			s.out.write(failure{"2.0", orNull(m.ID), wrong})
		} else {
			s.out.write(response{"2.0", m.ID, result})
		}
		return false
	case m.Method == "exit":
		return true
	}
	s.hear(&m)
	return false
}

func orNull(id json.RawMessage) json.RawMessage {
	if !validID(id) {
		return json.RawMessage("null")
	}
	return id
}

// answer answers a request.
func (s *Server) answer(m *message) (result any, wrong *rpcError) {
	defer func() {
		if p := recover(); p != nil {
			result, wrong = nil, refuse(internalError, "%s: %v", m.Method, p)
		}
	}()
	s.mu.Lock()
	cancelled := s.cancelled[string(m.ID)]
	s.mu.Unlock()
	switch {
	case !validID(m.ID):
		return nil, refuse(invalidRequest, "the id of a request is a number or a text")
	case s.phase == shutDown:
		return nil, refuse(invalidRequest, "the server was shut down")
	case m.Method == "initialize" && s.phase == created:
		return s.initialize(m.Params)
	case m.Method == "initialize":
		return nil, refuse(invalidRequest, "the server is initialized already")
	case s.phase == created:
		return nil, refuse(notInitialized, "the first request is initialize, not %s", m.Method)
	case m.Method == "shutdown":
		s.phase = shutDown
		return nil, nil
	case cancelled:
		return nil, refuse(requestCancelled, "the request was cancelled")
	}
	handle := requests[m.Method]
	if handle == nil {
		return nil, refuse(methodNotFound, "there is no method %s", m.Method)
	}
	return handle(s, m.Params)
}

// requests are the methods that are answered after initialize.
var requests = map[string]func(*Server, json.RawMessage) (any, *rpcError){
	"textDocument/completion":          asked((*Server).completion),
	"textDocument/hover":               asked((*Server).hover),
	"textDocument/definition":          asked((*Server).definition),
	"textDocument/references":          asked((*Server).references),
	"textDocument/documentHighlight":   asked((*Server).highlights),
	"textDocument/prepareRename":       asked((*Server).prepareRename),
	"textDocument/rename":              asked((*Server).rename),
	"textDocument/documentSymbol":      asked((*Server).symbols),
	"textDocument/foldingRange":        asked((*Server).folding),
	"textDocument/codeAction":          asked((*Server).actions),
	"textDocument/formatting":          asked((*Server).formatting),
	"textDocument/semanticTokens/full": asked((*Server).semantics),
	"workspace/symbol":                 asked((*Server).workspaceSymbols),
}

// asked makes a handler of a method that takes its parameters read.
func asked[P any](handle func(*Server, *P) (any, *rpcError)) func(*Server, json.RawMessage) (any, *rpcError) {
	return func(s *Server, raw json.RawMessage) (any, *rpcError) {
		p := new(P)
		if len(raw) == 0 {
			return nil, refuse(invalidParams, "the request has no parameters")
		}
		if err := json.Unmarshal(raw, p); err != nil {
			return nil, refuse(invalidParams, "the parameters can't be read: %v", err)
		}
		return handle(s, p)
	}
}

// hear takes a notification. One that can't be read, or comes too early or too late,
// is passed over: there is nobody to answer.
func (s *Server) hear(m *message) {
	defer func() {
		if p := recover(); p != nil {
			s.log("%s: %v", m.Method, p)
		}
	}()
	if s.phase != initialized {
		return
	}
	switch m.Method {
	case "initialized":
		s.watchFiles()
	case "textDocument/didOpen":
		heard(m, s.didOpen)
	case "textDocument/didChange":
		heard(m, s.didChange)
	case "textDocument/didSave":
		heard(m, s.didSave)
	case "textDocument/didClose":
		heard(m, s.didClose)
	case "workspace/didChangeWatchedFiles":
		heard(m, s.didChangeWatchedFiles)
	case "workspace/didChangeWorkspaceFolders":
		s.again(nil)
	}
}

func heard[P any](m *message, handle func(*P)) {
	p := new(P)
	if json.Unmarshal(m.Params, p) == nil {
		handle(p)
	}
}

// log shows a line in the editor's log.
func (s *Server) log(format string, args ...any) {
	s.out.write(outgoing{Version: "2.0", Method: "window/logMessage", Params: map[string]any{"type": 1, "message": refuse(0, format, args...).Message}})
}

// keyOf is by what a document is known, and the folder that it is in.
func keyOf(uri string) (key, at, dir string) {
	if at = pathOf(uri); at != "" {
		return at, at, path.Dir(at)
	}
	return uri, "", uri
}

// document finds an open document.
func (s *Server) document(uri string) *document {
	key, _, _ := keyOf(uri)
	return s.documents[key]
}

func (s *Server) didOpen(p *openParams) {
	key, at, dir := keyOf(p.TextDocument.URI)
	name := path.Base(at)
	if at == "" {
		name = "untitled.yaml"
	} else if path.Ext(name) != ".yaml" {
		name += ".yaml" // such as rules.yml: it is checked as if it belonged to the folder
		dir = p.TextDocument.URI
	}
	s.documents[key] = &document{
		uri: p.TextDocument.URI, path: at, dir: dir, version: p.TextDocument.Version,
		file: newFile(name, at, p.TextDocument.URI, p.TextDocument.Text),
	}
	if f := s.folders[dir]; f != nil {
		f.refresh()
	}
	s.touch(dir)
}

func (s *Server) didChange(p *changeParams) {
	doc := s.document(p.TextDocument.URI)
	if doc == nil {
		return
	}
	t := doc.file.text
	for _, c := range p.ContentChanges {
		t = t.change(c, s.enc)
		if len(t.all) > maxMessage {
			return // the editor has gone mad
		}
	}
	if p.TextDocument.Version != nil {
		doc.version = *p.TextDocument.Version
	}
	doc.file = newFile(doc.file.name, doc.path, doc.uri, t.all)
	s.touch(doc.dir)
}

func (s *Server) didSave(p *saveParams) {
	doc := s.document(p.TextDocument.URI)
	if doc == nil {
		return
	}
	if p.Text != nil && *p.Text != doc.file.text.all {
		doc.file = newFile(doc.file.name, doc.path, doc.uri, *p.Text)
	}
	s.again([]string{doc.dir})
}

func (s *Server) didClose(p *documentParams) {
	key, _, _ := keyOf(p.TextDocument.URI)
	doc := s.documents[key]
	if doc == nil {
		return
	}
	delete(s.documents, key)
	if s.isOpen(doc.dir) {
		s.again([]string{doc.dir})
		return
	}
	s.publish(doc.dir, nil, nil)
	delete(s.published, doc.dir)
	delete(s.verdicts, doc.dir)
	delete(s.dirty, doc.dir)
	delete(s.folders, doc.dir)
	s.touch("")
}

func (s *Server) didChangeWatchedFiles(p *watchedParams) {
	var dirs []string
	for _, c := range p.Changes {
		if at := pathOf(c.URI); at != "" {
			dirs = append(dirs, path.Dir(at))
		}
	}
	s.again(dirs)
}

// again reads folders from disk again, all of them if none is named.
func (s *Server) again(dirs []string) {
	for dir, f := range s.folders {
		if dirs == nil || slices.Contains(dirs, dir) {
			if path.IsAbs(dir) || drive(dir) {
				f.refresh()
			}
			s.touch(dir)
		}
	}
}

// touch notes that a folder changed. What is seen in it is seen anew, and so is
// every State's ruleset for which it is the common one.
func (s *Server) touch(dir string) {
	s.edit++
	clear(s.views)
	for _, doc := range s.documents {
		if doc.dir == dir || s.commonOf(doc.dir) == dir {
			s.dirty[doc.dir] = true
		}
	}
	if s.running != nil && s.dirty[s.running.dir] {
		s.running.stale.Store(true)
	}
}

// isOpen reports whether a document of a folder is open.
func (s *Server) isOpen(dir string) bool {
	for _, doc := range s.documents {
		if doc.dir == dir {
			return true
		}
	}
	return false
}

// begin starts the next check, if there is something to check.
func (s *Server) begin(jobs chan<- job) {
	for !s.checking && len(s.dirty) > 0 {
		dir := slices.Sorted(maps.Keys(s.dirty))[0]
		delete(s.dirty, dir)
		if !s.isOpen(dir) {
			continue
		}
		v := s.viewOf(dir)
		if !isRuleset(v.own) {
			s.settle(verdict{job: job{dir: dir, edit: s.edit, own: v.own}})
			continue
		}
		s.checking = true
		s.running = &job{dir: dir, edit: s.edit, own: v.own, common: v.common, shipped: v.shipped, stale: new(atomic.Bool)}
		jobs <- *s.running
	}
}

// settle publishes what a check came to, unless another is due already.
func (s *Server) settle(v verdict) {
	if s.dirty[v.dir] || !s.isOpen(v.dir) {
		return
	}
	s.verdicts[v.dir] = v
	s.publish(v.dir, v.own, s.diagnostics(v))
}

// publish tells the editor of the mistakes of a folder's files: of all that have
// some, or had, and of all that are open.
func (s *Server) publish(dir string, files []*file, wrong map[string][]diagnostic) {
	uris := slices.Collect(maps.Keys(wrong))
	now := slices.Clone(uris)
	for _, uri := range s.published[dir] {
		if !slices.Contains(uris, uri) {
			uris = append(uris, uri)
		}
	}
	for _, f := range files {
		if key, _, _ := keyOf(f.uri); s.documents[key] != nil && !slices.Contains(uris, s.uri(f)) {
			uris = append(uris, s.uri(f))
		}
	}
	slices.Sort(uris)
	for _, uri := range uris {
		p := publishParams{URI: uri, Diagnostics: wrong[uri]}
		if p.Diagnostics == nil {
			p.Diagnostics = []diagnostic{}
		}
		if doc := s.document(uri); doc != nil {
			p.Version = &doc.version
		}
		s.out.write(outgoing{Version: "2.0", Method: "textDocument/publishDiagnostics", Params: p})
	}
	s.published[dir] = now
}

// uri is how the editor speaks of a file.
func (s *Server) uri(f *file) string {
	if doc := s.documents[f.path]; doc != nil && f.path != "" {
		return doc.uri
	}
	return f.uri
}

// watchFiles asks the editor to tell of files that others change.
func (s *Server) watchFiles() {
	if !s.client.Workspace.DidChangeWatchedFiles.DynamicRegistration {
		return
	}
	s.nextID++
	s.out.write(outgoing{Version: "2.0", ID: s.nextID, Method: "client/registerCapability", Params: map[string]any{
		"registrations": []any{map[string]any{
			"id": "files", "method": "workspace/didChangeWatchedFiles",
			"registerOptions": map[string]any{"watchers": []any{map[string]any{"globPattern": "**/*.yaml"}}},
		}},
	}})
}

// initialize agrees with the editor on what either can do.
func (s *Server) initialize(raw json.RawMessage) (any, *rpcError) {
	var p initializeParams
	if err := json.Unmarshal(raw, &p); err != nil {
		return nil, refuse(invalidParams, "the parameters can't be read: %v", err)
	}
	s.phase, s.client = initialized, p.Capabilities
	if p.ProcessID != nil {
		s.parent = *p.ProcessID
	}
	for _, e := range p.Capabilities.General.PositionEncodings {
		if e == utf8Units || e == utf16Units || e == utf32Units {
			s.enc = e
			break
		}
	}
	return map[string]any{
		"serverInfo": map[string]any{"name": "comity", "version": s.options.Version},
		"capabilities": map[string]any{
			"positionEncoding":           s.enc,
			"textDocumentSync":           map[string]any{"openClose": true, "change": 2, "save": map[string]any{"includeText": false}},
			"completionProvider":         map[string]any{"triggerCharacters": strings.Split(`. :,[{=`, "")},
			"hoverProvider":              true,
			"definitionProvider":         true,
			"referencesProvider":         true,
			"documentHighlightProvider":  true,
			"renameProvider":             map[string]any{"prepareProvider": true},
			"documentSymbolProvider":     true,
			"workspaceSymbolProvider":    true,
			"foldingRangeProvider":       true,
			"codeActionProvider":         map[string]any{"codeActionKinds": []string{"quickfix"}},
			"documentFormattingProvider": true,
			"semanticTokensProvider": map[string]any{
				"legend": map[string]any{"tokenTypes": semanticTypes, "tokenModifiers": []string{"declaration", "readonly"}}, "full": true,
			},
			"workspace": map[string]any{"workspaceFolders": map[string]any{"supported": true, "changeNotifications": true}},
		},
	}, nil
}
