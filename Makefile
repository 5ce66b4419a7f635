# imslab: one Makefile, no recursion. `make help` lists the targets.
#   SAN=address,undefined builds with sanitizers, in a build folder of its own.
SAN     ?=
comma   := ,
B       := build/$(or $(subst $(comma),-,$(SAN)),plain)

DAEMONS := $(patsubst %/main.c,%,$(wildcard $(addsuffix /main.c,ue pcscf icscf scscf hss gprs-stub)))
TOOLS   := $(patsubst %/main.c,%,$(wildcard labconf/main.c))
CC      ?= gcc
PKGS    := sofia-sip-ua libcares libcrypto libevent libevent_pthreads yaml-0.1 sqlite3 jansson expat libmnl
CFLAGS  ?= -O2 -g
CFLAGS  += -std=c11 -D_GNU_SOURCE -MMD -MP -Icommon -Icommon/gprs -Itest/fake -Wall -Wextra -Wshadow -Wstrict-prototypes \
           -Wmissing-prototypes -Wvla -Wno-missing-field-initializers -Werror -fno-common \
           $(shell pkg-config --cflags $(PKGS) 2>/dev/null) $(SAN:%=-fsanitize=%) $(if $(SAN),-fno-sanitize-recover=all)
LDLIBS  := -Wl,--as-needed $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lfdcore -lfdproto -lsctp -lpthread
# sofia finds su_getmsgsize, bind, connect and sendmsg in the executable, not in libc
LDFLAGS += -rdynamic

objs     = $(patsubst %.c,$B/%.o,$(wildcard $(1)/*.c))
COMMON  := $(call objs,common) $(call objs,common/gprs)
BINS    := $(DAEMONS:%=$B/bin/%) $(TOOLS:%=$B/bin/%)
UNIT    := $(patsubst test/unit/%.c,$B/test/unit/%,$(wildcard test/unit/*/*_test.c))
FLOW    := $(patsubst test/flow/%.c,$B/test/flow/%,$(wildcard test/flow/*/*_test.c))
KERNEL  := $(patsubst test/kernel/%.c,$B/test/kernel/%,$(wildcard test/kernel/*_test.c))

all: $B/libcommon.a $(BINS) sims                               ## build everything into build/plain/bin
# git does not keep 0600, and nobody but the owner may read keys
sims:
	@chmod 600 $(wildcard conf/sims.yaml)

.SECONDEXPANSION:
.SECONDARY:
$B/bin/%: $$(call objs,$$*) $B/libcommon.a
	@mkdir -p $(@D)
	@echo '  LINK  $@'
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$B/libcommon.a: $(COMMON)
	@rm -f $@
	@ar rcs $@ $^
# a daemon's rooms, without its main, for the tests
$B/lib-%.a: $$(filter-out $B/$$*/main.o,$$(call objs,$$*))
	@mkdir -p $(@D)
	@rm -f $@
	@ar rcs $@ $^
# test/unit/ROOM/x_test.c links the rooms of program ROOM (or of common alone)
daemon_of = $(filter $(notdir $(patsubst %/,%,$(dir $(1)))),$(DAEMONS) $(TOOLS))
$B/test/unit/%: $B/test/unit/%.o $$(addprefix $B/lib-,$$(addsuffix .a,$$(call daemon_of,$$*))) $B/libcommon.a
	@mkdir -p $(@D)
	@echo '  LINK  $@'
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka
# test/flow/DAEMON/x_test.c: the real rooms, fakes for loop, sip, cx and dns in front of the archive
$B/test/flow/%: $B/test/flow/%.o $(call objs,test/fake) $$(addprefix $B/lib-,$$(addsuffix .a,$$(call daemon_of,$$*))) $B/libcommon.a
	@mkdir -p $(@D)
	@echo '  LINK  $@'
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka
# test/kernel/x_test.c: needs ESP in the kernel; tools/uml has it
$B/test/kernel/%: $B/test/kernel/%.o $B/lib-pcscf.a $B/libcommon.a
	@mkdir -p $(@D)
	@echo '  LINK  $@'
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka
# measures, makes no claim: make build/plain/test/bench/x
$B/test/bench/%: $B/test/bench/%.o $B/libcommon.a
	@mkdir -p $(@D)
	@echo '  LINK  $@'
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$B/%.o: %.c
	@mkdir -p $(@D)
	@echo '  CC    $<'
	@$(CC) $(CFLAGS) -c -o $@ $<

# unit and flow tests; each binary prints cmocka's closing lines
check-unit: $(UNIT)                             ## run the unit tests
	@set -e; for t in $^; do echo "== $$t"; $$t; done
check-flow: $(FLOW)                             ## run the flow tests
	@set -e; for t in $^; do echo "== $$t"; $$t; done

lint:                                           ## the house rules, and that each of them catches its bad sample
	@test/lint/lint.py
	@test/lint/selftest

# a plain `make run` or `make test` builds on all cores
PARALLEL = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

deps:                                           ## install the Debian packages that are missing (tools/packages)
	@tools/deps
# `make run` from nothing: the packages first, then make again, for pkg-config's answers are read at its start
run:                                            ## the seed's registration: attach to 200 OK, the ladder, the state
	@tools/deps
	@$(MAKE) --no-print-directory $(PARALLEL) all
	@./lab run

# tests run on the sanitizer build, the kernel tests (in User-Mode Linux) on the plain one;
# LAYERS="unit flow tools net kernel" chooses, REQUIRE=all makes a skip a failure
LAYERS  ?= unit flow tools net kernel
REQUIRE ?=
test:                                           ## all tests: unit, flow, tools, net, kernel (LAYERS=..., REQUIRE=all)
	@tools/deps
	@$(MAKE) --no-print-directory $(PARALLEL) SAN=address,undefined all tests
	@$(if $(filter kernel,$(LAYERS)),$(MAKE) --no-print-directory $(PARALLEL) SAN= all kernel)
	@tools/runtests.py build/address-undefined --require "$(REQUIRE)" --results build/results.json $(LAYERS)
# writes CONFORMANCE.md; `make conformance-check` only compares the last `make test` with it
conformance: test                               ## all tests, and the table of the cases that they prove
	@tools/conformance.py build/results.json --write CONFORMANCE.md
conformance-check:
	@tools/conformance.py build/results.json --check CONFORMANCE.md
tests: $(UNIT) $(FLOW)
kernel: $(KERNEL)

interop:                                        ## our elements with Debian's osmo-sgsn, osmo-ggsn, osmo-hlr, sgsnemu
	@tools/deps interop
	@$(MAKE) --no-print-directory $(PARALLEL) all
	@test/interop/interop.py --require "$(REQUIRE)"

faults:                                         ## faults put into the code on purpose: which test catches each
	@test/faults/faults.py

# writes bench/results/registration.json; the machine should be doing nothing else
bench: all                                      ## CPU per registration and daemon, with SIPp's AKA
	@test/bench/registration.py --save

# both in User-Mode Linux; the load stands in the output, for it is what the figures depend on
ROUNDS  ?= 5
LOAD     = cut -d' ' -f1-3 /proc/loadavg | sed 's/^/load: /'
bench-many: all                                 ## ROUNDS=5 times 200 terminals come and go: SAs, policies, the P-CSCF's RSS
	@$(LOAD)
	@tools/uml -- env LAB_BIN=$(CURDIR)/$B/bin MANY_ROUNDS=$(ROUNDS) \
	    /usr/bin/python3 -m pytest -q -s -p no:cacheprovider test/kernel/many_test.py
bench-sa: $B/test/bench/sa_cost                 ## what the SAs of one terminal cost beside 10 and 2,000 others
	@$(LOAD)
	@tools/uml -- $<

help:                                           ## this list
	@awk -F'## ' '/^[a-z-]+:.*## /{split($$1,a,":"); printf "  make %-14s %s\n", a[1], $$2}' $(MAKEFILE_LIST)

clean:                                          ## remove what was built
	rm -rf build

.PHONY: all sims check-unit check-flow lint deps run test tests conformance conformance-check faults kernel interop bench help clean
-include $(shell find $B -name '*.d' 2>/dev/null)
