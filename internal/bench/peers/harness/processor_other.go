//go:build !unix

package harness

import "time"

var began = time.Now()

// processor is, where processor time can't be had, the time that went by.
func processor() time.Duration { return time.Since(began) }
