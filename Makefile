# `make` lists the targets. Everything needs Go; what else a target needs, it fetches or says.

# The ZooKeeper that tests run against unless ZOOKEEPER_VERSION, ZOOKEEPER_PATH or ZOOKEEPER_CLASSPATH name another.
ZOOKEEPER_PIN := $(shell cat zktest/scripts/zookeeper.version)

# The oldest that `make test` tests, and all that `make matrix` does: the last patch of each release, as far as Maven has it.
ZOOKEEPER_OLDEST := 3.4.14
VERSIONS ?= 3.3.6 $(ZOOKEEPER_OLDEST) 3.5.10 3.6.4 3.7.2 3.8.6 $(ZOOKEEPER_PIN)

# Modules of their own, so that what they need is not a dependency of the client.
MODULES := $(patsubst %/go.mod,%,$(wildcard internal/lint/go.mod zktest/interop/go.mod zk/gssapi/go.mod docs/bench/go.mod docs/examples/*/go.mod))

TEST     := go test -race -timeout 15m
BENCH    ?= .
SEEDS    ?= 20000
SIM      ?= ^TestSimLock$$
SCRIPTS  ?= 10000
FUZZTIME ?= 10m

.DEFAULT_GOAL := help
.PHONY: help demo test real matrix differential mutants lint zookeeper bench microbench fuzz sim determinism generate clean

help: ## Lists the targets.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: ## Shows the client at work, on the in-process server; ZK=host:port for a real one.
	go run ./docs/examples/demo

test: zookeeper ## Runs every test, race detector on, real ZooKeeper included; in a short form also on the oldest one.
	$(TEST) ./...
	TESTS='^TestReal(Ensemble|Standalone|SASLOfAServerWithout)$$' zktest/scripts/matrix.sh $(ZOOKEEPER_OLDEST)
	@set -e; for module in $(MODULES); do echo "$(TEST) ./...  # in $$module"; (cd $$module && $(TEST) ./...); done

real: zookeeper ## Runs only the tests against real ZooKeeper servers: those named TestReal...
	$(TEST) -run '^TestReal' ./...

matrix: ## Runs them on every release of ZooKeeper, 3.3 to 3.9, and shows a table; VERSIONS="3.6.4 3.9.5" for others.
	zktest/scripts/matrix.sh $(VERSIONS)

differential: zookeeper ## Plays SCRIPTS (default 10000) new random scripts to a real ZooKeeper and to the in-process one.
	GAZOO_DIFF_SCRIPTS=$(SCRIPTS) go test -timeout 0 -count 1 -v -run '^TestRealDifferential' ./zktest/differential

mutants: ## Hunts for the seeded bugs of zktest/mutants; MUTANTS="-only no-guid" or other flags. Takes a while.
	go run ./zktest/mutants/hunt $(MUTANTS)

lint: ## Checks format, go vet, staticcheck, and the project's own analyzers.
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "gofmt is needed by:"; echo "$$unformatted"; exit 1; }
	go vet ./...
	@set -e; for module in $(MODULES); do echo "go vet ./...  # in $$module"; (cd $$module && go vet ./...); done
	internal/lint/run.sh

zookeeper: ## Fetches ZooKeeper into the user's cache, once; ZOOKEEPER_VERSION=3.x.y for another.
	@zktest/scripts/fetch-zookeeper.sh >/dev/null

bench: zookeeper ## Measures gazoo beside other clients; BENCH=regexp selects, PLOTS=directory keeps table and plots.
	cd docs/bench && go run . -run '$(BENCH)' $(if $(PLOTS),-plots '$(abspath $(PLOTS))')

microbench: ## Runs the benchmarks of single packages; BENCH=regexp selects.
	go test -run '^$$' -bench '$(BENCH)' -benchmem ./...

fuzz: ## Runs every fuzz target for FUZZTIME each (default 10m).
	@set -e; listed=$$(go test -list '^Fuzz' ./...); \
	echo "$$listed" | awk '/^Fuzz/ { names = names " " $$1 } \
		/^ok/ { n = split(names, name, " "); for (i = 1; i <= n; i++) print $$2, name[i]; names = "" }' | \
	while read -r package target; do \
		echo "== $$package $$target for $(FUZZTIME)"; \
		go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$package" </dev/null; \
	done

sim: ## Runs the standard simulation with SEEDS seeds (default 20000), in two processes; SIM=regexp for others.
	ZKSIM_SEEDS=$(SEEDS) ZKSIM_JOBS=2 go test -timeout 0 -v -run '$(SIM)' ./recipes

determinism: ## Runs SEEDS seeds in every way there is, and compares the trace hashes.
	zktest/scripts/determinism.sh $(SEEDS)

generate: ## Generates code anew.
	go generate ./...

clean: ## Removes what building and testing left in the tree. The ZooKeeper cache stays.
	rm -rf bin
	find . -name '*.test' -type f -delete -o -name '*.prof' -type f -delete -o -name '*.out' -type f -delete
	go clean -testcache
