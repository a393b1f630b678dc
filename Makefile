# `make` alone lists what there is. Nothing to set up but Node >= 20 and make itself.
.DEFAULT_GOAL := help
.PHONY: help dev page screenshots build build-bench test test-real test-deploy check module-release executables installers bench bench-network clean

export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

dev: build ## Start the local cloud and serve examples/quickstart; prints a curl line
	node dist/livectl.mjs serve --local --root examples/quickstart

page: build ## Serve the inspector's page with generated data, to work on it; prints its URL as JSON
	esbuild cli/test/inspector/fake-serve-program.ts --bundle --platform=node --format=esm --log-level=warning --outfile=dist/fake-serve.mjs
	@node dist/fake-serve.mjs

screenshots: build test-real/node_modules/.package-lock.json ## Write the pictures of docs/inspector.md
	LIVECTL_SCREENSHOTS=docs/images vitest run --config vitest.real.config.ts cli/test/inspector/screenshots

build: node_modules/.package-lock.json ## Install what is missing and build dist/
	node scripts/build.mjs

# With what only a bench needs.
build-bench: node_modules/.package-lock.json
	node scripts/build.mjs --bench

test: build $(if $(CI),examples/cdktf/node_modules/.package-lock.json) ## Build and run all tests
	vitest run

test-real: build-bench test-real/node_modules/.package-lock.json release/node_modules/.package-lock.json ## Compare with AWS's own runtime clients and other real programs
	vitest run --config vitest.real.config.ts

test-deploy: build ## Apply, serve, invoke and destroy the quickstart in the AWS account (or emulator) you point at
	node scripts/test-deploy.mjs

check: build ## Types, linter, format, stale built files
	tsc --noEmit
	tsc --noEmit --project inspector
	biome check --error-on-warnings .
	node scripts/check.mjs

module-release: build ## Write the module as a repository for the registry, with its tag: OUT=folder VERSION=0.2.0
	@node scripts/module-release.mjs

executables: build release/node_modules/.package-lock.json ## Write livectl as single executables, their archives and SHA256SUMS into release/out/
	node release/executables.mjs

# Of what is in release/out/: after make executables on macOS, which signs.
installers: ## Write install.sh and the Homebrew formula: BASE_URL=where the archives will be HOMEPAGE=page
	node release/installers.mjs $(if $(BASE_URL),--base-url $(BASE_URL)) $(if $(HOMEPAGE),--homepage $(HOMEPAGE))

bench: build-bench bench/node_modules/.package-lock.json ## Measure speed, write docs/benchmarks.md
	node dist/bench.mjs

bench-network: build-bench ## Measure on a line of its own (Linux), write docs/benchmarks-network.md; a second run goes on
	node dist/bench.mjs network

clean: ## Remove everything built or installed
	rm -rf dist node_modules bench/node_modules examples/cdktf/node_modules test-real/node_modules release/node_modules release/out coverage

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --no-audit --no-fund
	@touch $@

# What livectl is compared with: only a bench needs it.
bench/node_modules/.package-lock.json: bench/package.json bench/package-lock.json
	npm ci --prefix bench --ignore-scripts --no-audit --no-fund
	@touch $@

# AWS's runtime clients have native parts: a C++ compiler, make, cmake, autoconf, automake and libtool build them.
test-real/node_modules/.package-lock.json: test-real/package.json test-real/package-lock.json
	npm ci --prefix test-real --no-audit --no-fund
	@touch $@

# The Node.js of five platforms, 260 MB to download; --force, since npm refuses packages of other platforms.
release/node_modules/.package-lock.json: release/package.json release/package-lock.json
	npm ci --prefix release --force --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# The bindings of the provider: 360 MB, for the test of one example. Its livectl is a copy of what has been built.
examples/cdktf/node_modules/.package-lock.json: examples/cdktf/package.json examples/cdktf/package-lock.json
	npm ci --prefix examples/cdktf --ignore-scripts --no-audit --no-fund
	@touch $@
