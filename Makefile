# make train   get a book, train a DNC on it for about a minute, show what it learned and what it writes
# make test    every test: the C core alone, then the Swift package, optimised
# make test-full  the same at the figures of docs/RELIABILITY.md, with sanitizers, valgrind, fuzzing and mutants: hours
# make build   the command: .build/release/dnc
# make install  dnc, its manual pages and completions below PREFIX, or DESTDIR and PREFIX; check-install tries that in a folder
# make docs    the documentation as a static site, in .build-docs/site
# make format  lay out the Swift and C sources;  make lint checks that they are, and that all that is public is documented
DATA ?= data/book.txt
OUT ?= runs/first
SECONDS_OF_TRAINING ?= 60
PREFIX ?= /usr/local
DNC = .build/release/dnc
SWIFT_SOURCES = Sources Tests Snippets Package.swift
C_SOURCES = $(wildcard csrc/include/*.h csrc/src/*.[ch] csrc/src/engine/*.h csrc/src/engine/*/*.h csrc/tests/*.[ch] \
    csrc/tests/kernels/*.h csrc/examples/*.[ch]* csrc/examples/*/*.c Tests/Faults/*.c)

# The book: "Alice's Adventures in Wonderland" as the Canterbury corpus has it.
BOOK_URL = https://raw.githubusercontent.com/google/brotli/v1.1.0/tests/testdata/alice29.txt
BOOK_SHA256 = 7467306ee0feed4971260f3c87421154a05be571d944e9cb021a5713700c38f0

# Homebrew keeps OpenBLAS out of the default paths.
ifeq ($(shell uname -s),Darwin)
BREW_OPENBLAS := $(shell brew --prefix openblas 2>/dev/null)
export PKG_CONFIG_PATH := $(BREW_OPENBLAS)/lib/pkgconfig:$(PKG_CONFIG_PATH)
SHA256 = shasum -a 256
else
SHA256 = sha256sum
endif

.PHONY: train test test-full build install check-install openblas docs format lint clean

train: build $(DATA)
	@echo "== Training for $(SECONDS_OF_TRAINING) seconds; Ctrl-C saves and ends"
	@resume=; [ ! -f $(OUT)/last.safetensors ] || resume=--resume; \
	$(DNC) train --data $(DATA) --out $(OUT) --time-limit $(SECONDS_OF_TRAINING) $$resume
	@echo "== What it writes"
	@$(DNC) sample $(OUT) --length 500
	@echo "== Go on:  make train  or  $(DNC) train --data $(DATA) --out $(OUT) --resume --time-limit 600"

test: openblas
	$(MAKE) -C csrc check
	swift test -c release --scratch-path .build-test --traits Watch  # its own folder, since testability changes every module

test-full: openblas
	DNC_FULL_TESTS=1 $(MAKE) test
	$(MAKE) -C csrc check-sanitizers check-valgrind coverage check-flags check-ports check-web
	$(MAKE) check-install
	Tests/Fuzzing/run 10000000
	python3 Tests/Mutation/mutate.py

build: openblas
	swift build -c release --product dnc $(SWIFT_FLAGS)

# Installed where it is missing; needs root or sudo on Debian and Ubuntu, Homebrew on macOS.
openblas:
	@pkg-config --exists openblas zlib 2>/dev/null || scripts/install-openblas

data/book.txt: | build
	@mkdir -p data
	@if curl --fail --silent --show-error --location --max-time 60 $(BOOK_URL) -o $@.download && \
	    echo "$(BOOK_SHA256)  $@.download" | $(SHA256) --check --status; then mv $@.download $@; \
	else rm -f $@.download; echo "No book to be had from the network; making up a text instead."; \
	    $(DNC) text --length 200000 > $@; fi

SHARE = $(DESTDIR)$(PREFIX)/share

install: build
	scripts/build-manual .build/manual
	install -d $(DESTDIR)$(PREFIX)/bin $(SHARE)/man/man1 $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions \
	    $(SHARE)/fish/vendor_completions.d
	install -m 755 $(DNC) $(DESTDIR)$(PREFIX)/bin
	install -m 644 .build/manual/*.1 $(SHARE)/man/man1
	$(DNC) --generate-completion-script bash > $(SHARE)/bash-completion/completions/dnc
	$(DNC) --generate-completion-script zsh > $(SHARE)/zsh/site-functions/_dnc
	$(DNC) --generate-completion-script fish > $(SHARE)/fish/vendor_completions.d/dnc.fish

check-install:
	scripts/check-install

docs: openblas
	scripts/build-documentation

format:
	swift format --in-place --recursive $(SWIFT_SOURCES)
	clang-format -i $(C_SOURCES)

lint:
	swift format lint --strict --recursive $(SWIFT_SOURCES)
	clang-format --dry-run --Werror $(C_SOURCES)
	scripts/check-documentation

clean:
	rm -rf .build .build-test .build-fuzz .build-docs .build-symbols
	$(MAKE) -C csrc clean
