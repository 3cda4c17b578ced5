# make lab: open the lessons.  make test: run every test.  make help: all targets.
PYTHON ?= python3
PIP_FLAGS ?=
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
PYTHON := python
else
BIN := $(VENV)/bin
endif

.DEFAULT_GOAL := help
.PHONY: help lab test notebooks bench corpus model results site slides assignments clean picture images

help:  ## list the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-11s %s\n", $$1, $$2}'

lab: $(VENV)/lab-installed  ## install what the lessons need (once) and open JupyterLab on notebooks/
	$(BIN)/jupyter trust notebooks/*.ipynb notebooks/solutions/*.ipynb >/dev/null
	$(BIN)/jupyter lab notebooks

test: $(VENV)/test-installed  ## install what the tests need (once) and run them all: library and notebooks
	$(BIN)/ruff check .
	$(BIN)/python -m pytest

notebooks: $(VENV)/test-installed  ## run every notebook from a clean kernel and save it in place, with clean metadata
	$(BIN)/python tests/run_notebooks.py

bench: $(VENV)/test-installed  ## print what is claimed about speed, memory and quality (some minutes)
	for bench in tests/benchmarks/bench_*.py; do $(BIN)/python $$bench || exit 1; done

corpus: $(VENV)/lab-installed  ## make data/eng-fra.tsv and data/eng-zho.tsv anew (a minute)
	$(BIN)/python data/make_corpus.py

model: $(VENV)/lab-installed  ## train the models in data/models/ anew (about 20 minutes on 2 cores)
	$(BIN)/python data/make_models.py

results: $(VENV)/lab-installed  ## compare the two designs of lesson 08 anew: data/results/ (about 15 minutes on 2 cores)
	$(BIN)/python data/make_designs.py

site: $(VENV)/test-installed  ## make pages of the lessons, to be read without Python: build/site/index.html
	$(BIN)/python classroom/make_site.py

slides: $(VENV)/test-installed  ## make slides of the lessons (needs npm once): build/slides/index.html
	$(BIN)/python classroom/make_slides.py

assignments: $(VENV)/test-installed  ## make the exercises into assignments for nbgrader: build/assignments
	$(BIN)/python classroom/make_assignments.py

picture: $(VENV)/test-installed  ## make the picture of the README anew, from lesson 00 in JupyterLab (needs Chromium)
	$(BIN)/python classroom/make_picture.py

images: $(VENV)/lab-installed  ## make the pictures in the text of the lessons anew: notebooks/images
	$(BIN)/python classroom/make_images.py

clean:  ## remove the environment, what was built, and all caches
	rm -rf $(VENV) build .pytest_cache .ruff_cache *.egg-info

$(VENV)/lab-installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; try: make lab PYTHON=python3.12")'
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_FLAGS) -r requirements.txt
	touch $@

$(VENV)/test-installed: $(VENV)/lab-installed requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_FLAGS) -r requirements-dev.txt
	touch $@
