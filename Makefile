# make lab: open the lessons.  make test: run every test.  make help: all targets.
PYTHON ?= python3
PIP_FLAGS ?=
BENCH ?= *
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
PYTHON := python
else
BIN := $(VENV)/bin
endif

# What takes a processor's newer instructions away, so that it computes as an ordinary laptop does (AVX2).
ORDINARY := ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 MKL_ENABLE_INSTRUCTIONS=AVX2
# Tests run side by side, each notebook and each file in one process, on one thread each (tests/conftest.py sees to it).
SIDE_BY_SIDE := -n auto --maxprocesses=4 --dist loadfile
# The tests of the library itself, which need no browser, no npm and not the whole corpus.
LIBRARY := tests -m "not browser and not site and not assignments and not corpus"

.DEFAULT_GOAL := help
.PHONY: help lab test test-fast test-ordinary notebooks bench bench-ordinary corpus font model experiments site slides assignments clean picture images curve cases minutes

help:  ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-15s %s\n", $$1, $$2}'

lab: $(VENV)/lab-installed  ## install what the lessons need (once) and open JupyterLab on notebooks/
	$(BIN)/jupyter trust notebooks/*.ipynb notebooks/solutions/*.ipynb >/dev/null
	$(BIN)/jupyter lab notebooks

test: $(VENV)/test-installed  ## install what the tests need (once) and run them all: library and notebooks
	$(BIN)/ruff check .
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "not timed"
	$(BIN)/python -m pytest -m timed tests

test-fast: $(VENV)/test-installed  ## run the tests of the library only (a minute or two)
	$(BIN)/ruff check .
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) $(LIBRARY)

test-ordinary: $(VENV)/test-installed  ## the tests of the library and the lessons that train, on an ordinary processor
	$(ORDINARY) $(BIN)/python -m pytest $(SIDE_BY_SIDE) $(LIBRARY) notebooks/05_training.ipynb notebooks/08_translator.ipynb

notebooks: $(VENV)/test-installed  ## run every notebook from a clean kernel and save it in place, with clean metadata
	$(BIN)/python tests/run_notebooks.py

bench: $(VENV)/test-installed  ## print what is claimed about speed, memory and quality; one of them: make bench BENCH=speed
	for bench in tests/benchmarks/bench_$(BENCH).py; do $(BIN)/python $$bench || exit 1; done

bench-ordinary: $(VENV)/test-installed  ## the same without the processor's newer instructions
	for bench in tests/benchmarks/bench_$(BENCH).py; do $(ORDINARY) $(BIN)/python $$bench || exit 1; done

corpus: $(VENV)/lab-installed  ## make data/eng-fra.tsv and data/eng-zho.tsv anew (a minute)
	$(BIN)/python data/make_corpus.py

model: $(VENV)/lab-installed  ## train the models in data/models/ anew (40 minutes on two newer cores, two hours on older ones)
	$(BIN)/python data/make_models.py

curve: $(VENV)/lab-installed  ## lesson 08's training on ever more sentences: data/results/ (10 minutes on two newer cores)
	$(BIN)/python data/make_curve.py

experiments: $(VENV)/lab-installed  ## run the experiments of part two: data/results/ (two hours on two cores; what is there stays)
	$(BIN)/python data/make_experiments.py

cases: $(VENV)/lab-installed  ## run lesson 09's cases for its case file anew: data/results/ (2 minutes)
	$(BIN)/python data/make_cases.py

font: $(VENV)/lab-installed  ## make the font for Chinese in figures anew, from an installed Noto Sans CJK
	$(BIN)/python data/make_font.py

site: $(VENV)/test-installed  ## make pages of the lessons, to be read without Python: build/site/index.html
	$(BIN)/python classroom/make_site.py

slides: $(VENV)/test-installed  ## make slides of the lessons (needs npm once): build/slides/index.html
	$(BIN)/python classroom/make_slides.py

assignments: $(VENV)/test-installed  ## make the exercises into assignments for nbgrader: build/assignments
	$(BIN)/python classroom/make_assignments.py

minutes: $(VENV)/lab-installed  ## how long each lesson takes in class, by one rule
	$(BIN)/python classroom/minutes.py

picture: $(VENV)/test-installed  ## make the picture of the README anew, from lesson 00 in JupyterLab (needs Chromium)
	$(BIN)/python classroom/make_picture.py

images: $(VENV)/lab-installed  ## make the pictures in the text of the lessons anew: notebooks/images
	$(BIN)/python classroom/make_images.py

clean:  ## remove the environment, what was built, and all caches
	@if [ -e build/assignments/submitted ]; then echo "build/assignments holds submissions, which would be lost: move them"; exit 1; fi
	rm -rf $(VENV) build .pytest_cache .ruff_cache *.egg-info

$(VENV)/lab-installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 15) else "Python 3.11 to 3.14 is needed; try: make lab PYTHON=python3.12")'
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_FLAGS) -r requirements.txt
	touch $@

$(VENV)/test-installed: $(VENV)/lab-installed requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_FLAGS) -r requirements-dev.txt
	touch $@
