package openapi

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed *.yaml
var parts embed.FS

//go:embed answers
var answers embed.FS

// Unreleased stands in the document for the version of the program, if none is given.
const Unreleased = "0.0.0"

// JSON is the document as JSON, with the version of the program.
func JSON(version string) []byte { return released(published().json, version) }

// YAML is the document as YAML, with the version of the program.
func YAML(version string) []byte { return released(published().yaml, version) }

// Closed is the document as JSON, with no object of an answer left open for members that
// it does not list. It is for tests.
func Closed() []byte { return closed().json }

// Operations lists the operations in the order of the document.
func Operations() []Operation { return published().operations }

// version stands where the version of the program is to stand.
const version = "@version@"

func released(text []byte, given string) []byte {
	if given == "" {
		given = Unreleased
	}
	return bytes.Replace(text, []byte(version), []byte(quotedInside(given)), 1)
}

// quotedInside is a text as it stands between quotes.
func quotedInside(text string) string {
	q := quoted(text)
	return q[1 : len(q)-1]
}

// A written document.
type written struct {
	json, yaml []byte
	operations []Operation
}

var (
	published = sync.OnceValue(func() written { return must(false) })
	closed    = sync.OnceValue(func() written { return must(true) })
)

// must writes the document. The files are part of the program, and a test reads them: an
// error is our own.
func must(closed bool) written {
	w, err := write(parts, answers, closed)
	if err != nil {
		panic(fmt.Sprintf("bad contract in api/openapi: %v", err))
	}
	return w
}

func write(parts, answers fs.FS, closed bool) (w written, err error) {
	b := &builder{closed: closed, answers: answers}
	if err := b.read(parts); err != nil {
		return w, err
	}
	if w.operations, err = b.spellOut(); err != nil {
		return w, err
	}
	var out bytes.Buffer
	if err := toJSON(&out, b.root); err != nil {
		return w, err
	}
	w.json = out.Bytes()
	w.yaml, err = yaml.Marshal(b.root)
	return w, err
}
