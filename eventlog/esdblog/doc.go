// Package esdblog keeps an event log in EventStoreDB, a server or a cluster of
// servers, for offices that outgrow one machine or must survive the loss of one.
//
// An office is one stream. The record at position n is the event of revision n, its
// id is the event's, and its data are the event's data, byte for byte; when it was
// recorded and about whom stand in the event's metadata. Each body is a stream of its
// own with one event. Several processes may write to one log at the same time: each
// append names the revision that it expects, and the server lets one of them through.
//
// # What the server does not do
//
// The server knows whether an id was written at the place where it is written now,
// which makes an append that is made again harmless. It does not know whether an id
// is anywhere else in the stream, nor when the last record was recorded. A Log that
// writes therefore keeps an index of all ids, some twelve bytes a record; its first
// append waits until all records have been read once. It is never ahead of what the
// server has committed, and the server refuses what was decided on less.
//
// # What may fail
//
// Connections break, leaders change, answers are lost. An append whose outcome is not
// known is made again with the same ids at the same place, which has one effect; a
// Follow goes on where it was; reading is done again. After [Options.Patience] a call
// gives up, with an error that matches [eventlog.ErrUnavailable] and says what the last
// trouble was. The client ignores contexts while it looks for a node, so that each of
// its calls runs beside and is left to itself when it is given up.
//
// A node that was cut off from its cluster may believe for some seconds that it is
// still the leader, and may answer a Head or a Read with what was true before. It
// can't take an append. What was shown is never taken back.
package esdblog
