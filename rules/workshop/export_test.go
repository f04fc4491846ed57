package workshop

// Neighbour finds the text that was likely meant by one.
func Neighbour(count map[string]int, text string) string { return neighboursOf(count).of(text) }

// Nearly reports whether two texts differ as misspellings do.
func Nearly(a, b string) bool { return nearly(a, b) }
