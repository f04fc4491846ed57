//go:build !(linux || darwin || freebsd)

package main

import "os"

// terminalWidth returns 0: how wide a terminal is can't be asked here.
func terminalWidth(*os.File) int { return 0 }
