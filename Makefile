# SPDX-License-Identifier: GPL-2.0-or-later
# Plain variables with fixed defaults; nothing is detected. CPPFLAGS, CXXFLAGS and LDFLAGS are the builder's.
PREFIX      ?= /usr
SYSCONFDIR  ?= /etc
BINDIR      ?= $(PREFIX)/bin
LIBEXECDIR  ?= $(PREFIX)/libexec/situp
MANDIR      ?= $(PREFIX)/share/man
DESTDIR     ?=
UNITDIR     ?= $(PREFIX)/lib/systemd/system
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
UDEVRULESDIR ?= $(PREFIX)/lib/udev/rules.d
EXAMPLESDIR ?= $(PREFIX)/share/doc/situp/examples
WITH_IFUPDOWN ?= yes
WITH_SYSTEMD  ?= yes
WITH_NETWORK_SCRIPTS ?= no
WITH_IFUPDOWN_NG ?= yes

VERSION     := 0.1
# Where situp is published. After a change of this line, `make addresses` writes it into the files that name it.
SITE        := situp.example
BUILD       ?= build
CXX         ?= g++
# -Os makes half the code of -O2, and a run is short: reading that code is much of what it takes (bench/README.md).
CXXFLAGS    ?= -Os -g
CPPFLAGS    ?=
LDFLAGS     ?=

# A warning of a compiler that nobody here has tried must not keep a package from being built: those set WERROR to nothing.
WERROR   ?= -Werror
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wpedantic
OURS     := -std=c++20 $(WARNINGS) $(WERROR) -Isrc -MMD -MP -DSITUP_VERSION='"$(VERSION)"' \
            -DSITUP_LIBEXECDIR='"$(LIBEXECDIR)"' -DSITUP_SYSCONFDIR='"$(SYSCONFDIR)"' \
            -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64
# libstdc++ goes in statically: loading it as a library is most of what a run of this program would cost (bench/README.md).
STATIC   ?= -static-libstdc++ -static-libgcc
LINK     := $(STATIC) -Wl,--as-needed -Wl,--gc-sections -Wl,-z,now -Wl,-z,relro

# Sorted: the order of objects is that of the code in the program, and two builds give the same bytes.
objects = $(patsubst src/%.cc,$(BUILD)/%.o,$(sort $(wildcard $(addsuffix /*.cc,$(addprefix src/,$(1))))))
ROOMS := $(patsubst src/%/,%,$(wildcard src/model/*/))
SITUP_OBJECTS := $(BUILD)/situp.o $(call objects,base model $(ROOMS) hosts kernel reconcile doctor commands)
NET_OBJECTS   := $(BUILD)/situp-net.o $(call objects,base model $(ROOMS) net)
DAEMON_OBJECTS := $(BUILD)/situpd.o $(call objects,base model $(ROOMS) hosts kernel reconcile upkeep)
UNIT_OBJECTS  := $(patsubst tests/%.cc,$(BUILD)/tests/%.o,$(wildcard tests/unit/*.cc tests/unit/*/*.cc tests/unit/*/*/*.cc)) \
                 $(call objects,base model $(ROOMS) hosts kernel net reconcile upkeep doctor commands)

SITUP_LIBS := -lmnl -linih
# inih is the system's library; INIH=FOLDER takes its ini.c and ini.h from there and compiles them in (rpm/situp.spec).
INIH ?=
ifneq ($(INIH),)
SITUP_LIBS := -lmnl
SITUP_OBJECTS += $(BUILD)/inih.o
DAEMON_OBJECTS := $(BUILD)/situpd.o $(call objects,base model $(ROOMS) hosts kernel reconcile upkeep)
UNIT_OBJECTS  += $(BUILD)/inih.o
OURS += -isystem $(INIH)
endif
NET_LIBS   := -lcurl -lresolv -lexpat -ljansson

all: $(BUILD)/situp $(BUILD)/situp-net $(BUILD)/situpd

$(BUILD)/situp: $(SITUP_OBJECTS)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) $(LINK) -o $@ $^ $(SITUP_LIBS)

$(BUILD)/situpd: $(DAEMON_OBJECTS)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) $(LINK) -o $@ $^ $(SITUP_LIBS)

$(BUILD)/situp-net: $(NET_OBJECTS)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) $(LINK) -o $@ $^ $(NET_LIBS)

$(BUILD)/unit-tests: $(UNIT_OBJECTS)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(SITUP_LIBS) $(NET_LIBS)

# What the parser of interfaces(5) has read, in ifquery's words: tests/interfaces/compare.
$(BUILD)/interfaces-dump: $(BUILD)/tests/interfaces/dump.o $(call objects,base model $(ROOMS)) \
                          $(patsubst src/%.cc,$(BUILD)/%.o,$(wildcard src/hosts/interfaces*.cc)) $(BUILD)/hosts/words.o
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^

# What the lab's scenario of faults breaks situp with, and looks at the kernel with: tests/lab/faults/.
$(BUILD)/faults.so: tests/lab/faults/faults.cc
	@mkdir -p $(@D)
	$(CXX) $(OURS) -fPIC $(CPPFLAGS) $(CXXFLAGS) $(LDFLAGS) -shared $(LINK) -o $@ $< -ldl

$(BUILD)/kernel-state: $(BUILD)/tests/lab/faults/kernel-state.o
	$(CXX) $(CXXFLAGS) $(LDFLAGS) $(LINK) -o $@ $^ -lmnl

# What tries to trace situp-net there: scenario 26.
$(BUILD)/tracer: $(BUILD)/tests/lab/helper/tracer.o
	$(CXX) $(CXXFLAGS) $(LDFLAGS) $(LINK) -o $@ $^

# What tries to do all that situp-net must not, and a module for names that is loaded late.
$(BUILD)/forbidden: $(BUILD)/tests/net/forbidden.o $(patsubst %,$(BUILD)/net/%.o,confine confine_calls confine_files)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) $(LINK) -o $@ $^ -lcurl -lpthread
$(BUILD)/libnss_lab.so.2: tests/lab/helper/nss.cc
	@mkdir -p $(@D)
	$(CXX) $(OURS) -fPIC $(CPPFLAGS) $(CXXFLAGS) $(LDFLAGS) -shared $(LINK) -o $@ $<

# Half of what a compiler does for most files is to read the standard library's headers. PRECOMPILED=yes has them read once a
# tree, for who builds all of it at once; not for packages, where a file that doesn't include what it needs has to show. Not with
# optimization either: g++ 12 then warns of what these headers do, as it has forgotten that they are the system's.
PRECOMPILED ?=
STANDARD := algorithm array chrono compare cstdint functional map memory optional set string string_view tuple utility variant vector
ifneq ($(and $(PRECOMPILED),$(findstring -O0,$(CXXFLAGS))),)
precompiled := $(BUILD)/standard.h.gch
without := $(OURS)
OURS += -include $(BUILD)/standard.h
$(BUILD)/standard.h: Makefile
	@mkdir -p $(@D)
	@printf '#include <%s>\n' $(STANDARD) >$@
$(BUILD)/standard.h.gch: $(BUILD)/standard.h
	$(CXX) $(filter-out -MMD -MP,$(without)) $(CPPFLAGS) $(CXXFLAGS) -x c++-header -o $@ $<
endif

# Folders are compiled in: objects are made anew when `make install PREFIX=/usr/local` says otherwise than `make` did.
folders := $(LIBEXECDIR) $(SYSCONFDIR) $(VERSION)
ifneq ($(folders),$(file <$(BUILD)/folders))
.PHONY: $(BUILD)/folders
endif
$(BUILD)/folders:
	@mkdir -p $(@D)
	@echo '$(folders)' >$@

$(BUILD)/%.o: src/%.cc $(BUILD)/folders | $(precompiled)
	@mkdir -p $(@D)
	$(CXX) $(OURS) $(CPPFLAGS) $(CXXFLAGS) -c -o $@ $<

$(BUILD)/inih.o: $(INIH)/ini.c
	@mkdir -p $(@D)
	$(CXX) -x c $(CPPFLAGS) $(CXXFLAGS) -c -o $@ $<

$(BUILD)/tests/%.o $(BUILD)/tidy/tests/%: OURS += -Itests
$(BUILD)/tests/%.o: tests/%.cc $(BUILD)/folders | $(precompiled)
	@mkdir -p $(@D)
	$(CXX) $(OURS) $(CPPFLAGS) $(CXXFLAGS) -c -o $@ $<

# The unit tests, under the address and undefined-behaviour sanitizers, in a tree of their own; by clang, which takes half the
# time that g++ does for it, and warns of other things. The C library's own checks want an optimizer.
SANITIZE := -O0 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
sanitized = $(MAKE) BUILD=$(BUILD)/sanitized CXX=clang++ CXXFLAGS='$(SANITIZE)' CPPFLAGS='$(filter-out -D_FORTIFY_SOURCE=%,$(CPPFLAGS))'
unit:
	+$(sanitized) $(BUILD)/sanitized/unit-tests
	$(BUILD)/sanitized/unit-tests

# Formatting and lint, of src/ and tests/ alike. What has not changed since it was last found good is not looked at again:
# an object is newer than its mark when the source or one of its headers is.
CLANG_FORMAT ?= clang-format
CLANG_TIDY   ?= clang-tidy
SOURCES := $(shell find src tests -name '*.cc' | sort)
HEADERS := $(shell find src tests -name '*.h' | sort)
TIDIED  := $(SOURCES:%.cc=$(BUILD)/tidy/%)
format-check:
	$(CLANG_FORMAT) --dry-run -Werror $(SOURCES) $(HEADERS)

tidy:
	+$(sanitized) tidied
tidied: $(TIDIED)

# Tests are spared the analyzer: it walks each path through doctest's macros, which takes five times as long as all the rest. For
# the same reason it gives up a function sooner than it would by itself (225,000 states): nothing was ever found behind these.
ANALYZER := $(addprefix -extra-arg=,-Xclang -analyzer-config -Xclang max-nodes=40000)
define look
	@mkdir -p $(@D)
	@$(CLANG_TIDY) --quiet $(2) $(1) -- $(filter-out -MMD -MP -Werror,$(OURS)) $(CPPFLAGS) 2>$@.err || \
	  { cat $@.err; exit 1; }
	@rm -f $@.err; touch $@; echo tidy: $(1)
endef
$(BUILD)/tidy/src/%: $(BUILD)/%.o .clang-tidy
	$(call look,src/$*.cc,$(ANALYZER))
$(BUILD)/tidy/tests/%: $(BUILD)/tests/%.o .clang-tidy
	$(call look,tests/$*.cc,--checks='-clang-analyzer-*')

INSTALL ?= install
# What packages it takes the symbols out itself, and keeps them: INSTALL_STRIP to nothing.
INSTALL_STRIP ?= -s
SCHEMADIR ?= $(PREFIX)/share/situp
ZSHDIR ?= $(PREFIX)/share/zsh/vendor-completions
EXAMPLES := $(sort $(wildcard examples/*))
MANUALS := situp.8 situp-net.8 situpd.8 situp-interfaces.5 situp-ifcfg.5 situp.conf.5
# Where ifupdown-ng looks, whatever the prefix.
EXECUTORDIR ?= /usr/libexec/ifupdown-ng
# Of src/model/kind.cc: a script each for programs that tell a tunnel's kind by the script's name.
FAMILIES := v4tunnel isatap sixrd
UNITS := situp@.service situpd.service situpd.path
HOOKS := if-pre-up.d/situp if-up.d/000situp if-down.d/situp if-post-down.d/situp

install: all
	$(INSTALL) -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBEXECDIR) $(DESTDIR)$(SYSCONFDIR)/situp
	$(INSTALL) $(INSTALL_STRIP) -m 0755 $(BUILD)/situp $(DESTDIR)$(BINDIR)/situp
# Not readable by the user that it runs as: so the kernel lets no other process of that user trace it (src/base/child.h).
	$(INSTALL) $(INSTALL_STRIP) -m 0711 $(BUILD)/situp-net $(DESTDIR)$(LIBEXECDIR)/situp-net
	$(INSTALL) $(INSTALL_STRIP) -m 0755 $(BUILD)/situpd $(DESTDIR)$(LIBEXECDIR)/situpd
	for page in $(MANUALS); do \
	  $(INSTALL) -D -m 0644 man/$$page $(DESTDIR)$(MANDIR)/man$${page##*.}/$$page || exit 1; \
	done
	$(INSTALL) -D -m 0644 completion/situp.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/situp
	$(INSTALL) -D -m 0644 completion/_situp $(DESTDIR)$(ZSHDIR)/_situp
	$(INSTALL) -d $(DESTDIR)$(EXAMPLESDIR)
	$(INSTALL) -m 0644 $(EXAMPLES) $(DESTDIR)$(EXAMPLESDIR)
	$(INSTALL) -d $(DESTDIR)$(SCHEMADIR)
	$(INSTALL) -m 0644 $(sort $(wildcard schema/*.json)) $(DESTDIR)$(SCHEMADIR)
ifeq ($(WITH_IFUPDOWN),yes)
	for hook in $(HOOKS); do \
	  $(INSTALL) -D -m 0755 $$hook $(DESTDIR)$(SYSCONFDIR)/network/$$hook && \
	  sed -i 's|/usr/bin/situp|$(BINDIR)/situp|' $(DESTDIR)$(SYSCONFDIR)/network/$$hook || exit 1; \
	done
endif
ifeq ($(WITH_IFUPDOWN_NG),yes)
	for family in $(FAMILIES); do \
	  file=$(DESTDIR)$(EXECUTORDIR)/$$family && \
	  $(INSTALL) -D -m 0755 ifupdown-ng/family "$$file" && \
	  sed -i "s|@FAMILY@|$$family|; s|/usr/bin/situp|$(BINDIR)/situp|" "$$file" || exit 1; \
	done
endif
ifeq ($(WITH_SYSTEMD),yes)
	$(INSTALL) -d $(DESTDIR)$(UNITDIR)
	for unit in $(UNITS); do \
	  sed 's|/usr/bin/situp|$(BINDIR)/situp|; s|/usr/libexec/situp|$(LIBEXECDIR)|' systemd/$$unit >$(DESTDIR)$(UNITDIR)/$$unit && \
	  chmod 0644 $(DESTDIR)$(UNITDIR)/$$unit || exit 1; \
	done
	$(INSTALL) -D -m 0644 systemd/tmpfiles.conf $(DESTDIR)$(TMPFILESDIR)/situp.conf
	$(INSTALL) -D -m 0644 systemd/sysusers.conf $(DESTDIR)$(SYSUSERSDIR)/situp.conf
	$(INSTALL) -D -m 0644 systemd/udev.rules $(DESTDIR)$(UDEVRULESDIR)/85-situp.rules
endif

# For the network-scripts of Red Hat and its kin.
install-network-scripts:
	for family in $(FAMILIES); do for verb in ifup ifdown; do \
	  file=$(DESTDIR)$(SYSCONFDIR)/sysconfig/network-scripts/$$verb-$$family && \
	  $(INSTALL) -D -m 0755 network-scripts/$$verb-family "$$file" && \
	  sed -i "s|@FAMILY@|$$family|g; s|/usr/bin/situp|$(BINDIR)/situp|" "$$file" || exit 1; \
	done; done
	$(INSTALL) -d $(DESTDIR)$(EXAMPLESDIR)
	$(INSTALL) -m 0644 network-scripts/examples/* $(DESTDIR)$(EXAMPLESDIR)
.PHONY: install-network-scripts
ifeq ($(WITH_NETWORK_SCRIPTS),yes)
install: install-network-scripts
endif

# The same and what the lab's scenarios need besides, for a guest.
# SANITIZED=yes: situp and situpd under the address sanitizer, too.
SANITIZED ?=
lab-payload: install install-network-scripts $(BUILD)/faults.so $(BUILD)/kernel-state $(BUILD)/tracer $(BUILD)/forbidden \
             $(BUILD)/libnss_lab.so.2
	$(INSTALL) -d $(DESTDIR)/usr/share/doc/situp
	$(INSTALL) -m 0644 doc/ipv6-for-a-vpc.md doc/containers.md $(DESTDIR)/usr/share/doc/situp
	$(INSTALL) -D -m 0755 $(BUILD)/faults.so $(DESTDIR)/usr/local/lib/faults.so
	$(INSTALL) -D -m 0755 $(BUILD)/kernel-state $(DESTDIR)/usr/local/bin/kernel-state
	$(INSTALL) -D -m 0755 $(BUILD)/tracer $(DESTDIR)/usr/local/bin/tracer
	$(INSTALL) -D -m 0755 $(BUILD)/forbidden $(DESTDIR)/usr/local/bin/forbidden
	$(INSTALL) -D -m 0644 $(BUILD)/libnss_lab.so.2 $(DESTDIR)/usr/local/lib/libnss_lab.so.2
ifneq ($(SANITIZED),)
	+$(sanitized) STATIC= $(BUILD)/sanitized/situp $(BUILD)/sanitized/situpd
	$(INSTALL) -D -s -m 0755 $(BUILD)/sanitized/situp $(DESTDIR)/usr/local/lib/situp-sanitized
	$(INSTALL) -D -s -m 0755 $(BUILD)/sanitized/situpd $(DESTDIR)/usr/local/lib/situpd-sanitized
endif

# The files that name SITE; debian/control is the one that tells which was the last.
NAMING_SITE := Makefile README.md debian/NEWS debian/changelog debian/control debian/copyright debian/upstream/metadata debian/watch \
               rpm/situp.spec
addresses:
	old=$$(sed -n 's|^Homepage: https://\(.*\)/$$|\1|p' debian/control | sed 's/\./\\./g') && [ -n "$$old" ] && \
	  sed -i "s/\b$$old\b/$(SITE)/g" $(NAMING_SITE)
.PHONY: addresses

# What packages are made of: the sources as git has them, or all that is there where there is no git, without debian/. One
# tree gives one tarball, whenever and wherever it is made: the date is that of the last release.
RELEASED = $$(date -u -d "$$(sed -n 's/^ -- .*>  //p;T;q' debian/changelog)" +%s)
SOURCE_TARBALL := $(BUILD)/situp-$(VERSION).tar.xz
dist:
	@mkdir -p $(BUILD)
	{ git ls-files -co --exclude-standard 2>/dev/null || find . \( -name .git -o -path './build*' \) -prune -o -type f -printf '%P\n'; } | \
	  grep -v '^debian/' | while read -r file; do [ ! -f "$$file" ] || echo "$$file"; done | LC_ALL=C sort | \
	  tar --create --no-recursion --files-from=- --transform='s|^|situp-$(VERSION)/|' --format=ustar --mtime="@$(RELEASED)" \
	      --mode=u+rw,go=rX --owner=0 --group=0 --numeric-owner | xz -6 --threads=1 >$(SOURCE_TARBALL)

# build/deb/*.deb, and what an upload takes: source and binaries. DEB_BUILD_OPTIONS and DEB_BUILD_PROFILES are heard.
deb: dist
	rm -rf $(BUILD)/deb
	mkdir -p $(BUILD)/deb
	tar -C $(BUILD)/deb -xpf $(SOURCE_TARBALL)
	tar --create --mtime="@$(RELEASED)" --mode=u+rw,go=rX debian | tar -C $(BUILD)/deb/situp-$(VERSION) -xp
	mv $(SOURCE_TARBALL) $(BUILD)/deb/situp_$(VERSION).orig.tar.xz
	cd $(BUILD)/deb/situp-$(VERSION) && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL dpkg-buildpackage -us -uc
	rm -rf $(BUILD)/deb/situp-$(VERSION)

# build/rpm/*.rpm: packages, and the source package that a Red Hat of one's own rebuilds. INIH_TARBALL=inih-r58.tar.gz puts
# inih into them, for where there is none. RPMBUILD_OPTIONS: `--without network_scripts`.
INIH_TARBALL ?=
RPMBUILD_OPTIONS ?=
# What a distribution names otherwise is not to be asked of another one.
# A builder whose own name can't be resolved would be warned of, and the name is in the package for nobody's good.
RPMBUILD = rpmbuild --nodeps --define '_buildhost localhost' --define '_topdir $(abspath $(BUILD))/rpmbuild' --define '_sourcedir %{_topdir}' \
           --define '_rpmdir $(abspath $(BUILD))/rpm' --define '_srcrpmdir %{_rpmdir}' --define '_build_name_fmt %%{NVRA}.rpm' \
           --define 'clamp_mtime_to_source_date_epoch 1' --define 'use_source_date_epoch_as_buildtime 1' \
           $(if $(INIH_TARBALL),--with bundled_inih) $(RPMBUILD_OPTIONS)
rpm-source: dist
	rm -rf $(BUILD)/rpm $(BUILD)/rpmbuild
	mkdir -p $(BUILD)/rpm $(BUILD)/rpmbuild
	cp $(INIH_TARBALL) $(SOURCE_TARBALL) $(BUILD)/rpmbuild
srpm: rpm-source
	SOURCE_DATE_EPOCH=$(RELEASED) $(RPMBUILD) -bs rpm/situp.spec
rpm: rpm-source
	SOURCE_DATE_EPOCH=$(RELEASED) env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL $(RPMBUILD) -ba rpm/situp.spec
	rm -rf $(BUILD)/rpmbuild
.PHONY: rpm-source srpm rpm

# libFuzzer, `make fuzz-interfaces` for one target; what it finds stays in the build tree.
FUZZ_SECONDS ?= 60
fuzz-%:
	+$(MAKE) BUILD=$(BUILD)/fuzz CXX=clang++ WARNINGS= WERROR= CXXFLAGS='$(SANITIZE) -O1 -fsanitize=fuzzer-no-link' $(BUILD)/fuzz/$*-fuzz
	@mkdir -p $(BUILD)/fuzz/found/$*
	$(BUILD)/fuzz/$*-fuzz -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=$(BUILD)/fuzz/ -verbosity=0 -print_final_stats=1 \
	    $(addprefix -dict=,$(wildcard tests/fuzz/$*.dict)) $(BUILD)/fuzz/found/$* tests/fuzz/$* $(wildcard tests/$*/corpus)

FUZZED := $(call objects,base model $(ROOMS) hosts) $(BUILD)/net/policy.o $(BUILD)/net/tunnel_info_xml.o \
          $(BUILD)/net/instance_json.o $(BUILD)/reconcile/record_text.o
$(BUILD)/%-fuzz: $(BUILD)/tests/fuzz/%_fuzz.o $(FUZZED)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(SITUP_LIBS) -lexpat -ljansson

# The same targets without libFuzzer, in the sanitizers' tree of the unit tests: build/sanitized/replay-NAME FILE…
REPLAYS := $(patsubst tests/fuzz/%_fuzz.cc,$(BUILD)/replay-%,$(wildcard tests/fuzz/*_fuzz.cc))
replay:
	+$(sanitized) replays
replays: $(REPLAYS)

$(BUILD)/replay-%: $(BUILD)/tests/fuzz/%_fuzz.o $(BUILD)/tests/fuzz/replay.o $(FUZZED)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -o $@ $^ $(SITUP_LIBS) -lexpat -ljansson

# Speed and size beside ip, curl and a bare loop: bench/README.md. The timer is static, so that it weighs nothing itself.
bench-programs: $(BUILD)/bench/pairs $(BUILD)/bench/bare

$(BUILD)/bench/%.o: bench/%.cc
	@mkdir -p $(@D)
	$(CXX) $(OURS) $(CPPFLAGS) $(CXXFLAGS) -c -o $@ $<

$(BUILD)/bench/pairs: $(BUILD)/bench/pairs.o
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -static -o $@ $^

$(BUILD)/bench/bare: $(BUILD)/bench/bare.o
	$(CXX) $(CXXFLAGS) $(LDFLAGS) $(LINK) -o $@ $^ -lmnl

bench:
	+BUILD=$(abspath $(BUILD)) bench/run

# The lab's metadata service against a client that nobody here wrote; on loopback.
interop:
	tests/setup interop
	tests/interop

# A shell in the lab, a virtual machine: tests/lab/README.md. What it holds is built as the release does.
RELEASE ?= bookworm
lab:
	dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && tests/lab/build-in $(RELEASE) "$$dir" && \
	  tests/lab/run --release $(RELEASE) --payload "$$dir"

check:
	./tests/check

clean:
	rm -rf $(BUILD)

# The lab's image and packages are made below this folder at the same time, and /etc is full of folders named so.
-include $(shell find $(BUILD) \( -path $(BUILD)/lab -o -path $(BUILD)/deb -o -path $(BUILD)/rpmbuild \) -prune -o -name '*.d' -type f -print 2>/dev/null)
.PHONY: all install lab-payload dist deb unit format-check tidy tidied replay replays interop lab bench bench-programs check clean
.DELETE_ON_ERROR:
