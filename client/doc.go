// Package client asks a comity server over HTTP.
//
//	c, err := client.New("https://comity.example.org", client.Key(os.Getenv("COMITY_KEY")))
//	d, err := c.Ask(ctx, client.Question{Subject: "ana", Privilege: "tax.sales"})
//	if err != nil || !d.Permits() {
//		// denied, or not known: the same
//	}
//
// It fails closed: whatever goes wrong, the Decision that comes with the error is the
// zero one, which permits nothing. An answer that was read is the answer, whatever it
// says: it is never asked again in the hope of another. Only what was no answer is tried
// again: a connection that breaks, a server that is busy or asks to wait. Questions and
// reads may be, since they change nothing; writes are, because each has a key by which
// the server knows it again: see [Submission].
//
// Answers carry the position of the log that they have seen. With [ReadYourWrites] a
// client asks for answers that have seen all that it has seen or written.
//
// What is wrong with a call is a [Problem]: find it with errors.As, and see its Code.
//
// A Client may be used by several goroutines. To answer in process instead, without a
// server, see the engine and its example.
package client
