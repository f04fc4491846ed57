package domain

import (
	"fmt"
	"slices"
	"strings"
)

// SubjectKind says what sort of thing an event is about.
type SubjectKind string

// The kinds of subject that have events of their own.
const (
	KindOffice    SubjectKind = "office"
	KindRuleset   SubjectKind = "ruleset"
	KindState     SubjectKind = "state"
	KindMission   SubjectKind = "mission"
	KindMember    SubjectKind = "member"
	KindMeasure   SubjectKind = "measure"
	KindAgreement SubjectKind = "agreement"
	KindCard      SubjectKind = "card"
	KindVehicle   SubjectKind = "vehicle"
	KindProperty  SubjectKind = "property"
	KindRequest   SubjectKind = "request"
	KindRate      SubjectKind = "rate"
)

// SubjectKinds lists every kind of subject, in the order of the constants.
func SubjectKinds() []SubjectKind {
	return []SubjectKind{KindOffice, KindRuleset, KindState, KindMission, KindMember, KindMeasure, KindAgreement, KindCard, KindVehicle, KindProperty, KindRequest, KindRate}
}

// A Subject is whom or what an event is about. Its text form is "kind/id".
type Subject struct {
	Kind SubjectKind
	ID   string
}

// Of makes a subject from a typed identifier.
func Of[T ~string](kind SubjectKind, id T) Subject { return Subject{Kind: kind, ID: string(id)} }

// Member is the subject of events about a person.
func Member(id MemberID) Subject { return Of(KindMember, id) }

// Mission is the subject of events about a mission.
func Mission(id MissionID) Subject { return Of(KindMission, id) }

// State is the subject of events about a sending State.
func State(id StateID) Subject { return Of(KindState, id) }

// ParseSubject reads "kind/id".
func ParseSubject(s string) (Subject, error) {
	kind, id, found := strings.Cut(s, "/")
	if !found {
		return Subject{}, fmt.Errorf("subject %q: write kind/id, for example member/ana", s)
	}
	k := SubjectKind(kind)
	if !slices.Contains(SubjectKinds(), k) {
		return Subject{}, fmt.Errorf("subject %q: unknown kind %q%s; the kinds are %s", s, kind, DidYouMean(kind, stringsOf(SubjectKinds())), strings.Join(stringsOf(SubjectKinds()), ", "))
	}
	if err := CheckID(id); err != nil {
		return Subject{}, fmt.Errorf("subject %q: %w", s, err)
	}
	return Subject{Kind: k, ID: id}, nil
}

func (s Subject) String() string { return string(s.Kind) + "/" + s.ID }

// IsZero reports whether there is no subject.
func (s Subject) IsZero() bool { return s == Subject{} }

// MarshalText writes "kind/id".
func (s Subject) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads "kind/id".
func (s *Subject) UnmarshalText(b []byte) (err error) {
	*s, err = ParseSubject(string(b))
	return err
}

func stringsOf[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, v := range in {
		out[i] = string(v)
	}
	return out
}

// ParseAsked reads whom a question is about: a subject, or member/visitor@MISSION,
// somebody who visits a mission and is not on record.
func ParseAsked(text string) (Subject, error) {
	if host, visits := strings.CutPrefix(text, string(KindMember)+"/visitor@"); visits {
		if err := CheckID(host); err != nil {
			return Subject{}, fmt.Errorf("subject %q: %w", text, err)
		}
		return Subject{Kind: KindMember, ID: "visitor@" + host}, nil
	}
	return ParseSubject(text)
}
