# Every target CI runs can be run here, by the same name.
GO       ?= go
TOOL     := $(GO) tool -modfile=.ci/tools.mod
# A count: with a time, its end itself can fail a target (go.dev/issue/75804).
FUZZTIME ?= 20000x
SEEDS    ?= 200
SOAK     ?= 10m
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
BIN      := bin
PLATFORMS := linux/amd64 linux/arm64 linux/arm/7 windows/amd64
# What of a machine's settings would change a release's bytes.
PINNED := GOFLAGS= GOEXPERIMENT= GOAMD64=v1 GOARM64=v8.0 GOWORK=off
# A release is built without git's word (its state would be in the bytes), so it is told its version.
STAMP  := -X github.com/floormesh/floormesh/node/internal/cli.release=$(VERSION) \
          -X github.com/floormesh/floormesh/sim/internal/cli.release=$(VERSION)

export CGO_ENABLED = 0

.DEFAULT_GOAL := help

.PHONY: help
help: ## list targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## floormesh and floorsim into bin/
	$(GO) build -trimpath -o $(BIN)/ ./node/cmd/floormesh ./sim/cmd/floorsim

.PHONY: run
run: build ## build, then show a mesh of four gateways at work
	$(BIN)/floormesh demo $(DEMO)

.PHONY: test
test: ## unit, scenario, property and command-line tests
	$(GO) test ./...

.PHONY: check
check: vet lint test race fuzz sim ## what CI runs

.PHONY: vet
vet: ## go vet
	$(GO) vet ./...

.PHONY: lint
lint: ## golangci-lint, built from the pinned module
	$(TOOL) golangci-lint run ./...

.PHONY: race
race: ## the tests again under the race detector
	CGO_ENABLED=1 $(GO) test -race -short ./...

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZTIME
	@set -e; for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz' || true); do \
	    echo "$$p $$f"; \
	    $(GO) test $$p -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x; \
	  done; done

.PHONY: sim
sim: ## SEEDS simulated meshes; prints how to replay a failing one
	$(GO) run ./sim/cmd/floorsim check --seeds $(SEEDS)

.PHONY: soak
soak: build ## the long tests: kill real gateways for SOAK, ten thousand seeds, a search for SOAK, twins, real processes beside simulated ones
	FLOORMESH_SOAK=$(SOAK) $(GO) test -timeout 0 -run 'Soak|Kill' ./node/cmd/floormesh
	$(GO) run ./sim/cmd/floorsim check --seeds 10000
	$(GO) run ./sim/cmd/floorsim check --protocol hotstuff --seeds 2000
	$(GO) run ./sim/cmd/floorsim fuzz --for $(SOAK)
	$(GO) run ./sim/cmd/floorsim fuzz --twins --for $(SOAK)
	$(BIN)/floorsim validate processes --processes 4 --duration 10s
	$(BIN)/floorsim validate processes

.PHONY: bench
bench: build ## the table in the README
	$(BIN)/floormesh bench

.PHONY: release
release: ## the same binaries on every machine, for every platform, into bin/release
	@set -e; for p in $(PLATFORMS); do \
	  os=$${p%%/*}; rest=$${p#*/}; arch=$${rest%%/*}; arm=; \
	  case $$rest in */*) arm=$${rest#*/};; esac; \
	  ext=; [ $$os = windows ] && ext=.exe; \
	  for c in node/cmd/floormesh sim/cmd/floorsim; do \
	    out=$(BIN)/release/$$(basename $$c)-$(VERSION)-$$os-$$arch$${arm:+v$$arm}$$ext; \
	    echo $$out; \
	    env $(PINNED) GOOS=$$os GOARCH=$$arch GOARM=$$arm $(GO) build $(RELEASEFLAGS) -trimpath -buildvcs=false \
	      -ldflags '-s -w -buildid= $(STAMP)' -o $$out ./$$c; \
	  done; done
	cd $(BIN)/release && sha256sum floor*-$(VERSION)-* > SHA256SUMS

.PHONY: release-check
release-check: ## that two builds of a release in two places are the same bytes
	.ci/release-check

.PHONY: fmt
fmt: ## format everything
	$(TOOL) golangci-lint fmt ./...

.PHONY: rewrite
rewrite: ## accept changed scenario outputs, then read the diff
	$(GO) list -f '{{range .TestImports}}{{if eq . "github.com/cockroachdb/datadriven"}}{{$$.ImportPath}}{{end}}{{end}}{{range .XTestImports}}{{if eq . "github.com/cockroachdb/datadriven"}}{{$$.ImportPath}}{{end}}{{end}}' ./... \
	  | xargs -r -I{} $(GO) test {} -rewrite
	git diff --stat -- '*testdata*'
