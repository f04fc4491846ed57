package mutant

// Faults of the engine: what it shows, acknowledges and repeats.
const (
	// AckBeforeDurable acknowledges a command before its events are durable.
	AckBeforeDurable Fault = "ack-before-durable"
	// ShowBeforeDurable moves the root to events that are not durable yet.
	ShowBeforeDurable Fault = "show-before-durable"
	// RawClock stamps events with the clock as it is, though it may stand still
	// or go back.
	RawClock Fault = "raw-clock"
	// NewIDsOnRetry tries again under new ids when it is not known whether the
	// first attempt was recorded.
	NewIDsOnRetry Fault = "new-ids-on-retry"
	// RepeatTwice records a repeated command a second time.
	RepeatTwice Fault = "repeat-twice"
	// NoWaitForToken answers from what there is, though the question names a
	// later position.
	NoWaitForToken Fault = "no-wait-for-token"
	// TwoRoots answers one request from two positions.
	TwoRoots Fault = "two-roots"
	// FollowerSkips goes on one record too far when a follower connects again.
	FollowerSkips Fault = "follower-skips"
	// FollowerShowsPart shows each record as it comes, in the midst of commands.
	FollowerShowsPart Fault = "follower-shows-part"
	// LaterShowsNothing does not show what became durable after the speculation
	// on which it was decided was discarded.
	LaterShowsNothing Fault = "later-shows-nothing"
	// HaltedAnswers goes on answering after the engine was halted.
	HaltedAnswers Fault = "halted-answers"
	// FollowComparesIDs takes an event in the log for the engine's own if it has the
	// same id, whatever else it says.
	FollowComparesIDs Fault = "follow-compares-ids"
	// ExpectHead appends at what is the head of the log by now, instead of where the
	// command was decided.
	ExpectHead Fault = "expect-head"
	// ShowTornRead shows what was read when reading the log breaks off, though it may
	// end in the midst of a command.
	ShowTornRead Fault = "show-torn-read"
	// FinalAfterUnknown says that nothing was recorded because the second append of
	// the same records says so, though the first may have been made.
	FinalAfterUnknown Fault = "final-after-unknown"
	// AgainOnAnother makes an append again of which the outcome is not known, without
	// looking what became of the one that it counts on.
	AgainOnAnother Fault = "again-on-another"
)

// Faults of what is kept beside the log.
const (
	// SnapshotUnbound takes a snapshot for that of this log without looking
	// whether it is.
	SnapshotUnbound Fault = "snapshot-unbound"
	// AnswerBeforeKept gives an answer that has to be kept before it is.
	AnswerBeforeKept Fault = "answer-before-kept"
	// CacheForever answers from a cache after the time until which it holds.
	CacheForever Fault = "cache-forever"
)

// Faults of the fold: what the log means.
const (
	// RankByOwnPosition ranks a correction by where it stands itself, instead
	// of where what it corrects stands.
	RankByOwnPosition Fault = "rank-by-own-position"
	// EndHolds lets a span hold at the very instant at which it ends.
	EndHolds Fault = "end-holds"
	// DeadCorrects lets a retracted correction or retraction go on acting.
	DeadCorrects Fault = "dead-corrects"
	// RunsNotMerged lets a register that is set to what it holds change.
	RunsNotMerged Fault = "runs-not-merged"
	// EndsPointAtCorrection ends the event that is named, instead of its lineage.
	EndsPointAtCorrection Fault = "ends-point-at-correction"
	// EarlyAct lets a retraction or correction act before it is known.
	EarlyAct Fault = "early-act"
	// BatchReversed folds the events of one command in reverse.
	BatchReversed Fault = "batch-reversed"
	// FamilyEndsAtDeparture ends a family when the sponsor leaves, instead of when
	// the sponsor's functions do.
	FamilyEndsAtDeparture Fault = "family-ends-at-departure"
	// CauseByPosition takes of several causes in one command the one that stands first.
	CauseByPosition Fault = "cause-by-position"
	// MissionNotLatched revives the staff of a closed mission that reopens.
	MissionNotLatched Fault = "mission-not-latched"
	// PeriodByTodaysRules measures a period to leave by the last edition of the
	// law instead of that in force when functions ended.
	PeriodByTodaysRules Fault = "period-by-todays-rules"
	// MonthsNotClamped counts 2024-02-29 and 24 months as 2026-03-01.
	MonthsNotClamped Fault = "months-not-clamped"
	// DayOfUTC takes the date in Greenwich for the date here.
	DayOfUTC Fault = "day-of-utc"
	// PointsFromRecording ages points by when the Office learned of a violation.
	PointsFromRecording Fault = "points-from-recording"
	// PointsFromViolation counts points before the Office learned of a violation.
	PointsFromViolation Fault = "points-from-violation"
	// GeneralLiftsPersonal lets the end of a measure end restrictions by name.
	GeneralLiftsPersonal Fault = "general-lifts-personal"
	// ErrorAllows takes a rule that errs as if it did not restrict.
	ErrorAllows Fault = "error-allows"
)
