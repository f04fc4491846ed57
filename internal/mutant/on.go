//go:build mutants

package mutant

import (
	"os"
	"sync/atomic"
)

// Built says whether faults can be planted in this program.
const Built = true

var planted atomic.Value // of Fault

func init() { planted.Store(Fault(os.Getenv("COMITY_MUTANT"))) }

// Plant chooses the fault of this run; "" is none.
func Plant(f Fault) { planted.Store(f) }

// On reports whether a fault is planted.
func On(f Fault) bool { return planted.Load().(Fault) == f }
