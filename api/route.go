package api

import (
	"time"

	"github.com/comity-project/comity/api/auth"
)

// A Route is one thing that can be asked of the server.
type Route struct {
	// Method and Path are as in [net/http.ServeMux]: GET and /v1/requests/{id}.
	Method, Path string
	// ID is the operationId in the OpenAPI file, and names the route in metrics.
	ID string
	// Need is what the caller must have a right to, in some scope. The route itself
	// looks at the scope: see [Call.Need].
	Need auth.Right
	// Open routes are for everybody, and ask nobody for a proof.
	Open bool
	// Stream routes go on for as long as the caller listens, and have no time limit.
	Stream bool
	// Body is how many bytes the body may have; 0 is what the server allows.
	Body int64
	// Time is how long it may take; 0 is what the server allows.
	Time time.Duration
	// Do answers. What it returns is written as a [Problem], unless it has begun to
	// answer.
	Do func(*Call) error
}
