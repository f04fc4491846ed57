package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
)

// of is a caller with a role over some States and programmes.
func of(id string, role auth.Role, countries, programmes string) *auth.Caller {
	return &auth.Caller{ID: id, Means: auth.ByKey, Grants: []auth.Grant{{Role: role, Offices: []string{"test-office"}, Countries: strings.Fields(countries), Programmes: strings.Fields(programmes)}}}
}

func event(typ, subject, payload string, more ...string) string {
	return fmt.Sprintf(`{"type":%q,"subject":%q,"effective":"2025-02-01","authority":"note 1",%s"payload":{%s}}`, typ, subject, strings.Join(more, ""), payload)
}

// TestSubmitScope lets callers record about the States that they were granted, and about
// nobody else's: neither directly, nor by what an event names, nor by way of what it acts on.
func TestSubmitScope(t *testing.T) {
	s := serve(t)
	s.who = of("registry", auth.Officer, "*", "*")
	var own, other, lease, agreed recorded
	s.post("/v1/events", events(event("privilege.restricted", "member/ana", `"privileges":["tax.sales"],"level":"withdrawn"`)), &own)
	s.post("/v1/events", events(event("privilege.restricted", "member/bo", `"privileges":["tax.sales"],"level":"withdrawn"`)), &other)
	s.post("/v1/events", events(
		event("vehicle.recorded", "vehicle/car-ana", `"kind":"car","owner":"ana"`),
		event("vehicle.recorded", "vehicle/car-bo", `"kind":"car","owner":"bo"`),
		event("measure.determined", "measure/m-borvia", `"state":"borvia","privileges":["tax.sales"],"level":"withdrawn","observed":{"level":"withdrawn"}`),
		event("property.recorded", "property/house-b", `"mission":"borvia-embassy","use":"residence"`),
	), &lease)
	s.post("/v1/events", events(event("request.filed", "request/r-1", `"kind":"property","mission":"borvia-embassy","privileges":["property.lease"]`)), &agreed)
	target := func(r recorded) string { return fmt.Sprintf(`"target":%q,`, r.Events[0]) }

	s.who = of("desk/arandia", auth.Officer, "arandia", "*")
	for _, one := range []string{
		event("member.accredited", "member/dora", `"mission":"arandia-embassy","category":"dip.agent","nationalities":["borvia"]`),
		event("member.status_changed", "member/ana", `"status":"lpr"`),
		event("mission.opened", "mission/arandia-chicago", `"state":"arandia","kind":"consular_post"`) + "," +
			event("member.accredited", "member/con", `"mission":"arandia-chicago","category":"con.officer"`),
		event("restriction.lifted", "member/ana", "", target(own)),
		event("practice.observed", "state/arandia", `"privileges":["tax.sales"],"level":"full"`),
		event("measure.determined", "measure/m-arandia", `"state":"arandia","privileges":["tax.sales"],"level":"withdrawn","observed":{"level":"withdrawn"}`),
		event("vehicle.transferred", "vehicle/car-ana", `"owner":"ben"`),
		event("violation.recorded", "member/ana", `"offence":"traffic.must_appear","points":2,"vehicle":"car-ana"`),
	} {
		var got recorded
		s.post("/v1/events?dry_run=true", events(one), &got)
	}
	for _, one := range []string{
		event("member.status_changed", "member/bo", `"status":"lpr"`),
		event("member.status_changed", "member/nobody", `"status":"lpr"`),
		event("member.accredited", "member/bo", `"mission":"arandia-embassy","category":"dip.agent"`),
		event("member.accredited", "member/ana", `"mission":"borvia-embassy","category":"dip.agent"`),
		event("member.accredited", "member/dora", `"mission":"borvia-embassy","category":"dip.agent"`),
		event("member.accredited", "member/dora", `"mission":"nowhere","category":"dip.agent"`),
		event("member.reassigned", "member/ana", `"mission":"borvia-embassy"`),
		event("family.joined", "member/kid", `"sponsor":"bo","relation":"child"`),
		event("visitor.recorded", "member/guest", `"mission":"borvia-embassy"`),
		event("mission.opened", "mission/borvia-2", `"state":"borvia","kind":"consular_post"`),
		event("mission.opened", "mission/arandia-2", `"state":"arandia","kind":"consular_post"`) + "," + event("mission.opened", "mission/arandia-2", `"state":"borvia","kind":"consular_post"`),
		event("mission.closed", "mission/borvia-embassy", ""),
		event("restriction.lifted", "member/bo", "", target(other)),
		event("restriction.lifted", "member/ana", "", target(other)),
		event("event.retracted", "member/bo", `"reason":"x"`, target(other)),
		event("event.corrected", "member/ana", `"reason":"x","type":"member.accredited","body":{"mission":"borvia-embassy","category":"dip.agent"}`, target(own)),
		event("state.registered", "state/corvia", `"name":"Corvia"`),
		event("relations.changed", "state/borvia", `"relations":"severed"`),
		event("state.succeeded", "state/arandia", `"predecessor":"borvia"`),
		event("measure.determined", "measure/m-2", `"state":"borvia","privileges":["tax.sales"],"level":"withdrawn","observed":{"level":"withdrawn"}`),
		event("measure.determined", "measure/m-2", `"state":"arandia","privileges":["tax.sales"],"level":"withdrawn","observed":{"level":"withdrawn"},"replaces":["m-borvia"]`),
		event("measure.determined", "measure/m-borvia", `"state":"arandia","privileges":["tax.sales"],"level":"withdrawn","observed":{"level":"withdrawn"}`),
		event("measure.lifted", "measure/m-borvia", ""),
		event("agreement.concluded", "agreement/a-1", `"states":["arandia","borvia"],"as":"dip.agent"`),
		event("vehicle.transferred", "vehicle/car-ana", `"owner":"bo"`),
		event("vehicle.disposed", "vehicle/car-bo", ""),
		event("vehicle.recorded", "vehicle/car-2", `"kind":"car","owner":"ana","owner_mission":"borvia-embassy"`),
		event("violation.recorded", "member/ana", `"offence":"traffic.must_appear","points":2,"vehicle":"car-bo"`),
		event("property.use_forgone", "property/house-b", ""),
		event("request.approved", "request/r-1", ""),
		event("request.filed", "request/r-2", `"kind":"property","mission":"arandia-embassy","members":["bo"]`),
		event("card.issued", "card/c-1", `"holder":"bo","kind":"identity"`),
		event("rate.recorded", "rate/eur", `"dollars":"1.1"`),
		event("semantics.adopted", "office/test-office", `"version":1`),
		event("member.status_changed", "member/ana", `"status":"lpr"`) + "," + event("member.status_changed", "member/bo", `"status":"lpr"`),
	} {
		before := s.office.Position()
		p := s.refused(http.StatusForbidden, "forbidden", http.MethodPost, "/v1/events", events(one))
		assert.Equal(t, before, s.office.Position(), one)
		assert.NotContains(t, p.Detail, "did you mean", one)
	}
	somebody := s.refused(http.StatusForbidden, "forbidden", http.MethodPost, "/v1/events", events(event("member.departed", "member/bo", "")))
	nobody := s.refused(http.StatusForbidden, "forbidden", http.MethodPost, "/v1/events", events(event("member.departed", "member/xx", "")))
	assert.Equal(t, somebody.Detail, strings.Replace(nobody.Detail, "xx", "bo", 1), "they are told the same")
}

// TestSubmitProgrammes keeps a caller to the programmes that were granted.
func TestSubmitProgrammes(t *testing.T) {
	s := serve(t)
	var imm recorded
	s.post("/v1/events", events(event("privilege.granted", "member/ana", `"privileges":["imm.criminal"]`)), &imm)
	target := fmt.Sprintf(`"target":%q,`, imm.Events[0])
	s.who = of("fuel", auth.System, "*", "tax")
	var got recorded
	for _, one := range []string{
		event("privilege.restricted", "member/ana", `"privileges":["tax.sales"],"level":"withdrawn"`),
		event("practice.observed", "state/borvia", `"privileges":["tax.sales"],"level":"full"`),
		event("benefit.used", "member/ana", `"privilege":"tax.sales","amount":500`),
	} {
		s.post("/v1/events?dry_run=true", events(one), &got)
	}
	for _, one := range []string{
		event("privilege.restricted", "member/ana", `"privileges":["tax.sales","imm.criminal"],"level":"withdrawn"`),
		event("restriction.lifted", "member/ana", "", target),
		event("event.retracted", "member/ana", `"reason":"x"`, target),
		event("event.corrected", "member/ana", `"reason":"x","type":"privilege.granted","body":{"privileges":["tax.sales"]}`, target),
		event("member.status_changed", "member/ana", `"status":"lpr"`),
		event("privilege.revoked", "member/ana", ``, target),
	} {
		s.refused(http.StatusForbidden, "forbidden", http.MethodPost, "/v1/events", events(one))
	}
	s.who = of("auditor", auth.Auditor, "*", "*")
	s.refused(http.StatusForbidden, "forbidden", http.MethodPost, "/v1/events", events(dora))
	s.who = of("elsewhere", auth.Officer, "*", "*")
	s.who.Grants[0].Offices = []string{"other-office"}
	s.refused(http.StatusForbidden, "forbidden", http.MethodPost, "/v1/events", events(dora))
	// Steps in the life of a ruleset take rights of their own, whichever door they come by.
	s.who = of("officer", auth.Officer, "*", "*")
	hash := strings.Repeat("0", 64)
	for _, typ := range []string{"ruleset.approved", "ruleset.proposed", "ruleset.draft_saved"} {
		p := s.refused(http.StatusForbidden, "forbidden", http.MethodPost, "/v1/events", events(event(typ, "ruleset/common", `"hash":"`+hash+`"`)))
		assert.Contains(t, p.Detail, "right")
	}
	p := s.refused(http.StatusForbidden, "forbidden", http.MethodPost, "/v1/events", events(event("ruleset.published", "ruleset/common", `"edition":"x","hash":"`+hash+`"`)))
	assert.Contains(t, p.Detail, "publish")
}

// TestSubmitNeverReachesOthers submits anything about anybody as a caller who was granted
// one State, and finds the answers about the members of another unchanged.
func TestSubmitNeverReachesOthers(t *testing.T) {
	s := serve(t)
	var got recorded
	s.post("/v1/events", events(
		event("vehicle.recorded", "vehicle/car-ana", `"kind":"car","owner":"ana"`),
		event("vehicle.recorded", "vehicle/car-bo", `"kind":"car","owner":"bo"`),
		event("measure.determined", "measure/m-borvia", `"state":"borvia","privileges":["tax.sales"],"level":"withdrawn","observed":{"level":"withdrawn"}`),
		event("measure.determined", "measure/m-arandia", `"state":"arandia","privileges":["tax.sales"],"level":"withdrawn","observed":{"level":"withdrawn"}`),
		event("family.joined", "member/kid-bo", `"sponsor":"bo","relation":"child"`),
		event("property.recorded", "property/house-b", `"mission":"borvia-embassy","use":"residence"`),
	), &got)
	answers := func() string {
		law, err := s.office.Root().CommonFor(s.now)
		require.NoError(t, err)
		var out strings.Builder
		for _, of := range []domain.Subject{domain.Member("bo"), domain.Member("kid-bo"), domain.Mission("borvia-embassy")} {
			for _, p := range law.Language.PrivilegeOrder {
				for _, day := range []int{-30, 0, 400} {
					d, err := s.office.Ask(t.Context(), engine.Question{Subject: of, Privilege: p, AsOf: s.now.AddDate(0, 0, day)})
					d.AsKnown = 0
					text := fmt.Sprint(err)
					if err == nil {
						raw, err := codec.EncodeDecision(d)
						require.NoError(t, err)
						text = string(raw)
					}
					fmt.Fprintln(&out, of, p, day, text)
				}
			}
		}
		return out.String()
	}
	want := answers()
	s.who = of("desk/arandia", auth.Officer, "arandia", "*")
	member := rapid.SampledFrom([]string{"ana", "ben", "bo", "kid-bo", "new-1", "new-2"})
	mission := rapid.SampledFrom([]string{"arandia-embassy", "borvia-embassy", "arandia-2"})
	state := rapid.SampledFrom([]string{"arandia", "borvia", "corvia"})
	vehicle := rapid.SampledFrom([]string{"car-ana", "car-bo", "car-3"})
	measure := rapid.SampledFrom([]string{"m-borvia", "m-arandia", "m-3"})
	accepted := 0
	rapid.Check(t, func(rt *rapid.T) {
		var batch []string
		for range rapid.SampledFrom([]int{1, 1, 2, 3}).Draw(rt, "events") {
			m, host, st, car, ms := member.Draw(rt, "member"), mission.Draw(rt, "mission"), state.Draw(rt, "state"), vehicle.Draw(rt, "vehicle"), measure.Draw(rt, "measure")
			target := ""
			if view := s.office.Root().View(); rapid.Bool().Draw(rt, "acts") {
				e, _ := view.Envelope(domain.Position(rapid.IntRange(0, int(s.office.Position())-1).Draw(rt, "target")))
				target = fmt.Sprintf(`"target":%q,`, e.ID)
			}
			batch = append(batch, rapid.SampledFrom([]string{
				event("member.accredited", "member/"+m, `"mission":"`+host+`","category":"dip.agent"`),
				event("member.reassigned", "member/"+m, `"mission":"`+host+`"`),
				event("member.status_changed", "member/"+m, `"status":"lpr"`),
				event("family.joined", "member/"+m, `"sponsor":"`+member.Draw(rt, "sponsor")+`","relation":"child"`),
				event("member.departed", "member/"+m, ""),
				event("mission.opened", "mission/"+host, `"state":"`+st+`","kind":"embassy"`),
				event("mission.closed", "mission/"+host, ""),
				event("relations.changed", "state/"+st, `"relations":"severed"`),
				event("state.succeeded", "state/"+st, `"predecessor":"`+state.Draw(rt, "predecessor")+`"`),
				event("practice.observed", "state/"+st, `"privileges":["tax.sales"],"level":"full"`),
				event("measure.determined", "measure/"+ms, `"state":"`+st+`","privileges":["tax.sales"],"level":"withdrawn","observed":{"level":"withdrawn"},"replaces":["`+measure.Draw(rt, "replaces")+`"]`),
				event("measure.lifted", "measure/"+ms, ""),
				event("agreement.concluded", "agreement/a-1", `"states":["`+st+`"],"as":"dip.agent","categories":["dip.service"]`),
				event("vehicle.transferred", "vehicle/"+car, `"owner":"`+m+`"`),
				event("vehicle.disposed", "vehicle/"+car, ""),
				event("privilege.restricted", "member/"+m, `"privileges":["tax.sales"],"level":"withdrawn"`),
				event("privilege.revoked", "mission/"+host, `"privileges":["tax.sales"]`),
				event("violation.recorded", "member/"+m, `"offence":"traffic.dui","points":8,"vehicle":"`+car+`"`),
				event("event.retracted", "member/"+m, `"reason":"x"`, target),
				event("event.retracted", "mission/"+host, `"reason":"x"`, target),
				event("event.corrected", "member/"+m, `"reason":"x","type":"member.accredited","body":{"mission":"`+host+`","category":"dip.agent"}`, target),
				event("event.corrected", "measure/"+ms, `"reason":"x","type":"measure.determined","body":{"state":"`+st+`","privileges":["tax.sales"],"level":"full"}`, target),
				event("restriction.lifted", "member/"+m, "", target),
				event("property.disposed", "property/house-b", ""),
				event("rate.recorded", "rate/eur", `"dollars":"2"`),
			}).Draw(rt, "event"))
		}
		w, text := s.send(http.MethodPost, "/v1/events", events(batch...))
		if w.StatusCode != http.StatusOK {
			return
		}
		accepted++
		if is := answers(); is != want {
			rt.Fatalf("answers about others changed by\n%s\n%s", strings.Join(batch, "\n"), text)
		}
	})
	if !testing.Short() { // about one of ten is accepted
		assert.Positive(t, accepted, "something was recorded")
	}
}
