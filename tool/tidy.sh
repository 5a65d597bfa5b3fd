#!/bin/sh
# clang-tidy over src/ (.clang-tidy says what is looked for).
#   tool/tidy.sh [BUILD] [MORE CHECKS]     usual: build/release, for what is generated
build=${1:-build/release}
flags="-std=c17 -D_GNU_SOURCE -Isrc -I$build -include src/base/banned.h
$(pkg-config --cflags libmicrohttpd sqlite3 libpq jansson yaml-0.1 md4c libsodium libcrypto libpcre2-8 libqrencode xlsxwriter minizip expat cairo cairo-pdf pangocairo)"
list=$(git ls-files 'src/*.c')
n=$(printf '%s\n' "$list" | wc -l)
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
printf '%s\n' "$list" | xargs -P "$(nproc)" -I{} sh -c "
    clang-tidy --quiet --checks='${2:-}' {} -- $(echo $flags) 2>&1 || echo '{}: failed'" >"$out"
if grep -qE 'error:|: failed$' "$out"; then
    grep -vE '^[0-9]+ warnings? (generated|treated)|^Suppressed|^Use -header' "$out"
    exit 1
fi
echo "$n passed, 0 failed"
