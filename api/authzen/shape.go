package authzen

import (
	"bytes"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/comity-project/comity/api"
)

// The shapes of requests. A member that is null is as good as left out, and one that is
// not known is passed over.

// Properties are whatever else is said of something, or of the call.
type properties map[string]jsontext.Value

// An entity is a subject or a resource.
type entity struct {
	Type       string     `json:"type"`
	ID         string     `json:"id"`
	Properties properties `json:"properties"`
}

// An action is what is to be done.
type action struct {
	Name       string     `json:"name"`
	Properties properties `json:"properties"`
}

// A tuple is one question.
type tuple struct {
	Subject  *entity    `json:"subject"`
	Action   *action    `json:"action"`
	Resource *entity    `json:"resource"`
	Context  properties `json:"context"`
}

// A batch is several, with what they have in common.
type batch struct {
	tuple       `json:",inline"`
	Evaluations []item  `json:"evaluations"`
	Options     options `json:"options"`
}

// Options of a batch.
type options struct {
	Semantics string `json:"evaluations_semantic"`
}

// An item is one question of a batch. What is wrong with its shape is its own affair.
type item struct {
	tuple `json:",inline"`
	wrong error
}

// UnmarshalJSONFrom reads an item. What is no JSON is an error of the whole.
func (i *item) UnmarshalJSONFrom(from *jsontext.Decoder) error {
	text, err := from.ReadValue()
	if err != nil {
		return err
	}
	switch {
	case bytes.Equal(text, []byte("null")):
	case text.Kind() != '{':
		i.wrong = api.Bad("item", "an evaluation must be an object")
	default:
		if i.wrong = api.Unmarshal(text, &i.tuple); i.wrong != nil {
			i.tuple = tuple{}
		}
	}
	return nil
}

// A search asks for one of the three.
type search struct {
	tuple `json:",inline"`
	Page  *page `json:"page"`
}

// A page is a part of what is found.
type page struct {
	Token string `json:"token"`
	Limit *int64 `json:"limit"`
}

// wants names what must be there of a question.
type wants struct{ subjectID, action, resourceID bool }

// question wants everything.
var question = wants{true, true, true}

// check says what is missing.
func (t *tuple) check(w wants) error {
	missing := func(what string) error {
		return api.Bad("missing", "%s is missing", what)
	}
	switch {
	case t.Subject == nil:
		return missing("subject")
	case t.Subject.Type == "":
		return missing("subject.type")
	case w.subjectID && t.Subject.ID == "":
		return missing("subject.id")
	case w.action && t.Action == nil:
		return missing("action")
	case w.action && t.Action.Name == "":
		return missing("action.name")
	case t.Resource == nil:
		return missing("resource")
	case t.Resource.Type == "":
		return missing("resource.type")
	case w.resourceID && t.Resource.ID == "":
		return missing("resource.id")
	}
	return nil
}

// or fills in what an item does not say from what the batch has in common: whole
// entities, and of one that is there only the type, id or name that it lacks. Properties
// are never joined, and an id is only taken over by something of the same type.
func (t *tuple) or(common *tuple) {
	t.Subject, t.Resource = t.Subject.or(common.Subject), t.Resource.or(common.Resource)
	switch {
	case t.Action == nil:
		t.Action = common.Action
	case t.Action.Name == "" && common.Action != nil:
		t.Action.Name = common.Action.Name
	}
	if t.Context == nil {
		t.Context = common.Context
	}
}

func (e *entity) or(common *entity) *entity {
	switch {
	case e == nil:
		return common
	case common == nil:
		return e
	}
	if e.Type == "" {
		e.Type = common.Type
	}
	if e.ID == "" && e.Type == common.Type {
		e.ID = common.ID
	}
	return e
}

// decode reads a body.
func decode(c *api.Call, into any) error { return c.DecodeOpen(into) }

// object reads a member of the context that must be an object.
func (p properties) object(name string, into any) error {
	text, found := p[name]
	if !found || text.Kind() == 'n' {
		return nil
	}
	if text.Kind() != '{' {
		return api.Bad("context", "context.%s must be an object", name)
	}
	return json.Unmarshal(text, into)
}
