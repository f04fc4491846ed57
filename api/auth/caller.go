// Package auth says who is asking, proved, and what they may ask for.
//
// A [Caller] has grants. A [Grant] is a [Role] within a scope: some offices, some
// countries, some programmes. What a role may do is a list of rights, in one table
// here; whatever nobody was granted is denied.
//
// An [Identifier] finds out who sent a request. It is made from a [Config], which names
// the [Issuer]s whose signed tokens count, the hashes of each [Key], and the
// [Certificate]s of mutual TLS. A request proves who sends it in one way, and in one way
// only:
//
//	Authorization: Bearer eyJ...   a token: signed by an issuer, for this server, not ended
//	Authorization: Bearer ck_...   a key; Authorization: ck_... is the same
//	a certificate of mutual TLS    verified by the server when the connection began
//
// Without any of these the server asks for no proof, and then it answers requests from
// the same machine alone. An error is never a caller: whoever can't be made out is
// refused, and so is everybody with a token while its issuer has shown no keys.
package auth

import (
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
)

// A Role is what somebody is to the office.
type Role string

// The roles.
const (
	Officer  Role = "officer"  // decides about members and missions, and records it
	Analyst  Role = "analyst"  // drafts rulesets, and looks at whom they concern
	Approver Role = "approver" // approves what another has drafted
	Auditor  Role = "auditor"  // reads everything, and changes nothing
	System   Role = "system"   // a program of the office that asks and records
	Operator Role = "operator" // runs the machine
)

// Roles lists the roles.
func Roles() []Role { return []Role{Officer, Analyst, Approver, Auditor, System, Operator} }

// A Right is one kind of thing that a caller may do.
type Right string

// The rights.
const (
	Nothing  Right = ""         // what everybody may do who is known
	Ask      Right = "ask"      // ask what one member or mission may do
	Read     Right = "read"     // read lists, timelines, the ledger, requests, rulesets
	Watch    Right = "watch"    // be told of events and of answers that change
	Record   Right = "record"   // record events
	Draft    Right = "draft"    // save, propose and withdraw drafts of rulesets, and try them
	Approve  Right = "approve"  // approve or return drafts that another has proposed
	Publish  Right = "publish"  // publish what was approved, and roll it back
	Audit    Right = "audit"    // read the log, the trail and the answers that were given
	Operate  Right = "operate"  // back up, check and watch over the machine
	Personal Right = "personal" // see names and birth dates
)

// Rights lists what a role may do within its scope; of a role that there is not, nothing.
func (r Role) Rights() []Right { return slices.Clone(rights[r]) }

// rights is what each role may do.
var rights = map[Role][]Right{
	Officer:  {Ask, Read, Watch, Record, Personal},
	Analyst:  {Ask, Read, Watch, Draft, Publish},
	Approver: {Ask, Read, Watch, Approve, Publish},
	Auditor:  {Ask, Read, Watch, Audit, Personal},
	System:   {Ask, Watch, Record},
	Operator: {Operate},
}

// Every is what a scope writes for whatever there is.
const Every = "*"

// A Grant is a role within a scope. A list of a scope holds codes, or [Every]; an empty
// list is nothing.
type Grant struct {
	Role Role `json:"role" yaml:"role" doc:"officer, analyst, approver, auditor, system or operator"`
	// Offices are the ids of offices.
	Offices []string `json:"offices" yaml:"offices" doc:"ids of offices, or *"`
	// Countries are the ids of sending States, whose missions, members and rulesets
	// the grant is about.
	Countries []string `json:"countries" yaml:"countries" doc:"ids of sending States, or *"`
	// Programmes are the first parts of privileges: tax of tax.sales.
	Programmes []string `json:"programmes" yaml:"programmes" doc:"first parts of privileges, such as tax, or *"`
}

// A Means is how a caller proved who they are.
type Means string

// The means.
const (
	ByToken       Means = "token"       // a signed token of a known issuer
	ByKey         Means = "key"         // a key of the configuration
	ByCertificate Means = "certificate" // a certificate of mutual TLS
	ByNothing     Means = "nothing"     // the server asks for no proof, on loopback only
)

// A Caller is who is asking. It is not changed once made.
type Caller struct {
	// ID names the caller wherever they act: as actor of events, as who asked. It
	// holds no personal data beyond what the issuer of tokens puts there.
	ID     string
	Means  Means
	Grants []Grant
}

// May reports whether the caller has a right in an office, within any scope. Whoever is
// known may do [Nothing] everywhere; nobody, which is nil or a caller without a name, may
// do nothing at all.
func (c *Caller) May(right Right, office domain.OfficeID) bool {
	if !c.known() || right == Nothing {
		return c.known()
	}
	return slices.ContainsFunc(c.Grants, func(g Grant) bool { return g.gives(right, office) })
}

// Over reports whether the caller has a right about a State and a privilege. An empty
// state is what concerns all of them, such as the common law; an empty privilege is what
// concerns every programme. One grant must give it all: two that overlap are not added up.
func (c *Caller) Over(right Right, office domain.OfficeID, state domain.StateID, privilege domain.Privilege) bool {
	if !c.known() || right == Nothing {
		return c.known()
	}
	return slices.ContainsFunc(c.Grants, func(g Grant) bool {
		return g.gives(right, office) && covers(g.Countries, string(state)) && covers(g.Programmes, Programme(privilege))
	})
}

// Whole reports whether the caller has a right about every State and programme.
func (c *Caller) Whole(right Right, office domain.OfficeID) bool {
	return c.Over(right, office, "", "")
}

// known reports whether there is a caller.
func (c *Caller) known() bool { return c != nil && c.ID != "" }

func (g *Grant) gives(right Right, office domain.OfficeID) bool {
	return slices.Contains(rights[g.Role], right) && covers(g.Offices, string(office))
}

// covers reports whether a list of a scope has a code; "" is all there are, and only
// [Every] covers that.
func covers(list []string, code string) bool {
	return slices.Contains(list, Every) || code != "" && slices.Contains(list, code)
}

// Programme returns the programme of a privilege: tax of tax.sales.
func Programme(p domain.Privilege) string {
	programme, _, _ := strings.Cut(string(p), ".")
	return programme
}

// Local is the name of whoever asks a server that wants no proof, and claims no other.
const Local = "local"

// Anybody is who asks a server that wants no proof: all rights in every scope.
func Anybody() *Caller {
	c := &Caller{ID: Local, Means: ByNothing}
	for _, r := range Roles() {
		c.Grants = append(c.Grants, Grant{r, []string{Every}, []string{Every}, []string{Every}})
	}
	return c
}
