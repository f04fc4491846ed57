package domain

// ConflictNoted notes that sources differ on what the event that it targets
// says, and which account was taken. It changes no answer. An answer that rests
// on that event says so in a note.
type ConflictNoted struct {
	Matter string `json:"matter"`
	// Accounts are at least two, each "what it says: source".
	Accounts []string `json:"accounts"`
	Taken    string   `json:"taken"` // what was taken, and why
}

func (ConflictNoted) Type() Type         { return "conflict.noted" }
func (ConflictNoted) About() SubjectKind { return "" }
func (ConflictNoted) sealed()            {}
