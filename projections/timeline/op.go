package timeline

// About returns the attribute that the operation gives a value, the value, and
// from when. An End gives none.
func (o Op[A, V]) About() (attr A, value V, from Instant, gives bool) {
	return o.attr, o.value, o.from, o.kind != opEnd
}
