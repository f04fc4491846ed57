package rules

import (
	"slices"

	"github.com/comity-project/comity/domain"
)

// A Shape is a kind of map in a ruleset: which keys it may have, in the order in
// which they are written, and what stands under each. What reads rulesets, what
// formats them and the schema for editors go by the same shapes.
type Shape struct {
	Name string // such as rule
	Keys []Key
}

// A Key is one key of a shape.
type Key struct {
	Name     string
	Is       Type
	Required bool
	Doc      string // what it means, in a line
}

// A TypeKind says what kind of value a [Type] is.
type TypeKind uint8

// The kinds of value.
const (
	AnyType        TypeKind = iota
	TextType                // numbers and dates are taken as they are written
	BoolType                // true or false
	CountType               // a whole number from 0 on
	DateType                // 2025-05-31
	InstantType             // a date, or a time with its zone
	ExpressionType          // a Boolean expression
	ValueType               // an expression that begins with =
	WordType                // one of Words
	CodeType                // a code of the list List
	PatternType             // a privilege or a pattern: imm.*
	ListType                // of Of
	EntriesType             // a map whose keys are free, or codes of List; its values are Of
	ShapeType               // a map of the shape Shape
	EitherType              // one of Either
)

// A Type is what stands under a key.
type Type struct {
	Kind   TypeKind
	Words  []string
	List   string
	Shape  string
	Of     *Type
	Either []Type
}

var (
	anyT       = Type{Kind: AnyType}
	textT      = Type{Kind: TextType}
	boolT      = Type{Kind: BoolType}
	countT     = Type{Kind: CountType}
	dateT      = Type{Kind: DateType}
	exprT      = Type{Kind: ExpressionType}
	textsT     = listOf(textT)
	valueOrOne = func(t Type) Type { return eitherT(t, Type{Kind: ValueType}) }
)

func listOf(t Type) Type                          { return Type{Kind: ListType, Of: &t} }
func entriesOf(t Type) Type                       { return Type{Kind: EntriesType, Of: &t} }
func byCode(list string, t Type) Type             { return Type{Kind: EntriesType, List: list, Of: &t} }
func shaped(name string) Type                     { return Type{Kind: ShapeType, Shape: name} }
func eitherT(types ...Type) Type                  { return Type{Kind: EitherType, Either: types} }
func wordsT(w ...string) Type                     { return Type{Kind: WordType, Words: w} }
func codeIn(list string) Type                     { return Type{Kind: CodeType, List: list} }
func codesIn(list string) Type                    { return listOf(codeIn(list)) }
func mayKey(name string, is Type, doc string) Key { return Key{Name: name, Is: is, Doc: doc} }
func needKey(name string, is Type, doc string) Key {
	return Key{Name: name, Is: is, Doc: doc, Required: true}
}

func tierWords() Type {
	var names []string
	for _, t := range domain.Tiers() {
		names = append(names, string(t))
	}
	return wordsT(names...)
}

var (
	citeKey   = needKey("cite", textsT, "the articles, statutes, regulations or named sources it rests on")
	citeMaybe = mayKey("cite", textsT, "the articles, statutes, regulations or named sources it rests on")
	remarkT   = eitherT(valueOrOne(textT), shaped("remark"), listOf(eitherT(valueOrOne(textT), shaped("remark"))))
	patternsT = listOf(Type{Kind: PatternType})
	inForce   = mayKey("in_force", shaped("in_force"), "the law's own dates, half-open, in UTC")
	each      = mayKey("each", wordsT("measure m", "agreement a", "waiver w"), "evaluated once for every live one that covers person and privilege")
	ofKey     = mayKey("of", wordsT("person", "mission"), "of whom it is asked")
)

// scopeKeys are what the scope of a measure and a rule's applies share.
var scopeKeys = []Key{
	mayKey("mission_kind", codesIn("mission_kind"), "kinds of mission"),
	mayKey("mission", textsT, "missions, by id"),
	mayKey("category", codesIn("category"), "categories; of a relative, the sponsor's"),
	mayKey("rank", textsT, "ranks as notified"),
	mayKey("status", codesIn("status"), "personal statuses"),
	mayKey("member", textsT, "members, by id"),
}

// ruleKeys are the keys of a rule, in the order in which they are written.
var ruleKeys = []Key{
	needKey("id", textT, "unique in the ruleset; letters, digits, '-', '.', '/' and '_'"),
	needKey("tier", tierWords(), "at which step of the resolution the rule speaks"),
	mayKey("effect", wordsT(string(domain.Sets), string(domain.Cuts), string(domain.Lifts), string(domain.Restricts), string(domain.Removes), string(domain.Obliges)), "follows from the tier; only reciprocity and individual may say lifts"),
	ofKey,
	mayKey("privilege", patternsT, "of which privileges it speaks, also by pattern: imm.*"),
	mayKey("applies", shaped("applies"), "whom it reaches; everybody if it is left out, silent on family and visitors"),
	each,
	inForce,
	mayKey("when", exprT, "must be true for the rule to fire"),
	mayKey("outcome", valueOrOne(codeIn("outcome")), "one of the five, or an expression that begins with ="),
	mayKey("as", Type{Kind: ValueType}, "an expression of a category, whose baseline is given"),
	mayKey("reciprocal", boolT, "only reciprocity gives it, or opens it"),
	mayKey("conditions", listOf(eitherT(codeIn("condition"), byCode("condition", anyT))), "codes, or {code: {param: value}}"),
	mayKey("code", textT, "the reason shown"),
	mayKey("offence", codeIn("offence"), "what it would be to act against the rule"),
	mayKey("propose", codesIn("consequence"), "consequences that a person may draw"),
	mayKey("basis", shaped("basis"), "lowers an R floor in answer to the State's practice"),
	citeKey,
	needKey("because", textT, "one sentence for people"),
	mayKey("oblige", remarkT, "what has to be done; without effect on the outcome"),
	mayKey("note", remarkT, "what is good to know"),
	mayKey("route", remarkT, "by which way to go"),
	mayKey("limit", remarkT, "how much of it there is"),
}

// ofRules are the keys of a rule that a code of a table may have too: all but
// those, none of which it needs.
func ofRules(but ...string) []Key {
	var out []Key
	for _, k := range ruleKeys {
		if !slices.Contains(but, k.Name) {
			k.Required = false
			out = append(out, k)
		}
	}
	return out
}

var factKeys = []Key{
	needKey("type", textT, "bool, int, decimal N, money, text, word, map, a list of the vocabulary, or set of one"),
	needKey("from", textT, "the constructor and what it is applied to"),
	mayKey("months", countT, "the law's number, of some constructors"),
	mayKey("days", countT, "the law's number, of some constructors"),
	mayKey("with", textT, "the parameter without which this one says nothing"),
	mayKey("default", anyT, "the value if nobody recorded one; without it the fact is missing"),
	mayKey("letters", countT, "of how many letters a text consists"),
	mayKey("unit", textT, "in which it is counted"),
	mayKey("doc", textT, "what it is, for people"),
}

// shapes are all kinds of map with keys of their own.
var shapes = []Shape{
	{"file", []Key{
		mayKey("ruleset", textT, "common, or the State's id"),
		mayKey("edition", textT, "the edition's name"),
		mayKey("effective", dateT, "from when it is to be in force when it is published without another date"),
		mayKey("title", textT, "what it is"),
		mayKey("note", textT, "remarks, such as that it is no legal advice"),
		mayKey("vocabulary", entriesOf(entriesOf(shaped("code"))), "the lists of codes; common only"),
		mayKey("privileges", entriesOf(shaped("privilege")), "the privileges; common only"),
		mayKey("facts", entriesOf(entriesOf(shaped("fact"))), "the facts that rules may read; common only"),
		mayKey("request", entriesOf(shaped("asked")), "the facts that a question may bring; common only"),
		mayKey("conditions", entriesOf(shaped("condition")), "the catalogue of conditions; common only"),
		mayKey("capacities", shaped("capacities"), "the period to leave, and who counts as family; common only"),
		mayKey("clocks", byCode("request_kind", shaped("clock")), "kinds of notices and applications; common only"),
		mayKey("offices", listOf(shaped("office")), "the regional offices; common only"),
		mayKey("kinds", byCode("category", codesIn("mission_kind")), "at which kinds of mission a category serves"),
		mayKey("let", entriesOf(exprT), "names for expressions"),
		mayKey("tables", listOf(shaped("table")), "rules written as a table"),
		mayKey("rules", listOf(shaped("rule")), "rules"),
		mayKey("floors", listOf(shaped("floor")), "below what no answer may be lowered; common only"),
		mayKey("consequences", byCode("offence", listOf(shaped("consequence"))), "what an offence leads to; common only"),
		mayKey("views", listOf(shaped("view")), "questions over answers; common only"),
		mayKey("cases", listOf(shaped("case")), "examples that must come true"),
	}},
	{"code", []Key{needKey("term", textT, "the word of the field"), citeMaybe}},
	{"level", []Key{needKey("term", textT, "the word of the field"), mayKey("needs", textsT, "parameters without which a measure says nothing"), citeMaybe}},
	{"privilege", []Key{
		needKey("term", textT, "the word of the field"), needKey("of", listOf(wordsT("person", "mission")), "of whom it is asked"),
		mayKey("liberty", boolT, "anybody has it until a determination restricts it"),
		mayKey("security", boolT, "it follows the threat, never reciprocity"), citeKey,
	}},
	{"fact", factKeys},
	{"asked", without(factKeys, "from", "months", "days", "with")},
	{"condition", []Key{
		needKey("text", textT, "the condition, for people"), mayKey("params", entriesOf(shaped("asked")), "its parameters"),
		mayKey("met", exprT, "whether the request meets it"), mayKey("denial", textT, "the code shown when it is not met"), citeMaybe,
	}},
	{"capacities", []Key{
		needKey("period", shaped("period"), "the period to leave when no other is stated"),
		mayKey("work_ends", boolT, "own gainful work ends the family capacity"),
		mayKey("severed", codesIn("mission_kind"), "where functions end when relations are severed; everywhere if left out"),
		needKey("relations", byCode("relation", shaped("relation")), "who is family"), citeKey,
	}},
	{"period", []Key{mayKey("hours", countT, "in hours"), mayKey("days", countT, "in days")}},
	{"relation", []Key{
		mayKey("age", countT, "under which age"), mayKey("student_age", countT, "under which age, of students"),
		mayKey("by_sponsor", byCode("category", shaped("ages")), "other limits, by category of the sponsor"),
	}},
	{"ages", []Key{mayKey("age", countT, "under which age"), mayKey("student_age", countT, "under which age, of students")}},
	{"clock", []Key{
		mayKey("privilege", patternsT, "what a request of this kind is about unless it names some"),
		mayKey("named", boolT, "whether a request has to name privileges itself"),
		mayKey("days", countT, "how long its clock runs"), mayKey("months", countT, "how long its clock runs"),
		mayKey("free", boolT, "what is not disapproved in time may be done"), citeKey,
	}},
	{"office", []Key{
		needKey("id", textT, "which office it is"), needKey("city", textT, "where"), needKey("zone", textT, "its time zone, such as America/New_York"),
		mayKey("serves", shaped("serves"), "whom it serves beside its own city"), mayKey("former", boolT, "it stood on an earlier list only"),
		mayKey("note", textT, "remarks"), citeKey,
	}},
	{"serves", []Key{mayKey("cities", textsT, "cities of posts"), mayKey("states", textsT, "whole states of the federation"), mayKey("parts", textsT, "parts of others, in words")}},
	{"rule", ruleKeys},
	{"cell", ofRules("id", "tier", "privilege")},
	{"applies", append(append([]Key{mayKey("state", textsT, "sending States, by id")}, scopeKeys...),
		mayKey("family", eitherT(boolT, wordsT("only")), "whether it speaks of relatives"), mayKey("visitors", boolT, "whether it reaches visitors"))},
	{"scope", append(slices.Clone(scopeKeys), mayKey("family", boolT, "whether it reaches relatives"), mayKey("visitors", boolT, "whether it reaches visitors"))},
	{"in_force", []Key{mayKey("from", dateT, "from this day"), mayKey("to", dateT, "until before this day")}},
	{"basis", []Key{needKey("practice", wordsT("same"), "the State's practice for the same privilege")}},
	{"remark", []Key{mayKey("code", textT, "by which programs know it"), needKey("text", valueOrOne(textT), "for people")}},
	{"table", []Key{
		needKey("id", textT, "the first part of the ids of its rules"), needKey("tier", tierWords(), "of all its rules"), ofKey,
		mayKey("applies", shaped("applies"), "whom all its rules reach"), each, inForce,
		mayKey("when", exprT, "must be true for any of its rules to fire"),
		needKey("codes", entriesOf(eitherT(wordsT("none"), shaped("cell"))), "what each letter means"),
		needKey("by", wordsT("category", "mission_kind"), "by what its columns are told apart"),
		needKey("columns", entriesOf(shaped("column")), "its columns, in order"), needKey("rows", listOf(shaped("row")), "its rows"),
	}},
	{"column", []Key{needKey("keys", textsT, "categories or kinds of mission"), mayKey("term", textT, "its heading"), citeMaybe}},
	{"row", []Key{
		needKey("privilege", patternsT, "of which privileges the row speaks"), needKey("cells", textT, "a code for each column"),
		mayKey("when", exprT, "must be true too"), mayKey("code", textT, "the reason shown"), citeKey,
		mayKey("because", textT, "one sentence, true of all its cells"), mayKey("note", remarkT, "what is good to know"),
	}},
	{"floor", []Key{
		needKey("privilege", patternsT, "of which privileges"), needKey("mark", wordsT("H", "R"), "H: by nothing; R: only in answer to a practice"),
		mayKey("when", exprT, "for which questions"), mayKey("witness", listOf(entriesOf(anyT)), "requests for which it is tried"),
		mayKey("finding", boolT, "a finding under FMA 4304(b) is ground enough"), citeKey, mayKey("note", textT, "remarks"),
	}},
	{"consequence", []Key{
		needKey("propose", codeIn("consequence"), "what is proposed"), needKey("text", textT, "for people"), mayKey("when", exprT, "for whom"),
		mayKey("after", wordsT(AfterRefused, AfterGranted), "the answer it waits for"), citeKey,
	}},
	{"view", []Key{
		needKey("name", textT, "by which it is asked for"), needKey("title", textT, "its heading"), mayKey("note", textT, "remarks"), inForce, citeMaybe,
		mayKey("footnotes", entriesOf(textT), "by mark"), mayKey("rows", listOf(shaped("person")), "the kinds of person in the printed table"),
		needKey("questions", listOf(shaped("question")), "its columns"), mayKey("guidance", listOf(shaped("guidance")), "advice"),
	}},
	{"person", []Key{
		needKey("id", textT, "of the row"), mayKey("group", textT, "its heading"), needKey("term", textT, "for people"),
		needKey("category", codeIn("category"), "of the person"), needKey("mission_kind", codeIn("mission_kind"), "where"), mayKey("notes", textsT, "marks of footnotes"),
	}},
	{"question", []Key{
		needKey("id", textT, "of the column"), needKey("ask", textT, "its heading"), mayKey("family", boolT, "asked of a relative"),
		needKey("says", listOf(shaped("says")), "the answers, of which the first that is true is given"),
	}},
	{"says", []Key{mayKey("when", exprT, "over answers and conditions"), needKey("code", textT, "for programs"), needKey("text", textT, "for people"), mayKey("notes", textsT, "marks of footnotes")}},
	{"guidance", []Key{mayKey("when", exprT, "for whom"), needKey("code", textT, "for programs"), needKey("text", textT, "for people"), citeKey}},
	{"case", []Key{
		needKey("name", textT, "what it shows"), mayKey("given", shaped("given"), "who stands where"), mayKey("at", Type{Kind: InstantType}, "the effective time"),
		needKey("ask", codeIn("privilege"), "what is asked"), mayKey("request", entriesOf(anyT), "facts of the request"),
		mayKey("by", wordsT("category", "mission_kind"), "by whose codes it is repeated"),
		needKey("expect", eitherT(textT, entriesOf(textT)), "an outcome with its conditions in brackets, or no answer: FACT"),
		mayKey("code", textT, "of a decisive reason"), mayKey("cite", textsT, "citations that must be among the decisive ones"), mayKey("note", textT, "remarks"),
	}},
	{"given", []Key{
		mayKey("subject", wordsT("member", "mission"), "of whom it is asked"),
		mayKey("sponsor", factsT, "facts of the sponsor, which makes the person family"),
		mayKey("member", eitherT(wordsT("nobody"), factsT), "facts of the person"),
		mayKey("mission", factsT, "facts of the mission"), mayKey("state", factsT, "facts of the sending State"), mayKey("vehicle", factsT, "facts of the vehicle"),
		mayKey("property", factsT, "facts of the property"), mayKey("filing", factsT, "facts of the request on record"), mayKey("protection", factsT, "what was done for security"),
		mayKey("measures", boundsT, "measures on record"), mayKey("agreements", boundsT, "agreements on record"), mayKey("waivers", boundsT, "waivers on record"),
		mayKey("grants", boundsT, "measures for the person"), mayKey("restrictions", boundsT, "measures against the person"),
	}},
	// Beside these, a bound has the facts of its object.
	{"bound", []Key{mayKey("privileges", patternsT, "of which privileges"), mayKey("scope", shaped("scope"), "whom it reaches")}},
}

var (
	factsT  = entriesOf(anyT)
	boundsT = listOf(shaped("bound"))
)

func without(keys []Key, but ...string) []Key {
	return slices.DeleteFunc(slices.Clone(keys), func(k Key) bool { return slices.Contains(but, k.Name) })
}

// Shapes returns every kind of map of the format, that of a file first. Maps of
// the shape bound have the facts of their object beside their own keys.
func Shapes() []Shape { return shapes }

var shapeKeys = func() map[string][]string {
	out := map[string][]string{}
	for _, s := range shapes {
		for _, k := range s.Keys {
			out[s.Name] = append(out[s.Name], k.Name)
		}
	}
	return out
}()

// keysOf names the keys of a shape.
func keysOf(shape string) []string {
	keys := shapeKeys[shape]
	if keys == nil {
		panic("bad shape " + shape) // unreachable: every name is a constant, and tests read one of each
	}
	return keys
}
