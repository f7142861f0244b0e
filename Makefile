# Every target installs what it needs first. NODE is the one from the npm registry, whatever the machine has.
NODE := ./node_modules/.bin/node
RELEASE ?= trixie
export RELEASE

.PHONY: setup test test-matrix demo bench check build deb clean

setup: ; @scripts/setup
test: setup ; @$(NODE) scripts/test.ts
check: setup ; @$(NODE) scripts/test.ts check
test-matrix: setup
	@for release in bookworm trixie sid; do RELEASE=$$release LAB_WHOLE=1 $(NODE) scripts/test.ts lab || exit 1; done
demo: setup ; @$(NODE) lab/demo.ts
bench: setup ; @for each in bench/*.ts; do $(NODE) $$each || exit 1; done
build: setup ; @npm run --silent build
deb: setup ; @$(NODE) scripts/deb.ts
clean: ; rm -rf dist build out node_modules
