# comity is built and tested with Go alone. Only "make check" wants more: gcc
# for the race detector. Tools are pinned in internal/tools/go.mod.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
TOOL    := $(GO) tool -modfile=internal/tools/go.mod

.PHONY: help demo test check check-long bench bench-full build clean format vet lint race tidy fuzz mutants

help: ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build ## Build comity and let it show itself
	bin/comity demo

test: ## Run all tests (needs no C compiler)
	CGO_ENABLED=0 $(GO) test ./...

check: format vet lint race tidy fuzz mutants ## Run all that CI runs besides the tests

check-long: mutants ## Simulate and generate twenty times as much, for some twenty minutes (needs gcc)
	CGO_ENABLED=0 COMITY_CASES=20 $(GO) test -timeout 60m ./internal/sim -run 'Seed'
	CGO_ENABLED=0 COMITY_CASES=20 $(GO) test -timeout 60m ./engine -run '^TestNoHalf'
	CGO_ENABLED=0 $(GO) test -timeout 60m ./projections/timeline ./projections/facts -args -rapid.checks=2000
	CGO_ENABLED=0 COMITY_CASES=20 $(GO) test -timeout 60m ./projections/standing ./projections/balance ./projections/trail
	CGO_ENABLED=1 $(GO) test -race -timeout 60m ./internal/sim ./engine -run 'Seed|^TestNoHalf|^TestFollow'

bench: ## Run all benchmarks; those of the whole on a small office
	CGO_ENABLED=0 $(GO) test -run '^$$' -bench . -benchmem ./...

bench-full: bin/bench.db ## Run those of the whole on 128,000 members and 5 million events (2.9 GB in bin)
	CGO_ENABLED=0 COMITY_BENCH_LOG=$(CURDIR)/bin/bench.db $(GO) test -timeout 60m -run '^$$' -bench . ./internal/bench

bin/bench.db: | build
	bin/comity generate --members 128000 --events 5000000 --seed 1 --database $@

build: ## Build bin/comity
	CGO_ENABLED=0 $(GO) build -buildvcs=false -trimpath -ldflags '-X main.version=$(VERSION)' -o bin/comity ./cmd/comity

clean: ## Remove what was built
	rm -rf bin

format: ## Check that all files are as gofmt writes them
	@files="$$(gofmt -l $$($(GO) list -e -f '{{.Dir}}' ./...) | sort -u)"; \
	if [ -n "$$files" ]; then echo "not as gofmt writes them:"; echo "$$files"; exit 1; fi

vet: ## Run go vet
	CGO_ENABLED=0 $(GO) vet ./...

lint: ## Run the linters of .golangci.yaml (the first run builds them, for minutes)
	$(TOOL) golangci-lint run

race: ## Run all tests with the race detector, a fifth of the generated cases each (needs gcc)
	@command -v "$${CC:-gcc}" >/dev/null || { echo "the race detector needs a C compiler, and there is no $${CC:-gcc}: install gcc (Debian: apt-get install gcc libc6-dev)"; exit 1; }
	CGO_ENABLED=1 $(GO) test -race -short -timeout 20m ./...

tidy: ## Check that go.mod lists what is needed and no more
	$(GO) mod tidy -diff

fuzz: ## Fuzz for a minute, shared among all fuzz tests
	CGO_ENABLED=0 GO='$(GO)' internal/tools/fuzz.sh 60 90

mutants: ## Plant every fault and check that a test notices
	CGO_ENABLED=0 $(GO) vet -tags mutants ./internal/mutant ./internal/sim
	CGO_ENABLED=0 $(GO) test -tags mutants -timeout 20m ./internal/sim -run '^TestMutants$$' -v
