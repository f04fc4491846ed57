package domain

import "github.com/comity-project/comity/domain/calendar"

// Codes of the programme for vehicles.
type (
	VehicleKind string // "car", "motorcycle", "trailer", "aircraft", "vessel"
	TicketPlace string // where a parking ticket was issued: "dc", "nyc"
)

// VehicleRecorded enters a vehicle with its owner, who is a member or a
// mission. It is asked about by its identifier, as request.object.
type VehicleRecorded struct {
	Kind         VehicleKind `json:"kind"`
	Owner        MemberID    `json:"owner,omitzero"`
	OwnerMission MissionID   `json:"owner_mission,omitzero"`
	Leased       bool        `json:"leased,omitzero"`
	Description  string      `json:"description,omitzero"` // make, model, year
}

// VehicleTransferred says that the vehicle has another owner from then on.
type VehicleTransferred struct {
	Owner        MemberID  `json:"owner,omitzero"`
	OwnerMission MissionID `json:"owner_mission,omitzero"`
}

// VehicleDisposed says that the vehicle was sold outside the community,
// exported or scrapped; its title was released.
type VehicleDisposed struct {
	Reason string `json:"reason,omitzero"`
}

// VehicleRegistered says that the Office registered the vehicle, keeps its
// title and issued plates, until the decal runs out (OFM-REGISTRATION).
type VehicleRegistered struct {
	Plate string        `json:"plate,omitzero"`
	Until calendar.When `json:"until,omitzero"`
}

// MaskedPlate is a plate as anybody may see it: its last two characters. Codes on
// plates are restricted.
func MaskedPlate(plate string) string {
	const mask, shown = "***", 2
	runes := []rune(plate)
	switch {
	case plate == "":
		return ""
	case len(runes) <= shown:
		return mask // to show it would be to show all of it
	default:
		return mask + string(runes[len(runes)-shown:])
	}
}

// Masked returns an event as anybody may see it: without what is restricted.
func Masked(e Event) Event {
	switch e := e.(type) {
	case VehicleRegistered:
		e.Plate = MaskedPlate(e.Plate)
		return e
	case EventCorrected:
		if e.Body != nil {
			e.Body = Masked(e.Body)
		}
		return e
	default:
		return e
	}
}

// PlatesRecalled says that the Office called the plates back. They are the
// property of the Department (DCI p.35).
type PlatesRecalled struct {
	Reason string `json:"reason,omitzero"`
}

// PlatesSurrendered says that the plates came back.
type PlatesSurrendered struct{}

// InsuranceRecorded says what liability insurance covers the vehicle from then
// on: a combined single limit, or limits per person, per accident and for
// property (22 CFR 151). It takes the place of what was recorded before.
type InsuranceRecorded struct {
	Combined    Cents         `json:"combined,omitzero"`
	PerPerson   Cents         `json:"per_person,omitzero"`
	PerAccident Cents         `json:"per_accident,omitzero"`
	Property    Cents         `json:"property,omitzero"`
	Insurer     string        `json:"insurer,omitzero"`
	Until       calendar.When `json:"until,omitzero"`
}

// InsuranceLapsed says that the insurance ceased, although it has to be continuous.
type InsuranceLapsed struct {
	Reason string `json:"reason,omitzero"`
}

// LienRecorded notes on the title that somebody holds a lien.
type LienRecorded struct {
	Holder string `json:"holder"`
}

// LienReleased ends the lien that it targets.
type LienReleased struct{}

// TicketIssued says that the vehicle got a parking ticket, at the effective time.
type TicketIssued struct {
	Place  TicketPlace `json:"place"`
	Number string      `json:"number,omitzero"`
}

// TicketCleared says that the ticket that it targets was paid or adjudicated.
type TicketCleared struct {
	Reason string `json:"reason,omitzero"`
}

func (VehicleRecorded) Type() Type    { return "vehicle.recorded" }
func (VehicleTransferred) Type() Type { return "vehicle.transferred" }
func (VehicleDisposed) Type() Type    { return "vehicle.disposed" }
func (VehicleRegistered) Type() Type  { return "vehicle.registered" }
func (PlatesRecalled) Type() Type     { return "plates.recalled" }
func (PlatesSurrendered) Type() Type  { return "plates.surrendered" }
func (InsuranceRecorded) Type() Type  { return "insurance.recorded" }
func (InsuranceLapsed) Type() Type    { return "insurance.lapsed" }
func (LienRecorded) Type() Type       { return "lien.recorded" }
func (LienReleased) Type() Type       { return "lien.released" }
func (TicketIssued) Type() Type       { return "ticket.issued" }
func (TicketCleared) Type() Type      { return "ticket.cleared" }

func (VehicleRecorded) About() SubjectKind    { return KindVehicle }
func (VehicleTransferred) About() SubjectKind { return KindVehicle }
func (VehicleDisposed) About() SubjectKind    { return KindVehicle }
func (VehicleRegistered) About() SubjectKind  { return KindVehicle }
func (PlatesRecalled) About() SubjectKind     { return KindVehicle }
func (PlatesSurrendered) About() SubjectKind  { return KindVehicle }
func (InsuranceRecorded) About() SubjectKind  { return KindVehicle }
func (InsuranceLapsed) About() SubjectKind    { return KindVehicle }
func (LienRecorded) About() SubjectKind       { return KindVehicle }
func (LienReleased) About() SubjectKind       { return KindVehicle }
func (TicketIssued) About() SubjectKind       { return KindVehicle }
func (TicketCleared) About() SubjectKind      { return KindVehicle }

func (VehicleRecorded) sealed()    {}
func (VehicleTransferred) sealed() {}
func (VehicleDisposed) sealed()    {}
func (VehicleRegistered) sealed()  {}
func (PlatesRecalled) sealed()     {}
func (PlatesSurrendered) sealed()  {}
func (InsuranceRecorded) sealed()  {}
func (InsuranceLapsed) sealed()    {}
func (LienRecorded) sealed()       {}
func (LienReleased) sealed()       {}
func (TicketIssued) sealed()       {}
func (TicketCleared) sealed()      {}
