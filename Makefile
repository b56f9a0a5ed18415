# Python and make are all it takes; everything else goes into .venv.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
SERVICE := /opt/edge-classify
UNITS := /etc/systemd/system
override DESTDIR := $(abspath $(DESTDIR))
SETTINGS := $(DESTDIR)/etc/edge-classify
INPUTS := pyproject.toml constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test e2e check format camera-test service-test fleet-test ship measure harden install-service service-files clean

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/base ## classify drawn garments: no camera, no data set; writes demo.png
	$(BIN)/edge-classify --source demo --picture demo.png
	@echo "look at demo.png: each frame, what the network saw of it, and how sure it was"

test: $(VENV)/dev ## run the tests, but for the long ones of whole commands
	$(BIN)/python -m pytest -n 2 --dist loadfile -m 'not e2e'

e2e: $(VENV)/dev ## run the long ones: trainings, exports, attacks, signals, a broker and a browser where there are any
	$(BIN)/python -m pytest -n 2 --dist worksteal -m e2e

check: $(VENV)/dev ## format, lint, types, spelling
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/codespell

format: $(VENV)/dev ## put the code in the house's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

ARCH := amd64

camera-test: $(VENV)/base ## the runner on a real camera, in a virtual machine that plugs it in and out; ARCH=arm64
	PYTHONPATH=. $(BIN)/python tests/lab/camera.py --arch $(ARCH)

service-test: $(VENV)/base ## the service under a systemd of its own (as root)
	PYTHONPATH=. $(BIN)/python tests/lab/service.py

fleet-test: $(VENV)/dev ## twenty runners on one broker, and staged updates of their model
	PYTHONPATH=. $(BIN)/python tests/lab/fleet.py --out docs/measured/fleet.json
	$(BIN)/python docs/render.py

ship: $(VENV)/dev ## train the networks that ship; hours on a CPU
	$(BIN)/python docs/ship.py

measure: $(VENV)/dev ## export, run and benchmark them for real; renders the figures of README and docs
	$(BIN)/python docs/measure.py
	$(BIN)/python docs/render.py

ATTACKS := models checks frames network_abuse power
# What the platforms' kit printed on other machines, e.g. make harden MACHINES='pi4.json pi5.json'.
MACHINES ?=

harden: $(VENV)/dev ## attack all of it and count what it survived; hours, the last of them an hour's soak
	for name in $(ATTACKS); do $(BIN)/python -m tests.hardening $$name --out docs/measured/hardening_$$name.json || exit; done
	$(if $(MACHINES),$(BIN)/python -m tests.hardening platforms --merge $(MACHINES) --python $(BIN)/python --out docs/measured/hardening_platforms.json,@echo 'where it runs: left as it is, for MACHINES names no other machine')
	$(BIN)/python -m tests.hardening soak --simulated-days 1 --out docs/measured/hardening_soak_simulated_day.json
	$(BIN)/python -m tests.hardening soak --demo-frames 1000000 --out docs/measured/hardening_soak_long_run.json
	$(BIN)/python -m tests.hardening soak --duration 3600 --out docs/measured/hardening_soak.json
	$(BIN)/python docs/render.py

# Programs and compiled files name the folder that they were installed in: name the one that they will run in.
define move_service
grep --recursive --files-with-matches --binary-files=without-match --null --fixed-strings $(DESTDIR) $(DESTDIR)$(SERVICE)/bin $(DESTDIR)$(SERVICE)/pyvenv.cfg | xargs --null sed --in-place 's|$(DESTDIR)||g'
	find $(DESTDIR)$(SERVICE) -name __pycache__ -prune -exec rm --recursive {} +
	-$(DESTDIR)$(SERVICE)/bin/python -I -B -m compileall -q -f -s $(DESTDIR) -p/ $(DESTDIR)$(SERVICE)/lib
endef

# DESTDIR puts all of it into a folder, as packagers want it; EXTRAS=web,mqtt installs those extras too.
install-service: ## install it for systemd (as root): /opt/edge-classify, the unit and /etc/edge-classify
	$(PYTHON) -m venv $(DESTDIR)$(SERVICE)
	$(DESTDIR)$(SERVICE)/bin/python -m pip --disable-pip-version-check --quiet install --constraint constraints.txt '.$(if $(EXTRAS),[$(EXTRAS)])'
	$(if $(DESTDIR),$(move_service))
	@$(MAKE) --no-print-directory service-files
	@$(if $(DESTDIR),,systemctl daemon-reload)
	@echo "look at /etc/edge-classify/config.toml, then: systemctl enable --now edge-classify"
	@echo "for a second camera or model: /etc/edge-classify/NAME.toml, and systemctl enable --now edge-classify@NAME"

UNIT_NAMES := $(notdir $(wildcard packaging/*.service packaging/*.timer))

define newline


endef

# A file whole or not at all, and on the disk: $(call put,FROM,TO).
put = install -D --mode 644 $(1) $(2).new && sync $(2).new && mv $(2).new $(2) && sync $(dir $(2))

service-files: ## of these the units and their settings alone, each whole or not at all
	$(foreach name,$(UNIT_NAMES),$(call put,packaging/$(name),$(DESTDIR)$(UNITS)/$(name))$(newline))
	test -e $(SETTINGS)/config.toml || { $(call put,packaging/config.toml,$(SETTINGS)/config.toml); }
	test -e $(SETTINGS)/update || { $(call put,packaging/update,$(SETTINGS)/update); }

clean: ## remove the environment and what the commands made
	rm -rf $(VENV) build *.egg-info runs artifacts reports demo.png .pytest_cache .hypothesis .mypy_cache .ruff_cache

$(VENV)/base: $(INPUTS)
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/dev: $(INPUTS)
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --constraint constraints.txt --editable '.[dev]'
	@touch $@ $(VENV)/base
