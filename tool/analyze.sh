#!/bin/sh
# gcc -fanalyzer over the folders where it is silent: there it stays so.  (In the
# others it mistakes what is written through a pointer for uninitialised; of
# people/security.c and http/conn.c it takes for lost what the writer's queue and
# the table of addresses own.)
#   tool/analyze.sh [BUILD]        usual: build/release, for what is generated
build=${1:-build/release}
flags="-std=c17 -D_GNU_SOURCE -O1 -fanalyzer -Werror -Isrc -I$build -include src/base/banned.h
$(pkg-config --cflags libmicrohttpd sqlite3 libpq jansson yaml-0.1 md4c libsodium libcrypto libpcre2-8 libqrencode xlsxwriter minizip expat cairo cairo-pdf pangocairo)"
list=$(git ls-files 'src/base/*.c' 'src/http/*.c' 'src/people/*.c' 'src/web/*.c' 'src/api/*.c' | grep -vE 'src/(people/security|http/conn)\.c')
n=$(printf '%s\n' "$list" | wc -l)
printf '%s\n' "$list" | xargs -P "$(nproc)" -I{} sh -c "gcc $(echo $flags) -c -o /dev/null {}" || exit 1
echo "$n passed, 0 failed"
