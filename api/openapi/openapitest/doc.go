// Package openapitest holds what a server is asked and what it answers against the
// contract of package [openapi], for tests. [Transport] does so for every request of a
// client: a test that uses it fails on a status, a header or a member that the contract
// does not have, and on an answer to a request that the contract does not allow.
package openapitest
