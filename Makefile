# SPDX-License-Identifier: GPL-2.0-or-later
# Plain variables with fixed defaults; nothing is detected. CPPFLAGS, CXXFLAGS and LDFLAGS are the builder's.
PREFIX      ?= /usr
SYSCONFDIR  ?= /etc
BINDIR      ?= $(PREFIX)/bin
LIBEXECDIR  ?= $(PREFIX)/libexec/situp
MANDIR      ?= $(PREFIX)/share/man
DESTDIR     ?=
WITH_IFUPDOWN ?= yes

VERSION     := 0.1
BUILD       ?= build
CXX         ?= g++
CXXFLAGS    ?= -O2 -g
CPPFLAGS    ?=
LDFLAGS     ?=

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wpedantic -Werror
OURS     := -std=c++20 $(WARNINGS) -Isrc -MMD -MP -DSITUP_VERSION='"$(VERSION)"' \
            -DSITUP_LIBEXECDIR='"$(LIBEXECDIR)"' -DSITUP_SYSCONFDIR='"$(SYSCONFDIR)"'
# libstdc++ goes in statically: loading it as a library is most of what a run of this program would cost (bench/README.md).
LINK     := -static-libstdc++ -static-libgcc -Wl,--as-needed -Wl,-z,now -Wl,-z,relro

objects = $(patsubst src/%.cc,$(BUILD)/%.o,$(wildcard $(addsuffix /*.cc,$(addprefix src/,$(1)))))
SITUP_OBJECTS := $(BUILD)/situp.o $(call objects,base model hosts kernel reconcile commands)
NET_OBJECTS   := $(BUILD)/situp-net.o $(call objects,base model cloud)
UNIT_OBJECTS  := $(patsubst tests/%.cc,$(BUILD)/tests/%.o,$(wildcard tests/unit/*.cc tests/unit/*/*.cc)) \
                 $(call objects,base model hosts kernel cloud reconcile)

SITUP_LIBS := -lmnl -linih
NET_LIBS   := -lcurl

all: $(BUILD)/situp $(BUILD)/situp-net

$(BUILD)/situp: $(SITUP_OBJECTS)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) $(LINK) -o $@ $^ $(SITUP_LIBS)

$(BUILD)/situp-net: $(NET_OBJECTS)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) $(LINK) -o $@ $^ $(NET_LIBS)

$(BUILD)/unit-tests: $(UNIT_OBJECTS)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(SITUP_LIBS) $(NET_LIBS)

# What the parser of interfaces(5) has read, in ifquery's words: tests/interfaces/compare.
$(BUILD)/interfaces-dump: $(BUILD)/tests/interfaces/dump.o $(BUILD)/base/error.o \
                          $(patsubst src/%.cc,$(BUILD)/%.o,$(wildcard src/hosts/interfaces*.cc))
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^

$(BUILD)/%.o: src/%.cc
	@mkdir -p $(@D)
	$(CXX) $(OURS) $(CPPFLAGS) $(CXXFLAGS) -c -o $@ $<

$(BUILD)/tests/%.o: tests/%.cc
	@mkdir -p $(@D)
	$(CXX) $(OURS) $(CPPFLAGS) $(CXXFLAGS) -c -o $@ $<

# The unit tests, under the address and undefined-behaviour sanitizers, in a tree of their own.
SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
            -Wno-maybe-uninitialized  # g++ sees ghosts in std::variant under these sanitizers
unit:
	+$(MAKE) BUILD=$(BUILD)/sanitized CXXFLAGS='$(SANITIZE)' $(BUILD)/sanitized/unit-tests
	$(BUILD)/sanitized/unit-tests

INSTALL ?= install
HOOKS := if-pre-up.d/situp if-up.d/000situp if-down.d/situp if-post-down.d/situp

install: all
	$(INSTALL) -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBEXECDIR) $(DESTDIR)$(SYSCONFDIR)/situp
	$(INSTALL) -s -m 0755 $(BUILD)/situp $(DESTDIR)$(BINDIR)/situp
	$(INSTALL) -s -m 0755 $(BUILD)/situp-net $(DESTDIR)$(LIBEXECDIR)/situp-net
ifeq ($(WITH_IFUPDOWN),yes)
	for hook in $(HOOKS); do \
	  $(INSTALL) -D -m 0755 $$hook $(DESTDIR)$(SYSCONFDIR)/network/$$hook && \
	  sed -i 's|/usr/bin/situp|$(BINDIR)/situp|' $(DESTDIR)$(SYSCONFDIR)/network/$$hook || exit 1; \
	done
endif

check:
	./tests/check

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
.PHONY: all install unit check clean
.DELETE_ON_ERROR:
