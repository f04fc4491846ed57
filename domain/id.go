package domain

import (
	"fmt"
	"strings"

	"github.com/oklog/ulid/v2"
)

// Identifiers of subjects are the office's own: short strings that people type.
// They match [a-z0-9][a-z0-9._-]{0,63}. Each kind has a type of its own, so that
// the compiler knows a member from a mission.
type (
	OfficeID    string // the office itself
	RulesetID   string // "common", or the code of a sending State
	StateID     string // a sending State or comparable entity
	MissionID   string // a mission, post, office or organization
	MemberID    string // any person: member, relative, courier, visitor
	MeasureID   string // a determination of the office about a State
	AgreementID string // an agreement with a sending State
	CardID      string // an identity or tax card
	MatterID    string // a case before a court, as the office calls it
	VehicleID   string // a vehicle
	PropertyID  string // a property of a mission
	RequestID   string // a notice or application
)

// EventID identifies an event for ever. It is a ULID of which only the sixteen
// bytes matter: its time is never read.
type EventID ulid.ULID

// CommandID identifies a command; the same id never has a second effect.
type CommandID ulid.ULID

// CheckID says whether s can name a subject.
func CheckID(s string) error {
	if s == "" {
		return fmt.Errorf("identifier is empty: use 1 to 64 of a-z, 0-9, '.', '_' and '-'")
	}
	if len(s) > 64 {
		return fmt.Errorf("identifier %.20q… has %d characters: use at most 64", s, len(s))
	}
	for i := range len(s) {
		c := s[i]
		ok := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		if i > 0 {
			ok = ok || c == '.' || c == '_' || c == '-'
		}
		if !ok {
			hint := ""
			if low := strings.ToLower(s); low != s && CheckID(low) == nil {
				hint = fmt.Sprintf(" (did you mean %q?)", low)
			}
			return fmt.Errorf("identifier %q: character %q at place %d is not allowed: use a-z, 0-9, and after the first also '.', '_' and '-'%s", s, c, i+1, hint)
		}
	}
	return nil
}

func parseID[T ~string](to *T, text []byte) error {
	if err := CheckID(string(text)); err != nil {
		return err
	}
	*to = T(text)
	return nil
}

// UnmarshalText accepts only well formed identifiers; so do its namesakes.
func (id *OfficeID) UnmarshalText(b []byte) error    { return parseID(id, b) }
func (id *RulesetID) UnmarshalText(b []byte) error   { return parseID(id, b) }
func (id *StateID) UnmarshalText(b []byte) error     { return parseID(id, b) }
func (id *MissionID) UnmarshalText(b []byte) error   { return parseID(id, b) }
func (id *MemberID) UnmarshalText(b []byte) error    { return parseID(id, b) }
func (id *MeasureID) UnmarshalText(b []byte) error   { return parseID(id, b) }
func (id *AgreementID) UnmarshalText(b []byte) error { return parseID(id, b) }
func (id *CardID) UnmarshalText(b []byte) error      { return parseID(id, b) }
func (id *MatterID) UnmarshalText(b []byte) error    { return parseID(id, b) }
func (id *VehicleID) UnmarshalText(b []byte) error   { return parseID(id, b) }
func (id *PropertyID) UnmarshalText(b []byte) error  { return parseID(id, b) }
func (id *RequestID) UnmarshalText(b []byte) error   { return parseID(id, b) }

// ParseEventID reads the 26 characters of a ULID.
func ParseEventID(s string) (EventID, error) {
	u, err := ulid.ParseStrict(s)
	if err != nil {
		return EventID{}, fmt.Errorf("event id %q is not a ULID (26 characters of 0-9 A-Z)", s)
	}
	return EventID(u), nil
}

// ParseCommandID reads the 26 characters of a ULID.
func ParseCommandID(s string) (CommandID, error) {
	u, err := ulid.ParseStrict(s)
	if err != nil {
		return CommandID{}, fmt.Errorf("command id %q is not a ULID (26 characters of 0-9 A-Z)", s)
	}
	return CommandID(u), nil
}

func (id EventID) String() string   { return ulid.ULID(id).String() }
func (id CommandID) String() string { return ulid.ULID(id).String() }

// IsZero reports whether no id has been given yet.
func (id EventID) IsZero() bool { return id == EventID{} }

// IsZero reports whether no id has been given yet.
func (id CommandID) IsZero() bool { return id == CommandID{} }

// MarshalText writes the 26 characters.
func (id EventID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// MarshalText writes the 26 characters.
func (id CommandID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads the 26 characters.
func (id *EventID) UnmarshalText(b []byte) (err error) {
	*id, err = ParseEventID(string(b))
	return err
}

// UnmarshalText reads the 26 characters.
func (id *CommandID) UnmarshalText(b []byte) (err error) {
	*id, err = ParseCommandID(string(b))
	return err
}
