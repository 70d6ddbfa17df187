# make check is what CI runs on every change (.ci/run adds the Debian packages
# before it, and the end-to-end tests after it).
#
# Linters, k6 and Helm are built from their sources at the versions below, into .tools.

GOLANGCI_LINT_VERSION := v2.15.0
ACTIONLINT_VERSION    := v1.7.12
K6_VERSION            := v1.8.1
HELM3_VERSION         := v3.22.0
HELM4_VERSION         := v4.3.1

TOOLS         := $(CURDIR)/.tools
GOLANGCI_LINT := $(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION)/golangci-lint
ACTIONLINT    := $(TOOLS)/actionlint-$(ACTIONLINT_VERSION)/actionlint
K6            := $(TOOLS)/k6-$(K6_VERSION)/k6
HELM3         := $(TOOLS)/helm-$(HELM3_VERSION)/helm-3
HELM4         := $(TOOLS)/helm-$(HELM4_VERSION)/helm-4

FUZZTIME ?= 20s

# Bash scripts of the repository, found by their first line.
SCRIPTS = $(shell git grep --untracked -lE '^\#!.*\b(ba)?sh$$' -- . ':!*.md' ':!**/testdata/**')

.PHONY: build test race lint format tidy vet golangci actionlint shellcheck example check e2e e2e-github fuzz bench generate release clean help

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sort | sed -E 's/:.*## /\t/' | expand -t 14

build: ## bin/chart-matrix, static
	CGO_ENABLED=0 go build -trimpath -o bin/chart-matrix ./cmd/chart-matrix

test: ## all tests
	go test ./...

race: ## all tests with the race detector
	go test -race ./...

lint: format tidy vet golangci actionlint shellcheck ## everything that reads and does not run

format:
	@unformatted=$$(git ls-files -z --cached --others --exclude-standard '*.go' | xargs -0 -r gofmt -l); \
	if [ -n "$$unformatted" ]; then echo "not formatted; run gofmt -w on:" $$unformatted >&2; exit 1; fi

tidy:
	@go mod tidy -diff || { echo "go.mod is not tidy; run go mod tidy" >&2; exit 1; }

vet:
	go vet ./...
	go vet -tags e2e ./e2e/...

golangci: $(GOLANGCI_LINT)
	$(GOLANGCI_LINT) run

actionlint: $(ACTIONLINT)
	$(ACTIONLINT)

shellcheck:
	@command -v shellcheck >/dev/null || { echo "shellcheck is missing; on Debian: apt-get install shellcheck" >&2; exit 1; }
	shellcheck $(SCRIPTS)

example: build ## the main job on examples/, and whether its answer is right
	.ci/example bin/chart-matrix

check: lint race build example ## what CI runs

e2e: $(K6) $(HELM3) $(HELM4) ## the end-to-end tests on clusters; they need Docker and kind
	PATH="$(dir $(K6)):$(dir $(HELM3)):$(dir $(HELM4)):$$PATH" go test -count=1 -timeout 75m -tags e2e -v ./e2e/

e2e-github: ## the end-to-end tests of GitHub, played by act; they need Node.js and npm
	go test -count=1 -timeout 20m -tags e2e -v ./e2e/github/

fuzz: ## every fuzz test for FUZZTIME (20s)
	.ci/fuzz $(FUZZTIME)

bench: ## every benchmark
	go test -run '^$$' -bench . -benchmem ./...

generate: ## what generators write: Kubernetes data, schemas
	go generate ./...

release: ## what a release consists of, in bin/release; VERSION=v1.2.3
	.ci/release "$(VERSION)" bin/release

clean: ## what the other targets made
	rm -rf bin .tools

$(GOLANGCI_LINT):
	GOBIN=$(@D) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)

$(ACTIONLINT):
	GOBIN=$(@D) go install github.com/rhysd/actionlint/cmd/actionlint@$(ACTIONLINT_VERSION)

$(K6):
	GOBIN=$(@D) go install go.k6.io/k6@$(K6_VERSION)

$(HELM3):
	GOBIN=$(@D) go install helm.sh/helm/v3/cmd/helm@$(HELM3_VERSION)
	mv $(@D)/helm $@

$(HELM4):
	GOBIN=$(@D) go install helm.sh/helm/v4/cmd/helm@$(HELM4_VERSION)
	mv $(@D)/helm $@
