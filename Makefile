# comity is built and tested with Go alone. Only "make check" wants more: gcc
# for the race detector. Tools are pinned in internal/tools/go.mod.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
# Tests load the law again and again. Collecting less often what that leaves behind saves
# a fifth of their time, and takes memory that is there.
test race mutants: export GOGC ?= 400
# The same cases each time, so that a failure is of the change and not of the draw. New ones
# are drawn by "make check-long", or with RAPID_SEED=0.
test race: export RAPID_SEED ?= 20261123

# Packages in which nothing happens at the same time: the race detector would find
# nothing there, and take ten times as long. Of the commands it looks at the server, and at
# the scripts in which two are at work.
ALONE   := api/openapi|domain|domain/codec|projections/trail|rules/analysis|rules/cases|rules/pages|rules/plan|rules/workshop|rulesets|engine/scenario|internal/arch|internal/bench|internal/bench/peers/workload|internal/demo|internal/generate|internal/golden|internal/svg|cmd/comity
TOOL    := $(GO) tool -modfile=internal/tools/go.mod

.PHONY: help demo test check check-long bench bench-full bench-peers bench-server build clean format vet lint race tidy fuzz mutants licences

help: ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build ## Build comity and let it show itself
	bin/comity demo

test: ## Run all tests (needs no C compiler)
	CGO_ENABLED=0 $(GO) test -timeout 25m ./...

check: format vet lint race tidy fuzz mutants ## Run all that CI runs besides the tests

check-long: mutants ## Simulate and generate twenty times as much, for some twenty minutes (needs gcc)
	CGO_ENABLED=0 COMITY_CASES=20 $(GO) test -timeout 60m ./internal/sim -run 'Seed'
	CGO_ENABLED=0 COMITY_CASES=20 $(GO) test -timeout 60m ./engine -run '^TestNoHalf'
	CGO_ENABLED=0 $(GO) test -timeout 60m ./projections/timeline ./projections/facts -args -rapid.checks=2000
	CGO_ENABLED=0 COMITY_CASES=20 $(GO) test -timeout 60m ./projections/standing ./projections/balance ./projections/trail
	CGO_ENABLED=0 COMITY_CASES=20 $(GO) test -timeout 60m ./cmd/comity -run '^TestReplicas$$'
	CGO_ENABLED=1 $(GO) test -race -timeout 60m ./internal/sim ./engine -run 'Seed|^TestNoHalf|^TestFollow'

bench: ## Run all benchmarks; those of the whole on a small office
	CGO_ENABLED=0 $(GO) test -run '^$$' -bench . -benchmem ./...

bench-full: bin/bench.db ## Run those of the whole on 128,000 members and 5 million events (2.9 GB in bin)
	CGO_ENABLED=0 COMITY_BENCH_LOG=$(CURDIR)/bin/bench.db $(GO) test -timeout 60m -run '^$$' -bench . ./internal/bench

bench-peers: ## Compare comity with other engines on one law, for some 20 minutes, and write docs/performance.md
	$(GO) run ./internal/bench/peers/table -page docs/performance.md

bench-server: build ## Measure comity serve over HTTP on loopback, for some minutes (OPTIONS='-peers -members 128000')
	CGO_ENABLED=0 $(GO) run ./internal/bench/server $(OPTIONS)

bin/bench.db: | build
	bin/comity generate --members 128000 --events 5000000 --seed 1 --database $@

build: ## Build bin/comity
	CGO_ENABLED=0 $(GO) build -buildvcs=false -trimpath -ldflags '-X main.version=$(VERSION)' -o bin/comity ./cmd/comity

licences: ## Write THIRD_PARTY_LICENSES anew, after a dependency came or went
	cd internal/tools && $(GO) run ./licenses ../.. > ../../THIRD_PARTY_LICENSES.new
	mv THIRD_PARTY_LICENSES.new THIRD_PARTY_LICENSES

clean: ## Remove what was built
	rm -rf bin

format: ## Check that all files are as gofmt writes them
	@files="$$(gofmt -l $$($(GO) list -e -f '{{.Dir}}' ./...) | sort -u)"; \
	if [ -n "$$files" ]; then echo "not as gofmt writes them:"; echo "$$files"; exit 1; fi

vet: ## Run go vet
	CGO_ENABLED=0 $(GO) vet ./...

lint: ## Run the linters of .golangci.yaml (the first run builds them, for minutes)
	$(TOOL) golangci-lint run

# No vet here: "make vet" looks at all of it, and would have to anew for another build.
race: ## Run the tests of what is concurrent with the race detector, a fifth of the generated cases each (needs gcc)
	@command -v "$${CC:-gcc}" >/dev/null || { echo "the race detector needs a C compiler, and there is no $${CC:-gcc}: install gcc (Debian: apt-get install gcc libc6-dev)"; exit 1; }
	CGO_ENABLED=1 $(GO) test -vet=off -race -short -timeout 20m $$($(GO) list ./... | grep -vE '/($(ALONE))$$')
	CGO_ENABLED=1 $(GO) test -vet=off -race -short -timeout 10m ./cmd/comity -run '^TestServe|^TestScripts$$|^TestReplicas$$|^TestClusterServe$$|^TestClusterTwoRecord$$'

tidy: ## Check that go.mod lists what is needed and no more
	$(GO) mod tidy -diff

fuzz: ## Fuzz for a minute, shared among all fuzz tests
	CGO_ENABLED=0 GO='$(GO)' internal/tools/fuzz.sh 60 90

mutants: ## Plant every fault and check that a test notices
	CGO_ENABLED=0 $(GO) vet -tags mutants ./internal/mutant ./internal/sim
	CGO_ENABLED=0 $(GO) test -vet=off -tags mutants -timeout 20m ./internal/sim -run '^TestMutants$$' -v
