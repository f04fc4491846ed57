package domain

import "github.com/comity-project/comity/domain/calendar"

// MissionOpened enters a mission, post, office or organization.
type MissionOpened struct {
	State StateID     `json:"state"`
	Kind  MissionKind `json:"kind"`
	City  string      `json:"city,omitzero"`
	// Zone is the IANA zone of the place; empty means the office's own.
	Zone string `json:"zone,omitzero"`
}

// MissionSuspended says that the mission's operations are suspended. With
// Leave, its members are to leave, save those exempted (R11).
type MissionSuspended struct {
	Leave          bool       `json:"leave,omitzero"`
	ExemptMembers  []MemberID `json:"exempt_members,omitzero"`
	ExemptStatuses []Status   `json:"exempt_statuses,omitzero"`
	Period         Period     `json:"period,omitzero"`
}

// ClosureOrdered says that the mission must close by the deadline. Until then
// its status is closing; from the deadline on it is closed.
type ClosureOrdered struct {
	Deadline calendar.When `json:"deadline"`
	Period   Period        `json:"period,omitzero"`
}

// MissionClosed says that the mission closed, which ends the functions of its
// members unless they were reassigned (R13).
type MissionClosed struct {
	Period Period `json:"period,omitzero"`
}

// MissionReopened says that a suspended or closed mission works again. It does
// not revive the functions of those whose functions had ended.
type MissionReopened struct{}

// ArchivesKept says whether a post keeps its archives apart from private
// papers, on which the inviolability of an honorary post's archives rests
// (VCCR 61).
type ArchivesKept struct {
	Separate bool `json:"separate"`
}

func (MissionOpened) Type() Type    { return "mission.opened" }
func (MissionSuspended) Type() Type { return "mission.suspended" }
func (ClosureOrdered) Type() Type   { return "mission.closure_ordered" }
func (MissionClosed) Type() Type    { return "mission.closed" }
func (MissionReopened) Type() Type  { return "mission.reopened" }
func (ArchivesKept) Type() Type     { return "mission.archives_kept" }

func (MissionOpened) About() SubjectKind    { return KindMission }
func (MissionSuspended) About() SubjectKind { return KindMission }
func (ClosureOrdered) About() SubjectKind   { return KindMission }
func (MissionClosed) About() SubjectKind    { return KindMission }
func (MissionReopened) About() SubjectKind  { return KindMission }
func (ArchivesKept) About() SubjectKind     { return KindMission }

func (MissionOpened) sealed()    {}
func (MissionSuspended) sealed() {}
func (ClosureOrdered) sealed()   {}
func (MissionClosed) sealed()    {}
func (MissionReopened) sealed()  {}
func (ArchivesKept) sealed()     {}
