# The targets a person types. `make test` is the whole check; the rest are longer runs and tools.
SHELL       := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
GO          ?= go
WASM        := ./memkv/... ./gc/... ./metadata/... ./engine/...

.PHONY: test fmt vet static race wasm parity bench fuzz lint campaign versions

# Each part prints how long it took, so that a slow one is seen before it is felt.
test:
	@start=$$SECONDS; \
	for part in fmt vet static wasm parity race; do \
	  began=$$SECONDS; \
	  $(MAKE) --no-print-directory $$part; \
	  printf -- '--- %-8s %4d s\n' $$part $$((SECONDS-began)); \
	done; \
	printf -- '--- %-8s %4d s\n' all $$((SECONDS-start))

fmt:
	@files=$$(gofmt -l $$(git ls-files '*.go' | grep -v /testdata/)); \
	if [ -n "$$files" ]; then echo "not formatted (run gofmt -w):"; echo "$$files"; exit 1; fi

vet:
	@$(GO) vet ./...

static:
	@$(GO) tool staticcheck ./...

lint: fmt vet static

# Everything below the simulator must run where bolt cannot.
wasm:
	@for os in wasip1 js; do GOOS=$$os GOARCH=wasm $(GO) build $(WASM); done

race:
	@$(GO) test -race -timeout 20m ./...
