package mutant

// Faults of what is kept so that it need not be worked out again.
const (
	// KeepStale goes on giving an answer that was kept although an event has reached
	// the member since.
	KeepStale Fault = "keep-stale"
)
