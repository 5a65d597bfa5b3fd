#!/bin/bash
# scan.sh - strangers' tools attack the running product: sqlmap on every parameter of
# every address, wapiti on all it finds, both with a signed-in session.
#
#   tool/scan.sh [--pg] [--quick] [--asan] [--sqlmap | --wapiti] [--only PATTERN] [--port N]
#     --pg     on PostgreSQL instead of SQLite      --quick  level 1, minutes instead of half an hour
#     --asan   the build with AddressSanitizer and UBSan
#     --sqlmap, --wapiti   one of the two           --only   requests whose file name matches
#
# Installs sqlmap and wapiti (Debian's packages).  The demonstration is fresh and served
# on loopback, its limits per minute switched off, or the scan would see 429 only.  What
# is attacked is told by the program (tests/scan/README.md).  Fails on anything found, on
# an answer 5xx, a sanitizer's message, a server that is gone, a request that was not
# attacked to its end in SCAN_SECONDS (600), a session that an attack has ended, and a route
# that never took what it was sent.  SCAN_MODULE_SECONDS: of each module of wapiti.
set -u
cd "$(dirname "$0")/.."
. tool/packages.sh
export LC_ALL=C.UTF-8
V=release pg=no quick= only= tools=both port=18590
while [ $# -gt 0 ]; do
    case $1 in
    --pg) pg=yes ;;
    --asan) V=asan ;;
    --quick) quick=--quick ;;
    --sqlmap | --wapiti) tools=${1#--} ;;
    --only) only=$2 && shift ;;
    --port) port=$2 && shift ;;
    *) sed -n '2,17s/^# \{0,1\}//p' "$0" && exit 2 ;;
    esac
    shift
done
need $BUILD_PACKAGES sqlmap wapiti $([ $pg = no ] || echo postgresql-15) && need_node || exit 1
make -j"$(nproc)" V=$V build/$V/zhidu build/$V/zhidu-signer build/$V/routes >/dev/null || exit 1

out=$PWD/build/scan/$([ $pg = yes ] && echo postgresql || echo sqlite)-$V-$tools
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
serve() { # LOG
    ASAN_OPTIONS=exitcode=77 LSAN_OPTIONS=suppressions=tests/support/lsan.supp,print_suppressions=0 $zhidu serve --data "$out/data" --port "$port" >>"$1" 2>&1 &
    server=$!
    for _ in $(seq 300); do
        curl -kso /dev/null "$url/healthz" && return
        kill -0 $server 2>/dev/null || break
        sleep 0.2
    done
    cat "$1" && exit 1
}
ended() { # the server goes when it is told to, and says that all is well
    kill "$server"
    wait "$server" || { echo "FLAW the server ended with $?" && bad=1; }
    server=
}
bad=0
serve "$out/walk.log"
node tests/scan/listener.mjs $((port + 1)) >"$out/called.log" &
listener=$!

build/$V/routes all | cut -d' ' -f1,2 >"$out/routes"
node tests/scan/targets.mjs --url "$url" --routes "$out/routes" --data "$out/data" --zhidu $zhidu --out "$out/targets" || exit 1
ended
serve "$out/server.log" # from here on each answer is one to an attack

# --- sqlmap: each request by itself, three at a time ------------------------------------------------
attack() { # REQUEST
    name=$(basename "$1" .req)
    mapfile -t options < <(if [ "$LEVEL" = 1 ]; then grep -v -e --level -e --risk "${1%.req}.opt"; else cat "${1%.req}.opt"; fi)
    TERM=dumb timeout "$SECONDS_EACH" sqlmap --ignore-stdin -r "$1" --batch --level="$LEVEL" --risk="$RISK" --technique=BEUSTQ --dbms="$DBMS" --threads=2 --time-sec=2 \
        --answers="other non-custom=N" --ignore-redirects --ignore-code=401,404 --drop-set-cookie --flush-session --disable-coloring \
        --output-dir="$OUT/sqlmap/$name.d" "${options[@]}" >"$OUT/sqlmap/$name.log" 2>&1
    [ $? != 124 ] || echo "cut off after $SECONDS_EACH s" >>"$OUT/sqlmap/$name.log"
    rm -rf "$OUT/sqlmap/$name.d"
}
export -f attack
export OUT=$out DBMS=$dbms LEVEL=${quick:+1} RISK=${quick:+1}
LEVEL=${LEVEL:-2} RISK=${RISK:-3}
export SECONDS_EACH=${SCAN_SECONDS:-600}
if [ $tools != wapiti ]; then
    began=$(date +%s)
    ls "$out"/targets/*"$only"*.req | xargs -P "${SCAN_JOBS:-3}" -I{} bash -c 'attack {}'
    done="all tested parameters do not appear to be injectable"
    tried=$(ls "$out"/sqlmap/*.log | wc -l)
    clean=$(grep -l "$done" "$out"/sqlmap/*.log | wc -l)
    grep -lE "sqlmap identified the following injection|is vulnerable" "$out"/sqlmap/*.log >"$out/found" && bad=1
    sed 's/^/FLAW sqlmap: /' "$out/found"
    for log in $(grep -L "$done" "$out"/sqlmap/*.log); do
        echo "FLAW not attacked to its end: $(basename "$log" .log): $(tail -1 "$log")"
    done
    [ "$tried" = "$clean" ] || bad=1
    echo "sqlmap $(sqlmap --version 2>/dev/null | head -1), $dbms, level $LEVEL, risk $RISK: $tried requests attacked in" \
        "$(($(date +%s) - began)) s, $clean to their end without a find, $(wc -l <"$out/found") with"
fi

# --- wapiti: what it finds by itself, over https as people would come -----------------------------
if [ $tools != sqlmap ]; then
    ended
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=127.0.0.1 \
        -keyout "$out/key.pem" -out "$out/cert.pem" 2>/dev/null
    export ZHIDU_TLS_CERT=$out/cert.pem ZHIDU_TLS_KEY=$out/key.pem ZHIDU_PUBLIC_URL=https://127.0.0.1
    url=https://127.0.0.1:$port
    serve "$out/server.log"
    began=$(date +%s)
    /usr/bin/python3 tests/scan/wapiti.py -u "$url/" -c "$out/targets/wapiti.json" --scope domain --flush-session --no-bugreport \
        -m backup,blindsql,cookieflags,crlf,csp,csrf,exec,file,htaccess,http_headers,methods,permanentxss,redirect,shellshock,sql,ssrf,xss,xxe \
        -x "$url/signout" -x "$url/me/sessions/end" -x "$url/me/password" -x "$url/admin/account/*" -x "$url/assets/*" -S normal -d 4 \
        --max-files-per-dir 5 --max-links-per-page 40 --max-scan-time 90 --max-attack-time "${SCAN_MODULE_SECONDS:-$((LEVEL * 20))}" \
        --endpoint "http://127.0.0.1:$((port + 1))/" --store-session "$out/wapiti" -f json -o "$out/wapiti.json" >"$out/wapiti.log" 2>&1
    node tests/scan/wapiti.mjs "$out/wapiti.json" "$out/wapiti.log" || bad=1
    # What follows the end of its session is answered with the page to sign in, and no attack.
    still=$(curl -kso /dev/null -w '%{http_code}' -b "__Host-zhidu=$(sed 's/.*"value":"\([^"]*\)".*/\1/' "$out/targets/wapiti.json")" "$url/me")
    [ "$still" = 200 ] || { echo "FLAW wapiti ended its own session: /me is answered $still" && bad=1; }
    echo "wapiti took $(($(date +%s) - began)) s"
    if [ -s "$out/called.log" ]; then sed 's/^/FLAW /' "$out/called.log" && bad=1; fi
fi

# --- what the server says of it ------------------------------------------------------------------------
ended
every= # one tool alone, or a part, need not reach every route
[ "$tools$only" = both ] && every=every
node tests/scan/answers.mjs "$out/server.log" "$out/routes" $every >"$out/answers" || bad=1
grep -vE '^(GET|POST) ' "$out/answers"
if [ $bad = 0 ]; then echo "1 passed, 0 failed"; else echo "0 passed, 1 failed"; fi
exit $bad
