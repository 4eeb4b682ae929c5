# The commands of the project. `make run` and `make test` need Python 3.11 or newer and nothing else.

PYTHON ?= python3
PROFILE ?= rokusho
PORT ?= 8000
export PROFILE PORT

# Prepares .venv from the lock and becomes its Python; a signal to make reaches the command itself.
IN_VENV = @$(PYTHON) privacy_portal/development/bootstrap.py

CUSTOMERS ?= 1000000
REQUESTS ?= 200000
SIZE = --customers $(CUSTOMERS) --requests $(REQUESTS)

.PHONY: help run test week lint bench bench-data format messages letter-pictures lock clean python

help:
	@echo "make run [PROFILE=rokusho] [PORT=8000]   the running product, with sample data"
	@echo "make test                                every test"
	@echo "make week                                a week of 5,000 customers, and the months after it, in minutes"
	@echo "make lint                                style, types, architecture, settings, translations"
	@echo "make bench                                every measurement of docs/benchmarks.md (half an hour)"
	@echo "make bench-data [CUSTOMERS=1000000]      the database of the benchmarks, kept between runs"
	@echo "make format                              put code into the agreed style"
	@echo "make messages                            collect the texts to translate"
	@echo "make letter-pictures                     keep how the letters look now, after looking at what differs"
	@echo "make lock                                lock the dependencies anew (needs uv)"
	@echo "make clean                               remove everything that run and test made"

python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed; install python3." >&2; exit 1; }

run: python
	$(IN_VENV) -m privacy_portal.development.run

test: python
	$(IN_VENV) -m pytest -n 2 --dist worksteal

# WEEK_SEED=2 make week is another week.
week: export WEEK_CUSTOMERS ?= 5000
week: export WEEK_REQUESTS ?= 400
week: python
	$(IN_VENV) -m pytest -s -q -n 0 tests/week

lint: python
	$(IN_VENV) -m privacy_portal.development.lint

bench: bench-data
	$(IN_VENV) -m benchmarks.queue $(SIZE)
	$(IN_VENV) -m benchmarks.portal $(SIZE)
	$(IN_VENV) -m benchmarks.web $(SIZE)
	@for job in gate sweep audit package mail import; do \
		$(PYTHON) privacy_portal/development/bootstrap.py -m benchmarks.work $$job $(SIZE) $(if $(ROWS),--rows $(ROWS)) || exit 1; \
	done

bench-data: python
	$(IN_VENV) -m benchmarks.data $(SIZE)

format: python
	$(IN_VENV) -m ruff format .

messages: python
	$(IN_VENV) -m privacy_portal.development.translations update

letter-pictures: export RENEW_PICTURES = 1
letter-pictures: python
	$(IN_VENV) -m pytest -n 0 -q tests/requests_app/test_letter_pictures.py

# No index host is written into the files: pip asks whatever index its user has configured.
LOCKED = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" pyproject.toml

lock:
	@command -v uv >/dev/null || { echo "uv is needed to lock the dependencies; install it (https://docs.astral.sh/uv/)." >&2; exit 1; }
	$(LOCKED) --output-file deploy/requirements.txt
	$(LOCKED) --extra s3 --output-file deploy/requirements-s3.txt
	$(LOCKED) --extra dev --output-file deploy/requirements-dev.txt

clean: python
	@$(PYTHON) privacy_portal/development/clean.py
