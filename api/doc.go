// Package api is the door for programs: what the accents [httpapi] and [authzen] share.
//
// An accent is a list of [Route]s. A [Server] serves them: it finds out who is asking,
// refuses whoever may not, bounds what a request may take, and hands the rest to the
// route as a [Call]. A route reads the request with [Call.Decode], answers with
// [Call.JSON], and returns an error for whatever went wrong; what an error means to a
// program on the other side, one table here decides: see [ProblemOf].
//
//	request ─► limits ─► who? ─► may they? ─► Route.Do(call) ─► answer
//	              └────────┴─────────┴────────────┴──────────► problem
//
// An error never becomes an answer. Whoever is refused learns what was wrong with the
// call, and not whether somebody exists whom they may not ask about.
package api
