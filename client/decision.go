package client

import (
	"encoding/json"
	"fmt"
	"time"
)

// An Outcome is what a question comes to. The empty one is none, and permits nothing.
type Outcome string

// The five outcomes, in order of strictness.
const (
	Allowed      Outcome = "allowed"
	Conditional  Outcome = "allowed_with_conditions"
	Notification Outcome = "notification_required"
	Permission   Outcome = "permission_required"
	Denied       Outcome = "denied"
)

// A Decision is the answer to one question, with everything that it rests on. The zero
// Decision permits nothing.
type Decision struct {
	Subject     string            `json:"subject"`
	Privilege   string            `json:"privilege"`
	Outcome     Outcome           `json:"outcome"` // empty if there is none
	Conditions  []Condition       `json:"conditions"`
	Obligations []Remark          `json:"obligations"`
	Limits      []Remark          `json:"limits"`
	Notes       []Remark          `json:"notes"`
	Routes      []Remark          `json:"routes"`
	Proposals   []Remark          `json:"proposals"`
	Reasons     []Reason          `json:"reasons"`
	Cite        []string          `json:"cite"`
	Facts       []Fact            `json:"facts"`
	Holds       Holds             `json:"holds"`
	AsOf        time.Time         `json:"as_of"`
	AsKnown     Position          `json:"as_known"`
	Request     map[string]string `json:"request"`
	Editions    []Edition         `json:"editions"`
	Needs       []string          `json:"needs"`
	Errors      []Error           `json:"errors"`
	Office      string            `json:"office"`
	Mode        string            `json:"mode"`
	Semantics   int               `json:"semantics"`
	ZoneData    string            `json:"zone_data"`
}

// Permits reports whether the subject may go ahead: only if the outcome is allowed, or
// allowed with conditions that the request is known to meet.
func (d *Decision) Permits() bool {
	switch d.Outcome {
	case Allowed:
		return true
	case Conditional:
		for _, c := range d.Conditions {
			if c.State != Met {
				return false
			}
		}
		return len(d.Conditions) > 0
	case Notification, Permission, Denied:
		return false
	default: // none, or one of a later server
		return false
	}
}

// UnmarshalJSON reads a decision, and refuses one whose outcome says otherwise than its
// Boolean view.
func (d *Decision) UnmarshalJSON(text []byte) error {
	type decision Decision // without this method
	var in struct {
		decision
		Permits *bool `json:"permits"`
	}
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	out := Decision(in.decision)
	if in.Permits == nil || *in.Permits != out.Permits() {
		return fmt.Errorf("a decision of the outcome %q that does not say the same of whether it permits", out.Outcome)
	}
	*d = out
	return nil
}

// A State is what is known of a condition.
type State string

// A condition is met by the request, open because the request does not say, or unchecked
// because comity never can check it.
const (
	Met       State = "met"
	Open      State = "open"
	Unchecked State = "unchecked"
)

// A Condition limits what is allowed.
type Condition struct {
	Code   string   `json:"code"`
	Params []Param  `json:"params"`
	State  State    `json:"state"`
	Needs  []string `json:"needs"` // facts of the request that are missing
	Text   string   `json:"text"`
}

// A Param is a named value, as people write it.
type Param struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A Remark is a duty, a note, a route or a limit.
type Remark struct {
	Code string   `json:"code"`
	Text string   `json:"text"`
	Rule string   `json:"rule"`
	Cite []string `json:"cite"`
}

// A Reason is one step of the resolution.
type Reason struct {
	Code     string     `json:"code"`
	Tier     string     `json:"tier"`
	Rule     string     `json:"rule"`
	Ruleset  string     `json:"ruleset"`
	Effect   string     `json:"effect"`
	Outcome  Outcome    `json:"outcome"`
	Detail   string     `json:"detail"`   // the rule's own code
	Decisive bool       `json:"decisive"` // the outcome rests on it
	Capacity string     `json:"capacity"`
	By       string     `json:"by"` // the measure, agreement or waiver
	Cite     []string   `json:"cite"`
	Because  string     `json:"because"`
	Facts    []Fact     `json:"facts"`
	Events   []Position `json:"events"`
}

// A Fact is a value that mattered, with the events that it comes from.
type Fact struct {
	Name   string     `json:"name"`
	Value  string     `json:"value"`
	Events []Position `json:"events"`
}

// Holds says since when and until when the answer stays the same. A zero time is without
// limit.
type Holds struct {
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
	Begins string    `json:"begins"`
	Ends   string    `json:"ends"`
}

// An Edition is the bytes of a ruleset that was in force.
type Edition struct {
	Ruleset string `json:"ruleset"`
	Edition string `json:"edition"`
	Hash    string `json:"hash"`
}

// An Error is what kept a rule from being evaluated.
type Error struct {
	Fact     string `json:"fact"`
	Rule     string `json:"rule"`
	Text     string `json:"text"`
	Mattered bool   `json:"mattered"` // there is no outcome for want of it
}
