package mutant

// Faults of what is kept so that it need not be worked out again.
const (
	// SnapshotUnbound begins with any snapshot, whatever log it was made of.
	SnapshotUnbound Fault = "snapshot-unbound"
	// KeepStale goes on giving an answer that was kept although an event has reached
	// the member since.
	KeepStale Fault = "keep-stale"
)
