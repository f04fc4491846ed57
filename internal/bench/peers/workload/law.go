package workload

// An Outcome is one of five, the more lenient first.
type Outcome uint8

// The outcomes.
const (
	Allowed Outcome = iota
	Conditional
	Notification
	Permission
	Denied
)

var outcomes = [...]string{"allowed", "allowed_with_conditions", "notification_required", "permission_required", "denied"}

// String is the outcome as engines write it.
func (o Outcome) String() string { return outcomes[o] }

// OutcomeOf reads what String wrote; false if it is none.
func OutcomeOf(s string) (Outcome, bool) {
	for i, name := range outcomes {
		if s == name {
			return Outcome(i), true
		}
	}
	return Denied, false
}

// A Tier is the step in which a rule speaks.
type Tier uint8

// The steps, in order.
const (
	Baseline Tier = iota
	Status
	Reciprocity
	Programme
)

// A Shape is what a rule asks beside whom it reaches. A and B are numbers of the
// rule, and Set its list of goods.
type Shape uint8

// The shapes.
const (
	Always      Shape = iota
	AmountBelow       // amount < A
	AmountUpTo        // amount >= A
	Beyond            // distance > A
	GoodsIn           // goods in Set
	Younger           // age < A
	Remote            // not in person
	RemoteUpTo        // not in person, and amount >= A
	EitherOver        // amount >= A or distance > B
	Points            // points >= A
	LocalPoints       // hired locally, and points >= A
	BelowUnless       // amount < A, and goods not in Set
)

// A Rule says what comes to whom, and when. Lists that are empty mean everybody.
type Rule struct {
	ID         string
	Tier       Tier
	State      string   // of reciprocity; else empty
	Privileges []string // that it speaks of
	Categories []string
	Kinds      []string
	Statuses   []string
	Shape      Shape
	A, B       int64
	Set        []string
	Outcome    Outcome
}

// A Member is a person of whom privileges are asked.
type Member struct {
	ID, State, Category, Kind, Status string
	Age, Points                       int64 // in years; of violations
	LocalHire                         bool
}

// A Request is a question.
type Request struct {
	Member, Privilege string
	Amount            int64 // in cents
	Distance          int64 // in miles
	Goods             string
	InPerson          bool
}

// A Decision is the answer: the outcome, and the id of the rule that decided.
type Decision struct {
	Outcome Outcome
	Rule    string
}

// A Law is all rules, with the codes that they speak of.
type Law struct {
	States     []string
	Privileges []string
	Categories []string
	Kinds      []string
	Statuses   []string
	Goods      []string
	Rules      []Rule // by tier, in no further order
}

// Of lists the rules of one tier; of reciprocity those of one State.
func (l *Law) Of(tier Tier, state string) []Rule {
	var out []Rule
	for _, r := range l.Rules {
		if r.Tier == tier && r.State == state {
			out = append(out, r)
		}
	}
	return out
}
