package domain

import "github.com/comity-project/comity/domain/calendar"

// Codes of the programme for property.
type (
	PropertyUse string // "chancery", "annex", "consulate", "residence", "government_office"
	Tenure      string // "owned", "leased"
)

// PropertyRecorded enters a property of a mission, with its use (OFM-PROPERTY).
// It is asked about by its identifier, as request.object.
type PropertyRecorded struct {
	Mission MissionID   `json:"mission"`
	Use     PropertyUse `json:"use"`
	Tenure  Tenure      `json:"tenure,omitzero"`
	Address string      `json:"address,omitzero"`
	// Commercial says that a part is used commercially, which loses
	// inviolability and exemption.
	Commercial bool `json:"commercial,omitzero"`
}

// PropertyUseChanged says what the property is used for from then on.
type PropertyUseChanged struct {
	Use        PropertyUse `json:"use"`
	Commercial bool        `json:"commercial,omitzero"`
}

// PropertyUseForgone says that the mission has to forgo the use of the property
// from then on (FMA 4305(b)). That is a fact about the property, not a
// restriction of the mission's inviolability.
type PropertyUseForgone struct {
	Reason string `json:"reason,omitzero"`
}

// PropertyUseRestored says that the property may be used again.
type PropertyUseRestored struct{}

// DivestitureOrdered says that the mission has to part with the property by the
// deadline (FMA 4305(b)).
type DivestitureOrdered struct {
	Deadline calendar.When `json:"deadline"`
	Reason   string        `json:"reason,omitzero"`
}

// PropertyDisposed says that the property ceased to be the mission's.
type PropertyDisposed struct {
	Reason string `json:"reason,omitzero"`
}

// CustodyTaken says that the Secretary protects and preserves the property of a
// closed mission until a protecting power or agent is named (FMA 4305(c)).
type CustodyTaken struct {
	Custodian string `json:"custodian,omitzero"`
}

func (PropertyRecorded) Type() Type    { return "property.recorded" }
func (PropertyUseChanged) Type() Type  { return "property.use_changed" }
func (PropertyUseForgone) Type() Type  { return "property.use_forgone" }
func (PropertyUseRestored) Type() Type { return "property.use_restored" }
func (DivestitureOrdered) Type() Type  { return "property.divestiture_ordered" }
func (PropertyDisposed) Type() Type    { return "property.disposed" }
func (CustodyTaken) Type() Type        { return "mission.custody_taken" }

func (PropertyRecorded) About() SubjectKind    { return KindProperty }
func (PropertyUseChanged) About() SubjectKind  { return KindProperty }
func (PropertyUseForgone) About() SubjectKind  { return KindProperty }
func (PropertyUseRestored) About() SubjectKind { return KindProperty }
func (DivestitureOrdered) About() SubjectKind  { return KindProperty }
func (PropertyDisposed) About() SubjectKind    { return KindProperty }
func (CustodyTaken) About() SubjectKind        { return KindMission }

func (PropertyRecorded) sealed()    {}
func (PropertyUseChanged) sealed()  {}
func (PropertyUseForgone) sealed()  {}
func (PropertyUseRestored) sealed() {}
func (DivestitureOrdered) sealed()  {}
func (PropertyDisposed) sealed()    {}
func (CustodyTaken) sealed()        {}
