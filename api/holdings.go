package api

import (
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/facts"
)

// HeldCards are the cards of a member or a mission, and HeldCard is one: docs/format/lists.md.
type (
	HeldCards struct {
		Subject domain.Subject `json:"subject"`
		AsOf    time.Time      `json:"as_of"`
		Cards   []HeldCard     `json:"cards"`
	}
	HeldCard struct {
		ID      domain.CardID     `json:"id"`
		Kind    domain.CardKind   `json:"kind"`
		Design  domain.CardDesign `json:"design,omitempty"`
		Border  string            `json:"border,omitempty"`
		Holder  domain.MemberID   `json:"holder,omitempty"`
		Mission domain.MissionID  `json:"mission,omitempty"`
		Issued  *Stated           `json:"issued"`
		Until   *Stated           `json:"until,omitempty"`
		State   string            `json:"state"`
		Events  []domain.Position `json:"events"`
	}
)

// HeldCardsOf writes what was asked about cards.
func HeldCardsOf(q engine.HoldingsQuery, cards []facts.Card) HeldCards {
	out := HeldCards{Subject: q.Subject, AsOf: q.AsOf, Cards: []HeldCard{}}
	for _, c := range cards {
		out.Cards = append(out.Cards, heldCardOf(c))
	}
	return out
}

func heldCardOf(c facts.Card) HeldCard {
	return HeldCard{
		ID: c.ID, Kind: c.Kind, Design: c.Design, Border: c.Border, Holder: c.Holder, Mission: c.Mission,
		Issued: StatedAt(c.Issued), Until: StatedAt(c.Until), State: c.State, Events: ListOf(c.Events),
	}
}

// OwnedVehicles are the vehicles of a member or a mission, OwnedVehicle is one, and
// Insured how: docs/format/lists.md.
type (
	OwnedVehicles struct {
		Subject  domain.Subject `json:"subject"`
		AsOf     time.Time      `json:"as_of"`
		Vehicles []OwnedVehicle `json:"vehicles"`
	}
	OwnedVehicle struct {
		ID          domain.VehicleID   `json:"id"`
		Kind        domain.VehicleKind `json:"kind"`
		Description string             `json:"description,omitempty"`
		Leased      bool               `json:"leased"`
		Plate       string             `json:"plate,omitempty"`
		Plates      string             `json:"plates"`
		Registered  bool               `json:"registered"`
		Until       *Stated            `json:"registered_until,omitempty"`
		Withheld    bool               `json:"withheld"`
		Insurance   Insured            `json:"insurance"`
		Tickets     int                `json:"tickets_open"`
		Overdue     int                `json:"tickets_overdue"`
		Liens       []string           `json:"liens"`
	}
	Insured struct {
		State       string       `json:"state"`
		Combined    domain.Cents `json:"combined,omitempty"`
		PerPerson   domain.Cents `json:"per_person,omitempty"`
		PerAccident domain.Cents `json:"per_accident,omitempty"`
		Property    domain.Cents `json:"property,omitempty"`
		Insurer     string       `json:"insurer,omitempty"`
		Until       *Stated      `json:"until,omitempty"`
	}
)

// OwnedVehiclesOf writes what was asked about vehicles. Of plates the last two characters
// are shown.
func OwnedVehiclesOf(q engine.HoldingsQuery, vehicles []facts.Vehicle) OwnedVehicles {
	out := OwnedVehicles{Subject: q.Subject, AsOf: q.AsOf, Vehicles: []OwnedVehicle{}}
	for _, v := range vehicles {
		out.Vehicles = append(out.Vehicles, ownedVehicleOf(v))
	}
	return out
}

func ownedVehicleOf(v facts.Vehicle) OwnedVehicle {
	return OwnedVehicle{
		ID: v.ID, Kind: v.Kind, Description: v.Description, Leased: v.Leased, Plate: domain.MaskedPlate(v.Plate), Plates: v.Plates,
		Registered: v.Registered, Until: StatedAt(v.Until), Withheld: v.Withheld,
		Insurance: Insured{
			State: v.Insurance, Combined: v.Policy.Combined, PerPerson: v.Policy.PerPerson, PerAccident: v.Policy.PerAccident,
			Property: v.Policy.Property, Insurer: v.Policy.Insurer, Until: StatedAt(v.Policy.Until),
		},
		Tickets: v.Tickets, Overdue: v.Overdue, Liens: ListOf(v.Liens),
	}
}
