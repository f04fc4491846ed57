// Package authzen is the accent of the AuthZEN Authorization API 1.0, in which programs
// that know nothing of comity ask whether somebody may do something.
//
// It has no judgement of its own. A [Mapping] says what AuthZEN's words are here:
//
//	subject   a member or a mission
//	action    a privilege
//	resource  what it is done to: a vehicle or a property on record, a purchase, a trip
//	properties, context   facts of the request
//
// and the engine answers. The decision is true only as [domain.Decision.Permits] has it:
// who ignores the small print never gets more than who reads it. Answers are bare unless
// the caller asks for more in context.comity.
//
// What is wrong with a call is an error with a status of its own. What is not known here,
// a subject, an action, a type, is a decision: false.
package authzen
