package api

import (
	"bytes"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
)

// MaskedHeader says that an answer leaves out personal data that is on record.
const MaskedHeader = "Comity-Masked"

// Masked stands for personal data that the caller may not see.
const Masked = "***"

// personal is the one member of a stored event that holds names and birth dates: see
// [domain.Personal]. A correction holds it within the event that it puts in place.
const personal = "personal"

// MaskRecord returns the stored bytes of an event without names and birth dates, and
// whether there were any: each is replaced by [Masked]. Masked bytes are not those that
// the seal vouches for. What is no JSON is returned as nothing.
func MaskRecord(data []byte) ([]byte, bool) {
	if !bytes.Contains(data, []byte(personal)) && !bytes.Contains(data, []byte(`\u`)) {
		return data, false // no member has that name, in whatever way it is written
	}
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, true
	}
	if !holdsPersonal(v) {
		return data, false
	}
	var out bytes.Buffer
	if err := mask(jsontext.NewDecoder(bytes.NewReader(data)), jsontext.NewEncoder(&out), false); err != nil {
		return nil, true
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), true
}

func holdsPersonal(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for name, one := range v {
			if name == personal || holdsPersonal(one) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, holdsPersonal)
	}
	return false
}

// mask copies a value. Within personal data every text and number is replaced.
func mask(in *jsontext.Decoder, out *jsontext.Encoder, within bool) error {
	switch in.PeekKind() {
	case '{':
		if err := copyToken(in, out); err != nil {
			return err
		}
		for in.PeekKind() != '}' {
			name, err := in.ReadToken()
			if err != nil {
				return err
			}
			secret := within || name.String() == personal
			if err := out.WriteToken(name); err != nil {
				return err
			}
			if err := mask(in, out, secret); err != nil {
				return err
			}
		}
		return copyToken(in, out)
	case '[':
		if err := copyToken(in, out); err != nil {
			return err
		}
		for in.PeekKind() != ']' {
			if err := mask(in, out, within); err != nil {
				return err
			}
		}
		return copyToken(in, out)
	default:
		if !within {
			return copyToken(in, out)
		}
		if _, err := in.ReadToken(); err != nil {
			return err
		}
		return out.WriteToken(jsontext.String(Masked))
	}
}

func copyToken(in *jsontext.Decoder, out *jsontext.Encoder) error {
	token, err := in.ReadToken()
	if err != nil {
		return err
	}
	return out.WriteToken(token)
}

// SeesPersonalOf reports whether the caller may see the personal data of whoever a
// subject is, or belongs to.
func (c *Call) SeesPersonalOf(s domain.Subject) bool {
	if c.Caller.Over(auth.Personal, c.Office.ID, "", "") {
		return true
	}
	states := c.Office.States(s)
	return len(states) > 0 && !slices.ContainsFunc(states, func(id domain.StateID) bool { return !c.SeesPersonal(id) })
}

// RecordFor returns the stored bytes of an event about a subject as the caller may see
// them, and whether something was masked.
func (c *Call) RecordFor(s domain.Subject, data []byte) ([]byte, bool) {
	if c.SeesPersonalOf(s) {
		return data, false
	}
	return MaskRecord(data)
}
