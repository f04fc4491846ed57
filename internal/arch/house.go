package arch

// house is how comity is built. A new package or a new outsider is a decision:
// it gets a line here, and the line gets a reason in the pull request.
var house = House{
	Module: "github.com/comity-project/comity",

	Floors: [][]string{
		0: {
			"domain/calendar", "eventlog", "rulesets", "projections/timeline", "api/openapi",
			"rules/pages", "internal/bench/peers/workload",
			"internal/arch", "internal/filelock", "internal/golden", "internal/mapped", "internal/mutant", "internal/svg",
		},
		1: {
			"domain", "client", "api/openapi/openapitest", "internal/bench/peers/harness",
			"eventlog/memlog", "eventlog/sqlitelog", "eventlog/esdblog", "eventlog/esdblog/esdbtest",
			"eventlog/seal", "eventlog/transfer", "eventlog/logtest",
		},
		2: {"domain/codec", "domain/domaintest", "rules", "projections/facts", "internal/caller", "internal/config", "api/auth"},
		3: {"projections", "decisions", "rules/plan", "rules/analysis", "rules/cases"},
		4: {
			"projections/standing", "projections/balance", "projections/requests", "projections/trail",
			"rules/workshop",
		},
		5: {"engine", "rules/workshop/lsp"},
		6: {
			"engine/scenario", "engine/impact", "engine/intake", "engine/bulk", "engine/watch", "engine/replica",
			"internal/sim", "internal/bench", "internal/bench/peers/floor", "internal/bench/peers/table",
			"internal/demo", "internal/generate",
		},
		7: {"api"},
		8: {"api/httpapi", "api/authzen", "console"},
		9: {"cmd/comity", "internal/bench/server"},
	},

	// domain is meaning and eventlog is memory; domain/codec is the only bridge.
	Strangers: []Strangers{{One: "domain/...", Other: "eventlog/...", Bridge: "domain/codec"}},

	Drivers:     []string{"eventlog/memlog", "eventlog/sqlitelog", "eventlog/esdblog"},
	DriverNamer: "cmd/comity",

	TestSupport: []string{
		"domain/domaintest", "eventlog/logtest", "eventlog/esdblog/esdbtest", "internal/golden", "api/openapi/openapitest",
	},

	// The names of planted faults may stand wherever one is planted. Nothing comes
	// with them: a release has no code of that package.
	Everywhere: []string{"internal/mutant"},

	// The packages that everything rests on say themselves what they may need.
	Only: map[string][]string{
		"domain":               {"github.com/oklog/ulid/v2", "github.com/comity-project/comity/domain/calendar"},
		"domain/calendar":      {},
		"eventlog":             {},
		"projections/timeline": {},
	},

	Outsiders: []Outsider{
		{"github.com/google/cel-go", []string{"rules/..."}, "the language of conditions, and the oracle of the plan"},
		{"go.yaml.in/yaml/v3", []string{"rules/...", "engine/intake", "internal/config", "api/openapi"}, "rulesets, histories and configurations with lines and columns"},
		{"github.com/cockroachdb/apd/v3", []string{"rules/..."}, "decimal rates"},
		{"golang.org/x/tools/txtar", []string{"rules/..."}, "several files in one, as text"},
		{"github.com/EventStore/EventStore-Client-Go/v4", []string{"eventlog/esdblog/..."}, "the cluster's protocol"},
		{"google.golang.org/grpc", []string{"eventlog/esdblog/..."}, "status codes of that protocol"},
		{"modernc.org/sqlite", []string{"eventlog/sqlitelog"}, "the embedded log, without cgo"},
		{"golang.org/x/mod/sumdb", []string{"eventlog/seal"}, "Merkle trees and signed notes"},
		{"github.com/go-json-experiment/json", []string{"domain/codec", "api", "api/httpapi", "api/authzen"}, "strict JSON at the door"},
		{"github.com/goccy/go-json", []string{"domain/codec"}, "fast JSON for replay of checked bytes"},
		{"github.com/oklog/ulid/v2", []string{"domain", "domain/codec", "engine"}, "ids in order of time"},
		{"github.com/rs/zerolog", []string{"cmd/comity", "api", "api/httpapi", "api/authzen"}, "the operator's log"},
		{"github.com/spf13/cobra", []string{"cmd/comity", "api", "api/httpapi", "api/authzen"}, "subcommands and their help"},
		{"github.com/spf13/pflag", []string{"cmd/comity"}, "the flags of cobra, for their types"},
		{"github.com/prometheus/client_golang", []string{"cmd/comity", "api", "api/httpapi", "api/authzen"}, "metrics"},
		{"go.opentelemetry.io/otel", []string{"cmd/comity", "api", "api/httpapi", "api/authzen"}, "traces"},
		{"golang.org/x/time/rate", []string{"api"}, "how often one caller may ask"},
		{"github.com/coreos/go-oidc/v3", []string{"api/auth"}, "who is asking, proved"},
		{"github.com/RoaringBitmap/roaring/v2", []string{"projections/standing"}, "sets of members, where measured"},

		{"github.com/go-jose/go-jose/v4", nil, "tokens and keys as others write them"},
		{"github.com/stretchr/testify", nil, "require and assert"},
		{"pgregory.net/rapid", nil, "property tests that shrink"},
		{"github.com/rogpeppe/go-internal", nil, "testscript"},
		{"github.com/google/go-cmp", nil, "where a diff is needed"},
		{"github.com/santhosh-tekuri/jsonschema/v6", nil, "schemas as others read them"},
		{"github.com/chromedp/chromedp", nil, "the console in a browser"},
		{"github.com/chromedp/cdproto", nil, "the words of chromedp"},
	},

	// Time is an argument below the engine: an answer must not depend on when
	// it is worked out.
	Timeless: []string{"domain/...", "eventlog/...", "rules/...", "rulesets/...", "projections/...", "decisions/..."},
	Clocked: map[string]string{
		"rules/compile.go":             "how long a hostile ruleset may keep the machine busy; no answer depends on it",
		"rules/load.go":                "as rules/compile.go",
		"rules/workshop/lsp/server.go": "waiting for a pause in typing, and for the editor to be gone; no answer depends on it",
	},
}
