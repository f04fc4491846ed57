// Package openapi is the contract of the server as one OpenAPI 3.1 document.
//
// The document is written in the YAML files of this folder, one for each part of the
// server, in a shorthand that [read] spells out: what every operation has in common is
// said once, and an operation says what is its own.
//
//	paths:
//	  /v1/ask:
//	    post:
//	      operationId: ask
//	      right: ask                     what the caller must have a right to; open: nobody is asked
//	      parameters: [at_least_header]  those of components.parameters by name
//	      body: Question                 the schema of the body
//	      answer: Decision               the schema of the answer with status 200
//	      problems: [asked]              the codes, or groups of codes, of problems.yaml
//	      calls:                         examples; tests run every one
//	        - {name: a purchase, path: /v1/ask, body: {subject: ana, privilege: tax.sales}}
//
//	schemas:
//	  Holds:
//	    means: Since when and until when the answer stays the same.
//	    has:
//	      from~: Instant                 ~ may be left out
//	      ends~: text, what ends it      what stands after the comma describes it
//	      events: "[]Position"           a list; "{}text" is an object of texts; "Outcome|null"
//
// What the server answers may gain members: a reader passes over those that it does not
// know, and so the published document leaves the objects of answers open. [Closed] is the
// same document with nothing left open, for tests: it finds what is not written down.
package openapi
