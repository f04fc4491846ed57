// Package replica keeps replicas of an office honest: several engines over one log, each
// of which answers by itself.
//
// They agree because they read the same log, and nobody but they would notice if one of
// them did not: a disk that lies, a server restored from an old copy, a log that somebody
// forged for one of them. So each now and then publishes a [Checkpoint] in a small log
// beside the office's: a position, and the root of the Merkle tree over the records
// before it. Each compares what others publish with its own tree:
//
//	k := &replica.Keeper{Checkpoints: beside, Roots: tree, Engine: office, Name: "replica-1"}
//	checked, err := k.Compare(ctx) // before it is ready
//	go k.Run(ctx)
//
// Two roots at one position that are not the same mean that somebody is wrong. Then each
// replica says what it has there, and most of them are believed; of two, the one that
// published first. Whoever has something else halts: it refuses every question and every
// command from then on, and says why (see [engine.Engine.Halt]). That may stop one that
// was right, if most are not; it is up to people to look, and better that nobody
// answers than two differently.
//
// Before it publishes, a replica reads again what it was told as the log grew, so that one
// that follows a bad node finds out by itself, and stops nobody else ([Keeper.Verify]).
//
// The log of checkpoints is no part of the office. While it can't be reached or is
// damaged, nothing is compared, which is said and counted; answers don't wait for it.
package replica
