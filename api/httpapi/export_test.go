package httpapi

import "time"

// Quick lets streams beat often, and give up early, until it is undone.
func Quick(beat, wait time.Duration) (undo func()) {
	was, waited := heartbeat, patience
	heartbeat, patience = beat, wait
	return func() { heartbeat, patience = was, waited }
}
