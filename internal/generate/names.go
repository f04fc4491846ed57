package generate

import "strings"

// Syllables of which names are made. They are nobody's: the States have none
// that a real one begins with, and persons have names that no language gives.
var (
	stateFirst  = []string{"bel", "cor", "dra", "fen", "gal", "hes", "jar", "kel", "lor", "mav", "nev", "ost", "pel", "quor", "ras", "sel", "tov", "ulm", "ver", "wen", "yor", "zan"}
	stateMiddle = []string{"ad", "al", "am", "an", "av", "el", "em", "en", "er", "ev", "il", "im", "ir", "od", "ol", "om", "or", "ul", "ur", "uv"}
	stateLast   = []string{"dia", "donia", "gard", "holm", "landa", "maria", "mere", "mark", "nia", "ria", "sia", "tania", "thia", "via", "wick", "zia"}

	givenFirst = []string{"a", "be", "chi", "da", "ei", "fu", "gho", "ha", "i", "jo", "ke", "lu", "mo", "ne", "o", "pi", "qua", "ru", "sa", "te", "u", "vi", "wo", "ya", "ze"}
	givenLast  = []string{"bru", "dell", "fim", "gan", "hiv", "jund", "kev", "lur", "mosh", "nix", "prao", "quil", "rund", "swen", "tuv", "vesh", "wim", "yash", "zor"}
	familyLast = []string{"brask", "dovar", "elvund", "forsik", "gremlo", "hulvane", "jastrum", "kolvere", "lindrak", "morvash", "nuvella", "oskrin", "pravlo", "quendar", "rastivo", "selmuk", "tarvend", "ulvask", "vindoro", "wexlune", "yarrodin", "zolvane"}

	currencies = []string{"avn", "bzr", "dlq", "frt", "kvn", "mqk", "tlq", "zun"}

	designs  = []string{"Volta sedan", "Orbis wagon", "Lumen coupe", "Terra pickup", "Nimbus van"}
	insurers = []string{"Meridian Mutual", "Harbor Casualty", "Anchor Indemnity", "Summit Assurance"}
)

// stateName makes the name of a State that is not taken yet.
func stateName(d *dice, taken map[string]bool) string {
	for {
		name := pick(d, stateFirst) + pick(d, stateMiddle) + pick(d, stateLast)
		if !taken[name] {
			taken[name] = true
			return name
		}
	}
}

// personName makes a name for somebody.
func personName(d *dice) string {
	return capital(pick(d, givenFirst)+pick(d, givenLast)) + " " + capital(pick(d, givenFirst)+pick(d, familyLast))
}

// capital begins a name with a capital letter.
func capital(name string) string { return strings.ToUpper(name[:1]) + name[1:] }
