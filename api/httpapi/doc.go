// Package httpapi is comity's own API under /v1: what can be recorded, asked, read,
// drafted and audited. It judges nothing: every route reads a request, asks the engine,
// and writes down what it said, in the JSON that docs/format describes and the command
// line prints too. The contract is the OpenAPI file of package [openapi]; a test holds
// every route and every answer against it.
package httpapi
