# The commands of the README. `make demo` and `make test` make what they need by themselves: the first time that takes
# some minutes, after that it is quick.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# One stamp per content of pyproject.toml: when that changes, the packages are installed again.
SUM    := $(shell sha256sum pyproject.toml | cut -c1-16)
STAMP  := $(VENV)/installed-$(SUM)
PEERS  := .venv-peers

DEMO_DATA ?= data/demo
PORT      ?= 8080

.PHONY: help demo test test-scale check lint bench bench-peers docs requirements pictures clean

help:  ## Show these commands.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(STAMP)  ## Start the service with a sample news site, a month of votes and live readers. Ctrl-C ends it.
	@exec $(BIN)/feedback demo --data $(DEMO_DATA) --port $(PORT)

test: $(STAMP) debian lint  ## Lint, then all tests: units, laws, integration with a real Kafka, faults, browser.
	$(BIN)/pytest -n 2 --dist loadfile

test-scale: $(STAMP) debian  ## The fault tests in full: workers, Kafka and PostgreSQL come and go for a quarter of an hour.
	FEEDBACK_TEST_SCALE=full $(BIN)/pytest -s tests/fault/test_movement.py tests/fault/test_kill_worker.py tests/property/test_histories.py

check: $(STAMP) debian lint  ## Everything that a change must pass.
	$(BIN)/mypy
	$(BIN)/pytest -n 2 --dist loadfile

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

bench: $(STAMP)  ## Run every benchmark and print one table.
	$(BIN)/python -m benchmarks

bench-peers: $(STAMP) $(PEERS)/installed-$(SUM)  ## Measure the worker beside Bytewax, Quix and stock Faust, on a real Kafka.
	$(BIN)/python -m benchmarks.peers

docs: $(STAMP)  ## Write the generated pages of docs/reference anew.
	$(BIN)/python -m feedback_analytics.cli.reference docs/reference
	cp src/feedback_analytics/analytics/guide.txt docs/guides/how-to-read-these-numbers.md

requirements:  ## Pin anew what goes into the image: the newest releases that pyproject.toml allows.
	rm -rf $(VENV)-image && $(PYTHON) -m venv $(VENV)-image
	$(VENV)-image/bin/pip install --quiet --disable-pip-version-check .
	(echo '# What goes into the image, to the version: made by `make requirements`.'; \
	    $(VENV)-image/bin/pip freeze --all --exclude pip --exclude feedback-analytics) > deploy/requirements.txt
	rm -rf $(VENV)-image

pictures: $(STAMP) debian  ## Take the pictures of the guides anew.
	-$(BIN)/pytest -q tests/browser/test_dashboard.py -k test_pictures_of_the_guide
	mkdir -p docs/guides/pictures
	for picture in test-artifacts/dashboard/guide-*.png; do \
	    cp $$picture docs/guides/pictures/$${picture##*/guide-}; done

.PHONY: debian
debian:
	@tools/install-debian-packages

$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	rm -f $(VENV)/installed-*
	touch $@

# Dependency groups want a newer pip than Python 3.11 brings.
$(PEERS)/installed-$(SUM): pyproject.toml
	test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/pip install --quiet --disable-pip-version-check 'pip>=25.1'
	$(PEERS)/bin/pip install --quiet --disable-pip-version-check --group peers
	rm -f $(PEERS)/installed-*
	touch $@

clean:  ## Remove the environments and what tools have left.
	rm -rf $(VENV) $(PEERS) build dist .pytest_cache .mypy_cache .ruff_cache test-artifacts
