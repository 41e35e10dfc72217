# Everything that a person types. Each target installs what it needs first (scripts/setup), then does its work;
# a second call with nothing changed does nothing.
.PHONY: build demo test bench format check-format tidy fuzz clean

build:
	@scripts/setup build
	@scripts/build release

demo:
	@scripts/setup demo
	@scripts/build release
	@demo/run

test: check-format
	@scripts/setup test
	@scripts/build release
	@cmake --workflow --preset dev

bench:
	@scripts/setup bench
	@scripts/build bench
	@bench/run

# clang-format 19: the same version everywhere, or every machine would see other differences
check-format:
	@scripts/setup test
	@git ls-files '*.h' '*.cc' | xargs clang-format-19 --dry-run --Werror

format:
	@scripts/setup tidy
	@git ls-files '*.h' '*.cc' | xargs clang-format-19 -i

tidy:
	@scripts/setup tidy
	@scripts/tidy

fuzz:
	@scripts/setup fuzz
	@scripts/build fuzz
	@scripts/fuzz

clean:
	@rm -rf build
