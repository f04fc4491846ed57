package esdbtest

import (
	"context"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	grpcmeta "google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// refuse ends a call with a status and with the trailers by which the client
// knows what it means.
func refuse(ctx context.Context, code codes.Code, message string, trailers ...string) error {
	if len(trailers) > 0 {
		// unreachable failure: every call that comes here is being served
		_ = grpc.SetTrailer(ctx, grpcmeta.Pairs(trailers...))
	}
	return status.Error(code, message)
}

func notReady(ctx context.Context) error {
	return refuse(ctx, codes.Unavailable, "Server Is Not Ready")
}

func notLeader(ctx context.Context, host string, port int) error {
	return refuse(ctx, codes.NotFound, "Leader info available", "exception", "not-leader",
		"leader-endpoint-host", host, "leader-endpoint-port", strconv.Itoa(port))
}

func streamDeleted(ctx context.Context, stream string) error {
	return refuse(ctx, codes.FailedPrecondition, "Event stream '"+stream+"' is deleted.",
		"exception", "stream-deleted", "stream-name", stream)
}

func tooBig(ctx context.Context, limit int) error {
	return refuse(ctx, codes.InvalidArgument, "Maximum Append Size Exceeded.",
		"exception", "maximum-append-size-exceeded", "maximum-append-size", strconv.Itoa(limit))
}

func missingKey(ctx context.Context, key string) error {
	return refuse(ctx, codes.InvalidArgument, "Required Metadata Property '"+key+"' is missing",
		"exception", "missing-required-metadata-property", "required-metadata-properties", "type,content-type")
}

func denied(ctx context.Context) error {
	return refuse(ctx, codes.PermissionDenied, "Access Denied", "exception", "access-denied")
}

func wrongRevision(ctx context.Context, stream string, expected, actual int64) error {
	return refuse(ctx, codes.FailedPrecondition, "Append failed due to WrongExpectedVersion. Stream: "+stream,
		"exception", "wrong-expected-version", "stream-name", stream,
		"expected-version", strconv.FormatInt(expected, 10), "actual-version", strconv.FormatInt(actual, 10))
}

func timedOut(ctx context.Context) error {
	return refuse(ctx, codes.Aborted, "Operation timed out: Commit timeout")
}

// over is the status of a call whose caller has gone.
func over(ctx context.Context) error { return status.FromContextError(ctx.Err()).Err() }
