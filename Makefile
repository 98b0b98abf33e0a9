# SPDX-License-Identifier: GPL-2.0-only
# For people: each target calls the script that knows how. Kbuild is for the kernel's make.
.DEFAULT_GOAL := modules

export KERNEL TEST DRIVER VTUN_CACHE

# Where nothing is said, the running kernel.
KDIR ?= /lib/modules/$(shell uname -r)/build
PREFIX ?= /usr/local
export KDIR PREFIX DESTDIR INSTALL_MOD_PATH

# What make soak does of the differential test.
STEPS ?= 1000000
# How long make stress takes on each kernel; bash has a variable of that name.
SECONDS ?= 900
unexport SECONDS
# How long make fuzz and make fuzz-calls take, the build apart.
MINUTES ?= 1

.PHONY: modules tools lib iproute2 selftests install uninstall dkms dkms-remove deb rpm deb-test rpm-test test quick programs soak stress fuzz fuzz-mutants fuzz-calls mutants bench bench-quick bench-check demo test-debug coverage matrix lint release doc-check compile_commands clean help

modules: ## vtun.ko for the running kernel, or for KDIR=folder: build/RELEASE/vtun.ko
	@scripts/module "$(KDIR)"

tools: ## vtunctl: build/vtunctl
	@$(MAKE) --no-print-directory -C tools/vtunctl

lib: ## libvtun and its examples: build/lib/
	@$(MAKE) --no-print-directory -C tools/lib

iproute2: ## a plugin with which ip(8) knows devices of the kind vtun (RELEASES="bookworm testing": try it for their ip)
	@scripts/iproute2 $(if $(RELEASES),--try $(RELEASES))

selftests: ## the test programs: build/selftests/
	@$(MAKE) --no-print-directory -C selftests

install: ## module, vtunctl, libvtun, man pages, completion, unit, headers, udev rule (DESTDIR= INSTALL_MOD_PATH= PREFIX=)
	@scripts/install "$(KDIR)"

uninstall: ## takes away what install put there
	@scripts/install --remove "$(KDIR)"

dkms: ## the module's source in /usr/src, from which DKMS builds it for each kernel, this one now
	@scripts/dkms

dkms-remove: ## takes that away again
	@scripts/dkms --remove

deb: ## Debian packages: build/deb/
	@scripts/deb

deb-test: ## installs, uses, upgrades and purges the packages, in overlays here and in a guest
	@scripts/deb-test

rpm: ## a source package with a spec file, and what rpmbuild makes of it here: build/rpm/
	@scripts/rpm

rpm-test: ## installs, uses, upgrades and erases these, in overlays here
	@scripts/rpm-test

release: ## tarball, Debian packages, RPM source package of a clean commit: build/release/ (scripts/release --tag)
	@scripts/release

test: ## all selftests on all kernels, for vtun and in-tree tun; KERNEL=6.12 DRIVER=tun TEST=name for fewer
	@scripts/test

quick: ## the selftests in User Mode Linux, which starts in a second (DRIVER= TEST=)
	@KERNEL=uml scripts/test

programs: ## real programs on all kernels, QEMU too, which `make test` leaves out (KERNEL= DRIVER=)
	@TEST="$$(cd selftests && echo programs/*.sh)" TEST_LIMIT=3000 scripts/test

soak: ## what takes too long for make test: STEPS=1000000 of the differential test, upstream's waits, back pressure's race (KERNEL=)
	@TEST="differential upstream race_backpressure" DRIVER=vtun STEPS=$(STEPS) TEST_SOAK=1 VTUN_SECONDS=200 \
		TEST_LIMIT=86400 TEST_TIMEOUT_GUEST=90000 scripts/test
	@KERNEL="6.1 6.12" DRIVER=tun scripts/test

stress: ## everything at once on the same devices: SECONDS=900 on each kernel (KERNEL=; VTUN_SEED= repeats)
	@TEST=stress DRIVER=vtun VTUN_SECONDS=$(SECONDS) TEST_LIMIT=86400 TEST_TIMEOUT_GUEST=90000 scripts/test

fuzz: ## libFuzzer on what parses headers and records, as a program: MINUTES=1 in all (TARGET=)
	@scripts/deps fuzz
	@$(MAKE) --no-print-directory -s -C selftests/fuzz
	@MINUTES=$(MINUTES) selftests/fuzz/run $(TARGET)

fuzz-mutants: ## puts bugs into the driver and sees that make fuzz finds each within a minute (MUTANTS=)
	@scripts/deps fuzz
	@selftests/fuzz/mutants/run $(MUTANTS)

fuzz-calls: ## looks for system calls that do harm, led by the code they reach: MINUTES=1 (KERNEL="uml uml-debug" SEED=)
	@MINUTES=$(MINUTES) selftests/fuzz_calls/run

bench: ## in-tree tun and vtun side by side: a table, build/bench.json (scripts/bench --help for one figure)
	@scripts/bench

bench-quick: ## some of it, in minutes
	@scripts/bench --quick

bench-check: ## whether a packet's way through the kernel has become longer than tools/bench/baseline.json says
	@scripts/bench --check

test-debug: ## all tests and programs under KASAN, lockdep, kmemleak...: uml-debug and debug; KERNEL=kcsan: data races
	@KERNEL="$${KERNEL:-uml-debug debug}" DRIVER=vtun TEST_WHOLE=1 STEPS=4000 TEST_LIMIT=3000 TEST_TIMEOUT=900 \
		TEST_TIMEOUT_GUEST=36000 scripts/test

coverage: ## lines and branches of src/ that the tests reach, and those that nothing reaches (KERNEL="uml uml-debug" TEST=)
	@scripts/coverage $(TEST)

demo: ## OpenVPN through /dev/net/vtun, in a guest
	@scripts/deps demo tools
	@$(MAKE) --no-print-directory -s tools
	@scripts/guest -k 6.12 -- scripts/demo

matrix: ## builds and boots with every kernel that Debian has, a table: docs/kernels.md (scripts/matrix --no-boot RELEASE)
	@scripts/matrix

mutants: ## puts bugs into the driver and sees that the tests find them (MUTANTS="names" COUNT= SEED= KERNEL=)
	@scripts/deps test uml
	@$(MAKE) --no-print-directory -s selftests
	@selftests/mutants/run $(MUTANTS)

lint: ## static checks: compilers' warnings, analyzers, the kernel's own scripts, style
	@scripts/lint

doc-check: ## links, paths and names in the documents, and, in a guest, the examples of README and manual pages
	@scripts/doc-check

compile_commands: ## compile_commands.json for editors, from the last build for KDIR
	@scripts/compile-commands "$(KDIR)"

clean: ## removes build/
	@rm -rf build compile_commands.json

help: ## this list
	@sed -n 's/^\([a-z0-9_-]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name what; do \
		printf '  %-17s %s\n' "$$name" "$$what"; done
