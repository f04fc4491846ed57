// Package config reads the settings of a program into a struct: from a file in YAML,
// from variables of the environment, and from words of the command line, each of
// which goes before those in front of it.
//
//	type Settings struct {
//		Serve struct {
//			Listen string        `yaml:"listen" doc:"host and port to listen on"`
//			Time   time.Duration `yaml:"time" doc:"for one request"`
//			Body   config.Size   `yaml:"body" doc:"of one request"`
//		} `yaml:"serve"`
//	}
//
//	settings := Settings{}
//	settings.Serve.Listen = "127.0.0.1:8080" // the defaults
//	origins, err := config.Load(&settings, config.Sources{File: "comity.yaml", Environ: os.Environ(), Set: words})
//
// A setting has a path: serve.listen, auth.keys[0].id. In the environment that is
// COMITY_SERVE_LISTEN, on the command line --set serve.listen=localhost:80. What is set
// is taken as it stands: nothing in it is expanded.
//
// Load is strict. A name that is no setting, a name that comes twice, a value of the
// wrong type: every mistake is reported, with file, line and column, and not only the
// first. The [Origins] that it returns say where each value came from, so that whoever
// checks the values later can report mistakes in the same way.
//
// The fields of the struct are strings, booleans, numbers, [time.Duration], [Size],
// types that read themselves ([encoding.TextUnmarshaler]), structs, and lists and maps
// of these. Each exported field has a yaml tag with its name, or "-" if it is no
// setting; a doc tag; perhaps an enum tag with the words that it may hold, separated by
// commas, and secret:"true" if its value must not be repeated in errors. A type that
// can't be read is a mistake of the program, and panics.
package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
)

// MaxFile is how many bytes a file of settings may have.
const MaxFile = 1 << 20

// Sources are where settings come from.
type Sources struct {
	// File is the path of the file; empty is none. It must exist.
	File string
	// Text, if not nil, is what the file holds, and File only its name.
	Text []byte
	// Environ are variables as [os.Environ] lists them. One that is empty says
	// nothing.
	Environ []string
	// Prefix begins the names of variables; empty is COMITY_.
	Prefix string
	// Others are variables that begin like settings, and are read by somebody else.
	Others []string
	// Set are words such as serve.listen=localhost:80, in the order of the command
	// line.
	Set []string
}

// Origins say where the values of settings came from.
type Origins struct {
	file string
	of   map[string]string // of a path to file:line:column, or the name of a variable or word
}

// Where returns where a value came from: comity.yaml:12:5, COMITY_SERVE_LISTEN, or
// --set serve.listen. Of a value that nobody set it is where the nearest section around
// it begins, or the file, or "settings" if there is no file: that is where to set it.
func (o *Origins) Where(path string) string {
	for {
		if where, found := o.of[path]; found {
			return where
		}
		if path == "" {
			break
		}
		path = parent(path)
	}
	if o.file != "" {
		return o.file
	}
	return "settings"
}

// IsSet reports whether a source sets a value or something within it.
func (o *Origins) IsSet(path string) bool {
	if _, found := o.of[path]; found {
		return true
	}
	for at := range o.of {
		if within(at, path) {
			return true
		}
	}
	return false
}

// Wrong is a mistake in a value, for whoever checks what was loaded.
func (o *Origins) Wrong(path, format string, args ...any) Mistake {
	return Mistake{Where: o.Where(path), Path: path, Text: fmt.Sprintf(format, args...)}
}

func (o *Origins) set(path, where string) {
	for at := range o.of {
		if within(at, path) {
			delete(o.of, at) // it replaces all of it
		}
	}
	o.of[path] = where
}

// parent is the path of what a path lies in; empty for the whole.
func parent(path string) string { return path[:max(strings.LastIndexAny(path, ".["), 0)] }

// within reports whether a path lies inside another.
func within(path, outer string) bool {
	rest, begins := strings.CutPrefix(path, outer)
	return begins && (strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, "["))
}

// under is the path of what has a name in another.
func under(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// Load reads settings into a struct that holds the defaults. A list or map that a
// source names takes the place of the whole default. The error is [Mistakes], after
// which the struct must not be used, or says why the file could not be read.
func Load(into any, from Sources) (*Origins, error) {
	top := structOf(into)
	l := &loader{Origins: Origins{file: from.File, of: map[string]string{}}}
	if from.File != "" {
		text, err := from.read()
		if err != nil {
			return nil, err
		}
		l.readFile(top, text)
	}
	l.environment(top, from)
	for _, word := range from.Set {
		l.word(top, word)
	}
	if len(l.wrong) > 0 {
		return nil, l.wrong
	}
	return &l.Origins, nil
}

// A loader gathers what is wrong.
type loader struct {
	Origins
	wrong Mistakes
}

func (l *loader) mistake(where, path, format string, args ...any) {
	l.wrong = append(l.wrong, Mistake{Where: where, Path: path, Text: fmt.Errorf(format, args...).Error()})
}

// read returns what the file holds.
func (s *Sources) read() ([]byte, error) {
	if s.Text != nil {
		return s.Text, s.size(len(s.Text))
	}
	file, err := os.Open(s.File)
	if err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(file, MaxFile+1))
	return text, errors.Join(err, s.size(len(text)))
}

func (s *Sources) size(n int) error {
	if n > MaxFile {
		return Mistakes{{Where: s.File, Text: fmt.Sprintf("the file has more than %d bytes", MaxFile)}}
	}
	return nil
}

// structOf returns the struct that a pointer points to.
func structOf(into any) reflect.Value {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("settings are read into a pointer to a struct, not into %T", into))
	}
	return v.Elem()
}
