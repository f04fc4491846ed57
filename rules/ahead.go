package rules

import (
	"runtime"
	"strings"
	"sync/atomic"

	"go.yaml.in/yaml/v3"
)

// An ahead is the YAML of one file, which is decoded on another processor while the
// files before it are looked at and what is wrong with them is reported, in order.
type ahead struct {
	text    string
	done    chan struct{} // closed when the rest is there
	decoded bool          // false: it might hurt or mislead, and is left to who looks at it
	root    *yaml.Node
	err     error
	fault   any // with which decoding panicked
}

// readAhead begins to decode those files of a bundle that were not read before.
func (l *loader) readAhead(files []*source) {
	var todo []*ahead
	for _, src := range files {
		if one := l.before.files[src.name]; one == nil || one.text != src.text {
			todo = append(todo, &ahead{text: src.text, done: make(chan struct{})})
			l.ahead[src] = todo[len(todo)-1]
		}
	}
	workers := min(runtime.GOMAXPROCS(0), len(todo))
	if workers < 2 {
		clear(l.ahead)
		return
	}
	var next atomic.Int64
	for range workers {
		go func() {
			for i := next.Add(1) - 1; i < int64(len(todo)); i = next.Add(1) - 1 {
				todo[i].read()
			}
		}()
	}
}

func (a *ahead) read() {
	defer close(a.done)
	defer func() { a.fault = recover() }()
	if _, deep := deepFlow(a.text); !deep && plainText(a.text) && longLine(a.text) == 0 {
		a.root, a.err = decode(a.text)
		a.decoded = true
	}
}

// decode is [decode], of the text as it came; a may be nil.
func (a *ahead) decode(text string) (*yaml.Node, error) {
	if a == nil || a.text != text {
		return decode(text)
	}
	<-a.done
	switch {
	case a.fault != nil:
		panic(a.fault)
	case !a.decoded:
		return decode(text)
	}
	return a.root, a.err
}

// longLine returns the number of the first line that is too long; 0 if there is none.
func longLine(text string) int {
	number := 0
	for line := range strings.Lines(text) {
		if number++; len(line) > maxLine && len(strings.TrimRight(line, "\r\n")) > maxLine {
			return number
		}
	}
	return 0
}
