package api

import (
	"fmt"
	"strings"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
)

// Served says in a sentence who serves the mission or place asked about.
func Served(found engine.Regions, q engine.RegionsQuery) string {
	var said []string
	switch {
	case q.Mission != "" && found.City == "":
		return fmt.Sprintf("In which city %s is, is not on record; ask the Office.", q.Mission)
	case found.Serves != nil:
		said = append(said, fmt.Sprintf("The regional office in %s serves posts in %s.", found.Serves.City, found.City))
	case found.ServesState == nil:
		said = append(said, fmt.Sprintf("Which regional office serves posts in %s is not published; ask the Office.", found.City))
	}
	if found.ServesState != nil {
		said = append(said, fmt.Sprintf("The regional office in %s serves the state of %s. Of a city of that name elsewhere it is not published; ask the Office.", found.ServesState.City, found.City))
	}
	return strings.Join(said, " ")
}

// Regions are the regional offices, and Region is one: docs/format/lists.md.
type (
	Regions struct {
		AsOf        time.Time        `json:"as_of"`
		AsKnown     domain.Position  `json:"as_known"`
		Mission     domain.MissionID `json:"mission,omitempty"`
		Place       string           `json:"place,omitempty"`
		Published   *bool            `json:"published,omitempty"`
		Serves      string           `json:"serves,omitempty"`
		ServesState string           `json:"serves_state,omitempty"`
		Text        string           `json:"text,omitempty"`
		Offices     []Region         `json:"offices"`
	}
	Region struct {
		ID     string   `json:"id"`
		City   string   `json:"city"`
		Zone   string   `json:"zone"`
		Cities []string `json:"cities"`
		States []string `json:"states"`
		Parts  []string `json:"parts"`
		Former bool     `json:"former"`
		Note   string   `json:"note,omitempty"`
		Cite   []string `json:"cite"`
	}
)

// RegionsOf writes the regional offices, and which serves whom was asked about.
func RegionsOf(found engine.Regions, q engine.RegionsQuery) Regions {
	out := Regions{AsOf: found.AsOf, AsKnown: found.AsKnown, Mission: q.Mission, Place: found.City, Offices: []Region{}}
	if q.Mission != "" || q.Place != "" {
		published := found.Serves != nil || found.ServesState != nil
		out.Published, out.Text = &published, Served(found, q)
	}
	if found.Serves != nil {
		out.Serves = found.Serves.ID
	}
	if found.ServesState != nil {
		out.ServesState = found.ServesState.ID
	}
	for _, o := range found.Offices {
		out.Offices = append(out.Offices, Region{
			ID: o.ID, City: o.City, Zone: o.Zone, Cities: ListOf(o.Cities), States: ListOf(o.States), Parts: ListOf(o.Parts),
			Former: o.Former, Note: o.Note, Cite: ListOf(o.Cite),
		})
	}
	return out
}
