# The targets for developers. make test runs all checks; the others are parts of it, longer runs and tools.
SHELL       := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
GO          ?= go
WASM        := ./memkv/... ./gc/... ./metadata/... ./engine/... ./sim ./sim/study/policy ./sim/study/profile ./sim/study/compare ./wasm/guest

.PHONY: test fmt vet static dead race wasm parity plain mutants mutants-sample web consumer smoke release bench bench-long soak bench-compare figures fuzz lint campaign campaign-processes guidance histories bounds seeds upstream ported versions serve-compare package soak-web prunes image-prunes evictions campaign-speed campaign-long deploy-check bench-web

# Tests print as go test does. At the end, each part or make test counts the tests that did not run: see .ci/testlog.
TESTS  := $(GO) test -json
REPORT := $(GO) run ./.ci/testlog $(if $(TESTLOG),-log $(TESTLOG))

# Each part prints its duration.
test:
	@start=$$SECONDS; \
	export TESTLOG=$$(mktemp); \
	trap 'rm -f $$TESTLOG' EXIT; \
	for part in fmt vet static dead wasm parity plain mutants web consumer race; do \
	  began=$$SECONDS; \
	  $(MAKE) --no-print-directory $$part; \
	  printf -- '--- %-8s %4d s\n' $$part $$((SECONDS-began)); \
	done; \
	printf -- '--- %-8s %4d s\n' all $$((SECONDS-start)); \
	$(GO) run ./.ci/testlog -summary -log $$TESTLOG

fmt:
	@files=$$(gofmt -l $$(git ls-files '*.go' | grep -v /testdata/)); \
	if [ -n "$$files" ]; then echo "not formatted (run gofmt -w):"; echo "$$files"; exit 1; fi

vet:
	@$(GO) vet ./...

static:
	@$(GO) tool staticcheck ./...

# Functions that nothing calls, natively or in the WebAssembly module.
dead:
	@$(TESTS) . -run 'TestNoDeadDeclarations$$' -dead | $(REPORT)

lint: fmt vet static dead

# The packages of the WebAssembly module must compile for it.
wasm:
	@for os in wasip1 js; do GOOS=$$os GOARCH=wasm $(GO) build $(WASM); done

# All packages but SERIAL, which start no goroutines, or whose goroutines other tests cover. `plain` tests these.
SERIAL := . ./gc ./memkv/boltfile ./memkv/internal/bolt ./metadata/schema ./sim/study/policy ./sim/study/recorded
# Of these packages, the race detector runs the tests that start goroutines. `plain` runs all tests.
PARTLY   := ./engine ./memkv ./proptest ./sim ./metadata/graph ./metadata/examine ./wasm/host ./sim/study/compare ./sim/study/tune ./sim/cmd/holdfast
STARTERS := Campaign|Serve|Ctl|Interrupt|Concurrent|Record|ContextEnds|Closed|SameBytes|Stop|Progress|Workers|Verif|InsideUpdate|BatchCombines|Parks
race:
	@$(TESTS) -race -timeout 20m $$(comm -23 <($(GO) list ./... | sort) <($(GO) list $(SERIAL) $(PARTLY) | sort -u)) | $(REPORT)
	@$(TESTS) -race -run '$(STARTERS)' $(PARTLY) | $(REPORT)

# 200,000 random calls through containerd's own package and ours, compared after each call. `race` makes fewer calls.
parity:
	@$(TESTS) -run 'TestParity$$' ./metadata/parity | $(REPORT)

# Packages with tests that the race detector skips, or of which it runs fewer cases: they would take minutes. The
# terminal interface: a library of it races when a program ends.
plain:
	@$(TESTS) $(PLAIN) | $(REPORT)
PLAIN := $(SERIAL) $(PARTLY) ./wasm/host/system ./sim/oracle ./sim/cmd/holdfast/internal/browse

# The property suite must detect each mutant of the project's own code.
mutants:
	@$(GO) run ./proptest/mutants -check

# The npm package and the page, in Node and in Chromium. Root on Debian gets Chromium installed if it is missing.
# BROWSER=0 skips Chromium.
web:
	@wasm/web/test/run.sh

# The packed npm package as people use it: Node, TypeScript, bundlers, a page. Installs the bundlers; takes minutes.
package: web
	@npm --prefix wasm/web run --silent test:package

# The module as a requirement of other modules: go mod tidy and go test for each front door.
consumer:
	@.ci/consumer.sh

# A short check for systems without the other tools: all packages compile, and the command answers.
smoke:
	@$(GO) build ./...
	@$(GO) run ./sim/cmd/holdfast --version
	@$(GO) run ./sim/cmd/holdfast plan metadata/testdata/fixtures/c242-tiny/before.db.gz

# Builds the files of a release in dist/. docs/RELEASING.md has the whole checklist.
release:
	@.ci/release.sh

# parity with new histories, until interrupted or until a history differs.
campaign:
	@$(GO) test -run 'TestParity$$' -timeout 0 ./metadata/parity -parity.for 8760h -parity.first $$(date +%s)

# 100,000 histories for the laws of the property suite, and 10,000 seeds for the simulator.
histories:
	@$(GO) test ./proptest -run 'TestEngine$$' -timeout 0 -proptest.cases 5000

# Counterexamples to the lower bounds of studies: LOADS random loads, each under random policies.
LOADS ?= 5000
bounds:
	@$(GO) test ./sim/study/compare -run 'TestBounds$$' -timeout 0 -v -bounds $(LOADS)

seeds:
	@$(GO) run ./sim/cmd/holdfast sim --seed 700000 --seeds 10000 --ops 500

# Campaigns of "holdfast campaign" with processes that crash, pause and leave, 25 times in each of ROUNDS campaigns.
ROUNDS ?= 10
campaign-processes:
	@$(GO) test ./sim/cmd/holdfast -run 'TestCampaignProcesses$$' -timeout 0 -campaign.rounds $(ROUNDS) -campaign.first $$(date +%s)

# A campaign on a NATS server in a process of its own, which goes away for OUTAGE.
OUTAGE ?= 60s
campaign-long: campaign-processes
	@$(GO) test ./sim/cmd/holdfast -run 'TestCampaignOwnServer$$' -timeout 0 -campaign.outage $(OUTAGE)

# The manifests of sim/deploy, checked by the code of Kubernetes' API server. The first run compiles that for minutes.
deploy-check:
	@$(GO) run -C sim/deploy/testdata/check . $(abspath $(wildcard sim/deploy/*.yaml))

# The cost of a campaign compared with "holdfast sim", and of two worker processes compared with one, in processor and
# wall-clock time. Needs an idle machine with two cores.
SPEED_RUNS  ?= 7
SPEED_SEEDS ?= 4000
campaign-speed:
	@$(GO) test ./sim/cmd/holdfast -run 'TestCampaignSpeed$$' -timeout 0 -v -campaign.speed $(SPEED_RUNS) -campaign.seeds $(SPEED_SEEDS)

# After how many seeds guided campaigns reach rare situations and find injected bugs, compared with uniform ones.
guidance:
	@$(GO) test ./sim/cmd/holdfast/internal/guide -run 'TestGuidance$$' -timeout 0 -guide.campaigns 20 -v

# Benchmarks, saved as one run in the format of Go benchmarks: Holdfast beside containerd's own package, then the
# benchmarks of single packages. BENCH_COUNT repeats the latter, for benchstat. bench-long also measures aged databases
# of 1,000,000 objects; it needs 8 GB.
BENCH_RUN   ?= metadata/bench/history/$(shell date -u +%Y-%m-%d)-$(shell git rev-parse --short HEAD).txt
BENCH_COUNT ?= 1
bench:
	@mkdir -p $(dir $(BENCH_RUN))
	@$(GO) test -C metadata/bench -run 'TestMeasure$$' -timeout 0 -measure $(BENCH_FLAGS) -save $(abspath $(BENCH_RUN)) \
	  -commit $$(git rev-parse --short HEAD) -date $$(date -u +%Y-%m-%d)
	@$(GO) test -run '^$$' -bench . -count $(BENCH_COUNT) ./memkv ./memkv/boltfile ./gc ./engine ./sim/cmd/holdfast ./wasm/host | tee -a $(BENCH_RUN)

bench-long:
	@$(MAKE) --no-print-directory bench BENCH_FLAGS=-long

# The page in Chromium: from the choice of a file to the painted overview, its longest task, and its memory. Appended to
# the run.
bench-web:
	@mkdir -p $(dir $(BENCH_RUN))
	@npm --prefix wasm/web run --silent bench | tee -a $(BENCH_RUN)

# Creates, deletes and collects 10,000 times, and opens a large database in the WebAssembly module 100 times; fails if
# the heap grows. `make test` does the same for seconds.
SOAK_CYCLES ?= 10000
soak:
	@$(GO) test -C metadata/bench -run 'TestSoak$$' -count 1 -v -timeout 0 -cycles $(SOAK_CYCLES) -soak-objects 3000
	@$(GO) test ./wasm/host -run 'TestSoak$$' -count 1 -v -timeout 0 -soak.fixture c242-large

# Opens 100 large databases on the page in Chromium; fails if the browser's memory grows. `make web` opens 6 small ones.
soak-web:
	@npm --prefix wasm/web run --silent soak

# Compares two saved runs, for example: make bench-compare OLD=metadata/bench/history/A.txt
# NEW=metadata/bench/history/B.txt
# With OLD alone, it compares the two implementations of that run.
BENCHSTAT ?= $(GO) run golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da
bench-compare:
	@$(BENCHSTAT) $(if $(NEW),-ignore command$(comma)commit$(comma)date$(comma)go,-col /impl -filter .name:Operation) $(OLD) $(NEW)
comma := ,

# Publishes a saved run: rewrites metadata/bench/figures/measured.go and the generated blocks of the documents.
figures:
	@$(GO) test ./metadata/bench -run 'TestFigures$$' -update -publish $(abspath $(RUN))

# Each native fuzz target in turn.
FUZZTIME ?= 1m
fuzz:
	@for package in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
	    echo "--- $$package $$target"; \
	    $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5s $$package; \
	  done; \
	done

# Generated mutants: a sample of four packages, tested by the package's own tests, and the survivors by all suites. It
# takes hours, and continues where it was stopped. docs/MUTANTS.md has the last results.
SAMPLE     ?= 150
SAMPLE_LOG ?= mutants-sample.jsonl
mutants-sample:
	@$(GO) run ./proptest/mutants/sample -n $(SAMPLE) -log $(SAMPLE_LOG) -suites './...' gc metadata memkv engine

# The findings in containerd, each a test that fails: see docs/upstream/README.md.
upstream:
	@docs/upstream/check.sh

# The tests of bbolt, containerd's metadata package and BuildKit's cache, with Holdfast in their imports. Root runs all
# of BuildKit's. PORTED selects suites: bbolt, metadata, buildkit.
ported:
	@$(GO) run ./.ci/ported $(PORTED)

# Runs seven versions of containerd again on the databases in metadata/testdata/versions.
versions:
	@metadata/testdata/versions/regenerate.sh

# Runs BuildKit's cache manager on random caches again, and the default rules of ten builders; needs root.
prunes:
	@sim/study/policy/testdata/buildkit/regenerate.sh

# Runs docker image prune and nerdctl image prune on random image stores again.
image-prunes:
	@sim/study/policy/testdata/prune/regenerate.sh

# Runs kubelet's image manager and eviction manager on random nodes again.
evictions:
	@sim/study/policy/testdata/kubelet/regenerate.sh

# A served node and containerd's daemon side by side: calls of ctr and nerdctl, the tests of containerd's own client,
# and the durations of calls. Builds the commands, and needs root for the daemon.
CONTAINERD  ?= v2.4.2
SERVE_TESTS ?= ^(TestSideBySide|TestNerdctl|TestClientSuite|TestLatency)$$
serve-compare:
	@bin=$$(mktemp -d); trap 'rm -rf "$$bin"' EXIT; \
	for command in ctr containerd; do \
	  GOBIN=$$bin $(GO) install github.com/containerd/containerd/v2/cmd/$$command@$(CONTAINERD); \
	done; \
	.ci/nerdctl.sh $$bin/nerdctl; \
	CTR=$$bin/ctr NERDCTL=$$bin/nerdctl CONTAINERD=$$bin/containerd $(GO) test -v -count=1 -timeout 30m -tags daemon -run '$(SERVE_TESTS)' ./engine/server
