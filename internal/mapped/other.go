//go:build !unix

package mapped

import "os"

func load(path string) ([]byte, error) { return os.ReadFile(path) }

// A folder can't be synced here; the rename is durable when the system says.
func syncFolder(string) error { return nil }
