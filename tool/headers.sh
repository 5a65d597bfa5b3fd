#!/bin/sh
# Every header compiles alone: who includes it needs to know nothing else.
#   tool/headers.sh [BUILD]        usual: build/release, for what is generated
build=${1:-build/release}
flags="-std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror -Isrc -Itests -I$build -include src/base/banned.h
$(pkg-config --cflags libmicrohttpd sqlite3 libpq jansson yaml-0.1 md4c libsodium libcrypto libpcre2-8 libqrencode xlsxwriter minizip expat cairo cairo-pdf pangocairo)"
list=$(git ls-files 'src/*.h' 'tests/*.h' 'bench/*.h' | grep -v 'src/base/banned.h')
n=$(printf '%s\n' "$list" | wc -l)
out=$(printf '%s\n' "$list" | xargs -P "$(nproc)" -I{} sh -c '
    printf "#include \"%s\"\n" "{}" | gcc '"$(echo $flags)"' -I. -Ibench -fsyntax-only -x c - 2>&1 | sed "s|^|{}: |"')
if [ "$out" != "" ]; then
    printf '%s\n' "$out"
    exit 1
fi
echo "$n passed, 0 failed"
