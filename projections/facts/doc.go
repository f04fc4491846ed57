// Package facts turns events into operations on timelines, and timelines into
// what rules read: who was there, in what capacity, under which measures.
//
// A [Store] holds the histories of all subjects. One goroutine calls
// [Store.Apply] for each event of the log in turn; any number of others ask
// through a [View], which is the office as known at one position and never
// changes. Nothing here reads a clock, and nothing derived is stored: that a
// mission closed and took its staff with it is worked out when somebody asks.
//
// # Capacities
//
// [View.Person] gives the capacities of a person for all of time. Somebody
// accredited has one for each episode of functions; an episode starts with an
// accreditation, a reassignment or a change of category, and the next one takes
// its place at once. A relative has one for each episode of each sponsor's
// functions, cut to the time in the household. Each goes through phases:
//
//	current   from its start
//	leaving   from the end of functions: the first in the episode of
//	          functions ended, persona non grata, death, departure, the mission
//	          closed or suspended with an order to leave, relations severed
//	ended     when the period to leave is over or the person has left; for good
//
// Some things latch and some follow. Latched is whatever ended: a mission that
// reopens revives nobody, nor does coming back, nor a period set afterwards. A
// relative follows the sponsor's end of functions and period, but not the
// sponsor's own departure; leaving the household, departing, age and own work
// end a relative's capacity at once, in the period too.
//
// Of several events that end functions at one instant, that counts which was
// recorded first. The order inside a command says nothing: of those that one command
// recorded, the nearest counts, the person before the mission and the mission before
// the State; of these one that states a period; and of these the one of which the
// period is over soonest. A correction stands where stood what it corrects.
//
// The period to leave is that of the ending event, else that of the law in force
// at that instant. It is counted in hours from delivery, or in days, of which
// the first is the local date of the end; then it is over at 00:00 local.
// Local is the zone that the event states, else that of the mission, else
// the office's. A period set later takes its place from then on, as long as
// the former still runs.
//
// # Spans
//
// Measures, agreements, grants, restrictions and waivers are [Span] values. Whether one is
// live depends on whom it is asked for: a measure may have been lifted for some,
// and another measure may have taken its place for whoever is in the scope of
// that one, from its start and for good.
//
// # Facts
//
// Rules read facts that the common ruleset declares. A declaration names a
// constructor and what it is applied to; the set is closed, see [Constructors].
//
//	constructor    applied to                  read of           gives
//	capacity       kind, label, category,      person            the capacity in question; as nobody
//	               rank, phase, relation,                        the phase is none, kind and category
//	               mission, state, sponsor,                      are empty, the rest is missing. What
//	               start, end_of_functions,                      has not yet come about is missing
//	               end_of_period
//	register       status, nationalities,      person, mission,  what the subject's own register holds
//	               local_hire, private_work,   State, vehicle,
//	               student, state, kind, city, property
//	               zone, archives_separate,
//	               relations, successor_of,
//	               leased, use, tenure,
//	               commercial, use_forgone
//	status                                     person            personal status, of an ended capacity
//	                                                             as of its end; none unless recorded
//	nationalities                              person            the register, else the sending State
//	age                                        person            birthdays begun in the office's zone
//	identity_card                              person            border of the latest valid one
//	document       the kind of card            person, mission   held, returned, recalled or expired: the
//	                                                             latest; missing if none was issued
//	points         {months}                    person            points that count; a violation ages by its
//	                                                             own date, and counts once it is recorded
//	overdue        the place {days, months}    person, mission,  tickets not cleared for more than so long;
//	                                           vehicle           whoever owned the vehicle then has them
//	license                                    person            none, suspended while the term runs, revoked
//	withheld                                   person, mission,  whether registration is withheld from the
//	                                           vehicle           subject itself
//	charges        fee, surcharge, duty        person, mission   cents that are not settled
//	installation                               person, mission   whether articles of first installation were
//	                                                             cleared before
//	noted          warrant, visa_bar           person            whether one was noted
//	premises                                   mission           none, in_use, forgone or mixed
//	custody        {months}                    mission           whether it has been suspended, closed or in
//	                                                             custody for so long without a break
//	vehicle        known, disposed, owner,     vehicle           an owner is member/ana or mission/x; plates
//	               registered, plates,                           are none, held, recalled, returned or
//	               insurance, lien, combined,                    expired; insurance is none, in_force or lapsed,
//	               per_person, per_accident,                     and the limits are those of the policy in force
//	               property
//	property       known, mission, divest      property          whose it is, and whether they must part with it
//	filing                                                       see [View.ReadFiling]
//	protection     threat, measures            member, mission,  the latest assessment in force; the kinds of
//	                                           property          protective measure in place
//	threshold                                  span              its amount in cents of a dollar, half up; if
//	                                                             no rate is known, which, as rate/eur
//	used                                       span              the quantity used in the calendar period
//	param          its name                    span              a parameter of a measure or restriction
//	field          id, individual,             span              a field of the event; a grant has the
//	               privileges, level, ground,                    level granted, a restriction without a
//	                                                             level is withdrawn, a waiver
//	               matter, immunities, stage,                    without a stage is of jurisdiction
//	               by, act, states,
//	               categories, mission_kinds,
//	               nationals_only,
//	               excluded_statuses,
//	               families, as, raises,
//	               keeps_at_end
//
// A fact that is missing takes the default of its declaration, if there is one.
// Numbers in braces are the law's own. Days, months and periods are counted from
// the date that an event states, else from that of its instant, and begin at
// 00:00 in the zone of the office; a term and an outage in that of the event or
// the mission.
//
// [View.Breakpoints] lists the instants at which anything about a subject can
// change, so that an answer can say until when it holds.
package facts
