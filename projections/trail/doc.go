// Package trail is the auditor's view of an office: who recorded what about
// whom, when, on what authority, and what became of it.
//
//	for e := range trail.Read(view, trail.Filter{Actor: "desk/1", Revisions: true}) { ... }
//
// An [Entry] is one event as the view knows it, with the events that it acts on
// and that act on it, and its lineage: the event with which the matter began and
// all that retracts, dismisses or corrects it. Entries come in the order of the
// log, and none is kept: a trail of any length takes the memory of a few subjects,
// and with a State in the filter a little for each.
//
// Nothing here judges. An event that was retracted is in the trail like any
// other, because it was recorded.
package trail
