#!/bin/bash
# scan.sh - strangers' tools attack the running product: sqlmap on every parameter of
# every address, wapiti on all it finds, both with a signed-in session.
#
#   tool/scan.sh [--pg] [--quick] [--asan] [--only PATTERN] [--port N]
#     --pg     on PostgreSQL instead of SQLite      --quick  level 1, minutes instead of half an hour
#     --asan   the build with AddressSanitizer and UBSan
#     --only   requests whose file name matches; without wapiti
#
# Installs sqlmap and wapiti (Debian's packages).  The demonstration is fresh and served
# on loopback, its limits per minute switched off, or the scan would see 429 only.  What
# is attacked is told by the program (tests/scan/README.md).  Fails on anything found, on
# an answer 5xx, a sanitizer's message, a server that is gone, a request that was not
# attacked to its end, and when most answers say that nobody looked.
set -u
cd "$(dirname "$0")/.."
. tool/packages.sh
export LC_ALL=C.UTF-8
V=release pg=no quick= only= port=18590
while [ $# -gt 0 ]; do
    case $1 in
    --pg) pg=yes ;;
    --asan) V=asan ;;
    --quick) quick=--quick ;;
    --only) only=$2 && shift ;;
    --port) port=$2 && shift ;;
    *) sed -n '2,16s/^# \{0,1\}//p' "$0" && exit 2 ;;
    esac
    shift
done
need $BUILD_PACKAGES sqlmap wapiti $([ $pg = no ] || echo postgresql-15) && need_node || exit 1
make -j"$(nproc)" V=$V build/$V/zhidu build/$V/zhidu-signer build/$V/routes >/dev/null || exit 1

out=$PWD/build/scan/$([ $pg = yes ] && echo postgresql || echo sqlite)-$V
rm -rf "$out"
mkdir -p "$out/targets" "$out/sqlmap"
zhidu=build/$V/zhidu url=http://127.0.0.1:$port dbms=SQLite
server= listener=
stop() {
    [ "$listener" = "" ] || kill "$listener"
    [ "$server" = "" ] || kill "$server" && wait "$server" 2>/dev/null
    [ $pg = no ] || tests/support/pg.sh stop "$out/pg"
}
trap stop EXIT
if [ $pg = yes ]; then
    dbms=PostgreSQL
    ZHIDU_DATABASE=$(tests/support/pg.sh start "$out/pg") && export ZHIDU_DATABASE || exit 1
fi
$zhidu init regulations --demo --cases --data "$out/data" >"$out/init.log" 2>&1 || { cat "$out/init.log" && exit 1; }

# Without limits per minute; every request is logged.
export ZHIDU_SIGNINS_PER_MINUTE=0 ZHIDU_SEARCHES_PER_MINUTE=0 ZHIDU_SUGGESTIONS_PER_MINUTE=0
export ZHIDU_EXPORTS_PER_MINUTE=0 ZHIDU_UPLOADS_PER_MINUTE=0 ZHIDU_LOG_REQUESTS=yes ZHIDU_DEMO=yes
ASAN_OPTIONS=exitcode=77 $zhidu serve --data "$out/data" --port "$port" >"$out/server.log" 2>&1 &
server=$!
for _ in $(seq 300); do
    curl -so /dev/null "$url/healthz" && break
    kill -0 $server 2>/dev/null || { cat "$out/server.log" && exit 1; }
    sleep 0.2
done
node tests/scan/listener.mjs $((port + 1)) >"$out/called.log" &
listener=$!

build/$V/routes >"$out/routes"
node tests/scan/targets.mjs --url "$url" --routes "$out/routes" --data "$out/data" --zhidu $zhidu --out "$out/targets" || exit 1

# --- sqlmap: each request by itself, two at a time ------------------------------------------------
attack() { # REQUEST
    name=$(basename "$1" .req)
    mapfile -t options <"${1%.req}.opt"
    TERM=dumb timeout "$SECONDS_EACH" sqlmap --ignore-stdin -r "$1" --batch --level="$LEVEL" --risk="$RISK" --technique=BEUSTQ --dbms="$DBMS" --threads=2 --time-sec=2 \
        --answers="other non-custom=N" --ignore-redirects --ignore-code=401 --flush-session --disable-coloring \
        --output-dir="$OUT/sqlmap/$name.d" "${options[@]}" >"$OUT/sqlmap/$name.log" 2>&1
    rm -rf "$OUT/sqlmap/$name.d"
}
export -f attack
export OUT=$out DBMS=$dbms LEVEL=${quick:+1} RISK=${quick:+1}
LEVEL=${LEVEL:-3} RISK=${RISK:-3}
export SECONDS_EACH=${SCAN_SECONDS:-300}
began=$(date +%s)
ls "$out"/targets/*"$only"*.req | xargs -P 2 -I{} bash -c 'attack {}'
tried=$(ls "$out"/sqlmap/*.log | wc -l)
clean=$(grep -lE "do(es)? not (appear|seem) to be injectable" "$out"/sqlmap/*.log | wc -l)
grep -lE "sqlmap identified the following injection|is vulnerable" "$out"/sqlmap/*.log >"$out/found"
echo "sqlmap $(sqlmap --version 2>/dev/null | head -1), $dbms: $tried requests attacked in $(($(date +%s) - began)) s, $clean to their end without a find, $(wc -l <"$out/found") with"

# --- wapiti: what it finds by itself ----------------------------------------------------------------
wapiti_flaws=0
if [ "$only" = "" ]; then
    wapiti -u "$url/" -c "$out/targets/wapiti.json" --scope domain --flush-session --no-bugreport -f json -o "$out/wapiti.json" \
        -m backup,blindsql,cookieflags,crlf,csp,csrf,exec,file,htaccess,http_headers,methods,permanentxss,redirect,shellshock,sql,ssrf,xss,xxe \
        -x "$url/signout" -x "$url/me/sessions/end" -x "$url/me/password" -x "$url/assets/*" -S normal -d 6 \
        --max-files-per-dir 20 --max-links-per-page 40 --max-scan-time ${quick:+1}200 --max-attack-time ${quick:+0}90 \
        --endpoint "http://127.0.0.1:$((port + 1))/" --store-session "$out/wapiti" >"$out/wapiti.log" 2>&1
    node tests/scan/wapiti.mjs "$out/wapiti.json" || wapiti_flaws=$?
fi

# --- what the server says of it ------------------------------------------------------------------------
node tests/scan/answers.mjs "$out/server.log" "$out/routes" >"$out/answers" || blind=1
tail -n 14 "$out/answers"
