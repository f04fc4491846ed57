package eventlog

// An ID names a record. It holds the bytes of a ULID, but here they mean
// nothing: order is the log's alone and no time is read from them.
type ID [16]byte

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// String returns the id in the 26 characters that people know a ULID by, so
// that an error names a record as other tools do.
func (id ID) String() string {
	// 26 characters of 5 bits are 130: the first two bits are zero, and the
	// text is read off from the right.
	var text [26]byte
	var bits uint
	var have uint
	next := len(text) - 1
	for i := len(id) - 1; i >= 0; i-- {
		bits |= uint(id[i]) << have
		for have += 8; have >= 5; have -= 5 {
			text[next] = crockford[bits&31]
			bits >>= 5
			next--
		}
	}
	text[next] = crockford[bits&31]
	return string(text[:])
}
