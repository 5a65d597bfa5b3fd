# make             build the product        make test    run the C tests
# make check       all that CI checks       make fmt     lay out the code
# make tsan        all tests with ThreadSanitizer
# make V=asan      with ASan and UBSan (also: tsan, cov, fuzz); V works with every target
# make fuzz        each parser for T=60 seconds with libFuzzer
# make torture     200 rounds of kill -9, 30 of each other fault, under load (ROUNDS=1000 TIMES=30)
# make scan        sqlmap and wapiti against a demonstration (SCAN=--quick, SCAN=--pg)
# make bench       200,000 faults beside floors    make bench-20000, bench-long: other sizes
V       ?= release
B       ?= build/$(V)
CC      := $(if $(filter fuzz,$(V)),clang,$(if $(filter default,$(origin CC)),gcc,$(CC)))
comma   := ,
PKGS    := libmicrohttpd sqlite3 libpq jansson yaml-0.1 md4c libsodium libcrypto libpcre2-8 libqrencode \
           xlsxwriter minizip expat cairo cairo-pdf pangocairo fontconfig
SAN     := $(if $(filter asan,$(V)),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all)\
           $(if $(filter tsan,$(V)),-fsanitize=thread)\
           $(if $(filter fuzz,$(V)),-fsanitize=fuzzer-no-link$(comma)address$(comma)undefined -fno-sanitize-recover=all)
WARN    := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
           -Wold-style-definition -Wpointer-arith -Wwrite-strings -Wvla -Wundef \
           -Wimplicit-fallthrough -Walloca -Wformat=2 -Wswitch-enum -Werror
HARDEN  := -fstack-protector-strong -fno-common -fPIE $(if $(filter release,$(V)),-fstack-clash-protection -D_FORTIFY_SOURCE=2)
# Sanitizers hide from gcc what it needs to know; the release build still looks.
CALM    := $(if $(SAN),-Wno-maybe-uninitialized)
OPT     := $(if $(filter release,$(V)),-O2,$(if $(filter cov,$(V)),-O0 --coverage,-O1 -fno-omit-frame-pointer))
PKGC    := $(shell pkg-config --cflags $(PKGS))
PKGL    := $(shell pkg-config --libs $(PKGS)) -lm
CPPFLAGS += $(if $(filter release,$(V)),,-DZHIDU_UNCONFINED) -std=c17 -D_GNU_SOURCE -Isrc -I$(B) $(PKGC) -include src/base/banned.h
CFLAGS  += $(OPT) -g $(WARN) $(if $(filter clang,$(CC)),,$(CALM)) $(HARDEN) $(SAN) -ffile-prefix-map=$(CURDIR)=. -pthread -MMD -MP
# some hundred and fifty test programs are linked in every variant: in a third of the time by lld
QUICK_LINK := $(if $(shell command -v ld.lld),-fuse-ld=lld)
LDFLAGS += -pie -Wl,-z,relro,-z,now $(SAN) $(if $(filter cov,$(V)),--coverage) -pthread

# Lowest first; src/LAYERS says who may include whom, this only orders the link.
LAYERS  := base store approval model ledger signer engine people connect backup http web page api cli
HTML    := $(wildcard src/page/*.html)
GEN     := $(HTML:src/page/%=$(B)/gen/%.c)
lib_src  = $(wildcard src/$(1)/*.c)
LIBS    := $(LAYERS:%=$(B)/lib%.a)
reverse  = $(if $(1),$(call reverse,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))
LINK    := $(call reverse,$(LIBS))

all: $(B)/zhidu $(B)/zhidu-verify $(B)/zhidu-signer $(B)/zhidu-witness

# --- generated: templates, assets ---------------------------------------------------------------
$(B)/tplc: tool/tplc.c
	@mkdir -p $(@D)
	gcc -std=c17 -D_GNU_SOURCE $(WARN) -O1 -o $@ $<
$(B)/gen/%.html.c $(B)/gen/%.html.h &: src/page/%.html $(B)/tplc
	@mkdir -p $(@D)
	$(B)/tplc $< $(B)/gen/$*.html.c $(B)/gen/$*.html.h
ASSETS  := $(sort $(shell find assets -type f -not -name '*.md' -not -name '*.txt') $(wildcard docs/manual/*.??.md docs/manual/*.png))
$(B)/gen/assets.c $(B)/gen/assets.S &: $(ASSETS) tool/embed.sh
	@mkdir -p $(@D)
	tool/embed.sh $(B)/gen build/z $(ASSETS)

# --- compile -------------------------------------------------------------------------------------
# What includes a template waits for the templates; the layers below do not.
PAGED   := $(foreach l,web page api cli,$(wildcard src/$(l)/*.c tests/$(l)/*.c)) $(wildcard src/*.c tests/fuzz/*.c)
$(patsubst %.c,$(B)/%.o,$(patsubst src/%,obj/%,$(PAGED))): | $(GEN)
$(B)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	@echo "  cc   $<"; $(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<
$(B)/gen/%.o: $(B)/gen/%.c | $(GEN)
	@echo "  cc   $<"; $(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<
$(B)/gen/assets_S.o: $(B)/gen/assets.S
	$(CC) -c -o $@ $<
$(B)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	@echo "  cc   $<"; $(CC) $(CPPFLAGS) $(CFLAGS) -Itests -c -o $@ $<

define layer_lib
$(B)/lib$(1).a: $$(patsubst src/%.c,$(B)/obj/%.o,$$(call lib_src,$(1))) $(2)
	@rm -f $$@
	ar rcs $$@ $$^
endef
PAGE_GEN := $(GEN:.c=.o)
ASSET_OBJ := $(B)/gen/assets.o $(B)/gen/assets_S.o
$(foreach l,$(filter-out page http,$(LAYERS)),$(eval $(call layer_lib,$(l),)))
$(eval $(call layer_lib,page,$(PAGE_GEN)))
$(eval $(call layer_lib,http,$(ASSET_OBJ)))

$(B)/zhidu: $(B)/obj/main.o $(LIBS) | $(B)/zhidu-signer
	@echo "  link $@"; $(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LINK) $(PKGL)
$(B)/zhidu-verify: $(B)/obj/verify_main.o $(B)/libsigner.a $(B)/libledger.a $(B)/libstore.a $(B)/libbase.a
	$(CC) $(LDFLAGS) -o $@ $^ $(PKGL)
# Holds a key: carries no library that it does not call.
$(B)/zhidu-signer: $(B)/obj/signer_main.o $(B)/libsigner.a $(B)/libledger.a $(B)/libbase.a
	$(CC) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(shell pkg-config --libs libsodium libcrypto)

# Stands on another host, and listens.
$(B)/zhidu-witness: $(B)/obj/witness_main.o $(B)/libledger.a $(B)/libbase.a
	$(CC) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(shell pkg-config --libs libmicrohttpd libsodium libcrypto)

# --- tests: tests/LAYER/NAME_test.c links LAYER and everything below it, and what else stands there --------------------------
TESTS   := $(patsubst tests/%.c,$(B)/t/%,$(wildcard tests/*/*_test.c))
upto     = $(if $(1),$(firstword $(1)) $(if $(filter $(2),$(firstword $(1))),,$(call upto,$(wordlist 2,$(words $(1)),$(1)),$(2))))
# an archive: a test of base takes nothing that stands on store
$(B)/libsupport.a: $(patsubst tests/%.c,$(B)/tests/%.o,$(wildcard tests/support/*.c))
	@rm -f $@
	ar rcs $@ $^
define layer_tests
$(patsubst tests/%.c,$(B)/t/%,$(wildcard tests/$(1)/*_test.c)): $(B)/t/%: $(B)/tests/%.o $$(patsubst tests/%.c,$(B)/tests/%.o,$$(filter-out %_test.c,$$(wildcard tests/$(1)/*.c))) $(B)/libsupport.a $(2)
	@mkdir -p $$(@D)
	$$(CC) $$(LDFLAGS) $$(QUICK_LINK) -o $$@ $$(filter %.o,$$^) $(B)/libsupport.a $(call reverse,$(2)) $$(PKGL) -lcmocka
endef
$(foreach l,$(LAYERS),$(eval $(call layer_tests,$(l),$(patsubst %,$(B)/lib%.a,$(call upto,$(LAYERS),$(l))))))
# a small organisation of the test's own
$(B)/t/connect/scorecard_test $(B)/t/connect/ical_duty_test: $(B)/tests/engine/house.o $(B)/tests/engine/duties.o

# --- bench: the product beside its floors (bench/README.md) --------------------------------------
BENCH := $(patsubst bench/%.c,$(B)/measure/%.o,$(wildcard bench/*.c))
$(BENCH): | $(GEN)
$(B)/measure/%.o: bench/%.c
	@mkdir -p $(@D)
	@echo "  cc   $<"; $(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<
comma_wrap = $(1:%=-Wl$(comma)--wrap=%)
$(B)/bench: $(BENCH) $(LIBS)
	@echo "  link $@"; $(CC) $(LDFLAGS) $(call comma_wrap,batch_add batch_run db_query db_exec db_queue db_mark db_commit sqlite3_reset) -o $@ $(BENCH) $(LINK) $(PKGL)
bench-%: $(B)/bench $(B)/zhidu
	rm -rf build/bench-data
	$(B)/bench --data build/bench-data --faults $* && rm -rf build/bench-data
bench: bench-200000
bench-long: bench-1000000

# --- torture: kill -9 and faults under write load (tests/torture) --------------------------------------
SUPPORT := $(B)/tests/support/client.o $(B)/tests/support/server.o
$(B)/torture: $(patsubst %.c,$(B)/%.o,$(wildcard tests/torture/*.c)) $(SUPPORT) $(B)/libstore.a $(B)/libbase.a
	@echo "  link $@"; $(CC) $(LDFLAGS) -o $@ $^ $(PKGL)
# Loaded before the server, it moves the server's clock.
$(B)/clockshift.so: tests/torture/preload/clockshift.c
	@mkdir -p $(@D)
	@echo "  link $@"; $(CC) -std=c17 -D_GNU_SOURCE -O1 -fPIC -shared -o $@ $< -ldl
$(B)/torture: | $(B)/clockshift.so
ROUNDS ?= 200
TIMES ?= 30
torture: $(B)/torture $(B)/zhidu $(B)/t/approval/random_test $(B)/t/engine/approve_random_test
	ZHIDU=$(B)/zhidu $(B)/torture --rounds $(ROUNDS) --times $(TIMES)
	ZHIDU_APPROVAL_RUNS=200000 $(B)/t/approval/random_test
	ZHIDU_APPROVAL_ACTS=2000000 $(B)/t/engine/approve_random_test
# --- history: the real log brought along, killed and gone on with (tests/history/history.c) --------
$(B)/history: $(B)/tests/history/history.o $(B)/tests/connect/maker.o $(SUPPORT) $(B)/libstore.a $(B)/libbase.a
	@echo "  link $@"; $(CC) $(LDFLAGS) -o $@ $^ $(PKGL)

# --- rights: every route by every role, beside an evaluator of the test's own (tests/rights) ---------
RIGHTS  := $(patsubst tests/%.c,$(B)/tests/%.o,$(filter-out tests/rights/sweep.c,$(wildcard tests/rights/*.c)))
$(RIGHTS) $(B)/tests/rights/sweep.o: | $(GEN)
ALL_LIBS := $(call reverse,$(filter-out $(B)/libcli.a,$(LIBS)))
$(B)/rights: $(RIGHTS) $(B)/libsupport.a $(LIBS)
	@echo "  link $@"; $(CC) $(LDFLAGS) -Wl,--wrap=http_resume -o $@ $(RIGHTS) $(B)/libsupport.a $(ALL_LIBS) $(PKGL) -lcmocka
rights: $(B)/rights
	$(B)/rights
# Every allocation of every route fails once; best with V=asan.
SWEEP_EACH ?= 0
sweep: $(B)/sweep
	$(B)/sweep --each $(SWEEP_EACH)
ARENA_WRAPS := $(call comma_wrap,http_resume arena_alloc arena_try arena_bytes arena_defer)
SWEEP   := $(patsubst %,$(B)/tests/rights/%.o,sweep site walk oracle facts)
$(B)/sweep: $(SWEEP) $(B)/libsupport.a $(LIBS)
	@echo "  link $@"; $(CC) $(LDFLAGS) $(ARENA_WRAPS) -o $@ $(SWEEP) $(B)/libsupport.a $(ALL_LIBS) $(PKGL) -lcmocka

# --- routes: the table of pages, for tests that may forget none (tests/browser/pages.mjs) -------------
$(B)/tests/browser/routes.o: | $(GEN)
$(B)/routes: $(B)/tests/browser/routes.o $(LIBS)
	@echo "  link $@"; $(CC) $(LDFLAGS) -o $@ $< $(ALL_LIBS) $(PKGL)
# --- scan: strangers' tools attack the running product (tests/scan) -----------------------------------
scan:
	tool/scan.sh $(SCAN)

# one of them runs zhidu-verify as a process
$(B)/t/ledger/proof_test $(B)/t/connect/evidence_test: | $(B)/zhidu-verify
$(B)/t/http/requests_test $(B)/t/http/abuse_test $(B)/t/cli/serve_test $(B)/t/cli/jobs_test $(B)/t/cli/key_test $(B)/t/cli/confine_test: | $(B)/zhidu
$(B)/t/ledger/witness_test: | $(B)/zhidu-witness
tests: $(TESTS) $(B)/routes
test: $(TESTS)
	tool/run-tests.sh $(TESTS)

# All tests where two threads that touch the same thing without order are an end.
tsan:
	$(MAKE) V=tsan all tests
	TSAN_OPTIONS=exitcode=66 tool/run-tests.sh build/tsan/t/*/*_test

# --- fuzzing: tests/fuzz/fuzz_NAME.c is a target; see tests/fuzz/README.md -----------------------------
FUZZ     := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZLIBS := $(LINK)
FUZZ_RUN := $(if $(filter fuzz,$(V)),-fsanitize=fuzzer,$(B)/tests/fuzz/replay.o)
$(B)/fuzz/%: $(B)/tests/fuzz/fuzz_%.o $(if $(filter fuzz,$(V)),,$(B)/tests/fuzz/replay.o) $(FUZZLIBS)
	@mkdir -p $(@D)
	@$(CC) $(LDFLAGS) -o $@ $< $(FUZZ_RUN) $(FUZZLIBS) $(PKGL)
fuzz-build: $(FUZZ:%=$(B)/fuzz/%)
# Every file of the corpora once, with any compiler and sanitizer.
fuzz-replay: fuzz-build
	tool/fuzz.sh replay $(B)/fuzz
# Each target for T seconds, from its corpus.
T ?= 60
RUNS ?= -1
fuzz:
	$(MAKE) V=fuzz fuzz-build
	tool/fuzz.sh run build/fuzz/fuzz $(T) $(RUNS)

# --- installing ------------------------------------------------------------------------------------
PREFIX  ?= /usr
install: all
	install -D -m 755 $(B)/zhidu $(DESTDIR)$(PREFIX)/bin/zhidu
	install -D -m 755 $(B)/zhidu-verify $(DESTDIR)$(PREFIX)/bin/zhidu-verify
	install -D -m 755 $(B)/zhidu-signer $(DESTDIR)$(PREFIX)/bin/zhidu-signer
	install -D -m 755 $(B)/zhidu-witness $(DESTDIR)$(PREFIX)/bin/zhidu-witness
	mkdir -p $(DESTDIR)$(PREFIX)/share/zhidu
	cp -r regulations $(DESTDIR)$(PREFIX)/share/zhidu/
	test -e $(DESTDIR)/etc/zhidu/zhidu.conf || install -D -m 640 packaging/zhidu.conf $(DESTDIR)/etc/zhidu/zhidu.conf
	install -D -m 644 packaging/zhidu.service $(DESTDIR)/lib/systemd/system/zhidu.service
	install -D -m 644 packaging/zhidu-signer.service $(DESTDIR)/lib/systemd/system/zhidu-signer.service
	install -D -m 644 packaging/zhidu-witness.service $(DESTDIR)/lib/systemd/system/zhidu-witness.service

CODE := $(wildcard src/*.[ch] src/*/*.[ch] tests/*/*.[ch] tool/*.c bench/*.[ch])
check:
	./check
tidy: all
	tool/tidy.sh $(B) 'clang-analyzer-*,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling,-clang-analyzer-valist.Uninitialized'
fmt:
	clang-format -i $(CODE)

-include $(shell find $(B) -name '*.d' 2>/dev/null)
.PHONY: tsan all tests test fmt tidy check install fuzz fuzz-build fuzz-replay bench bench-long torture rights sweep scan
.SECONDARY:
