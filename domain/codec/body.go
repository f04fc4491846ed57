package codec

import (
	"errors"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/comity-project/comity/domain"
)

// A body gathers the type, the version and the payload of an event, which may
// come in any order. In the stored order the payload is read in one go.
type body struct {
	versions   *versions
	version    int64
	hasVersion bool
	event      domain.Event
	raw        jsontext.Value // a payload that came before its type or version
	place      string         // of raw
}

// read reads the value of one of the keys type, version, and payload or body.
func (b *body) read(k registry, r *reader, key string) (err error) {
	switch key {
	case "type":
		text, err := r.text()
		if err != nil {
			return err
		}
		b.versions, err = k.find(domain.Type(text))
		return r.at(err)
	case "version":
		b.hasVersion = true
		b.version, err = r.number("versions count from 1")
		if err == nil && b.versions != nil {
			err = r.at(b.versions.has(b.version))
		}
		return err
	}
	if b.versions != nil && b.hasVersion {
		b.event, err = k.readPayload(r, b.versions, b.version)
		return err
	}
	raw, err := r.raw()
	b.raw, b.place = slices.Clone(raw), r.place()
	return err
}

// finish returns the event once all keys were read. The place is where a
// payload that was left out would stand.
func (b *body) finish(k registry, r *reader, place string) (domain.Event, error) {
	if b.event != nil {
		return b.event, nil
	}
	if b.versions == nil {
		return nil, errors.New("bad math in codec: a body without a type") // callers have looked for the key
	}
	if !b.hasVersion {
		b.version = int64(len(b.versions.each))
	}
	if err := b.versions.has(b.version); err != nil {
		return nil, &Error{Pointer: parent(place) + "/version", Err: err}
	}
	if b.raw == nil {
		b.raw, b.place = jsontext.Value("{}"), place
	}
	in := r.inside(b.raw, b.place)
	defer in.done()
	return k.readPayload(in, b.versions, b.version)
}

func parent(place string) string { return string(jsontext.Pointer(place).Parent()) }
