#!/bin/sh
# pg.sh start DIR - starts a private PostgreSQL in DIR (made when missing), with
#                   its socket there and a free port on 127.0.0.1, and prints its URL:
#                   ZHIDU_PG=$(tests/support/pg.sh start /tmp/x) make test
# pg.sh stop DIR  - stops it and takes its data away.
# It does not wait for the disk (fsync=off): a test's data need not outlive the machine.
# As root the server runs as `postgres`, because it refuses to run as root.
set -eu

fail() { echo "pg.sh: $*" >&2; exit 1; }

[ $# -eq 2 ] || fail "usage: pg.sh start|stop DIR"
dir=$2
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb || echo /none/initdb)")
[ -x "$bin/initdb" ] || fail "no initdb found; install PostgreSQL"

as_server() {
    if [ "$(id -u)" -eq 0 ]; then
        runuser -u postgres -- "$@"
    else
        "$@"
    fi
}

port_is_free() {
    ! ss -Hltn "sport = :$1" 2>/dev/null | grep -q .
}

start() {
    mkdir -p "$dir"
    dir=$(cd "$dir" && pwd)
    if [ "$(id -u)" -eq 0 ]; then
        chown postgres "$dir"
    fi
    chmod 755 "$dir"
    [ -d "$dir/data" ] || as_server "$bin/initdb" -D "$dir/data" -U zhidu -A trust \
        --encoding=UTF8 --locale=C.UTF-8 >"$dir/initdb.log" 2>&1 || fail "initdb: see $dir/initdb.log"
    port=$((20000 + $$ % 9000))
    tries=0
    while [ $tries -lt 20 ]; do
        if port_is_free "$port" && as_server "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" \
            -w -t 30 -o "-p $port -k $dir -c listen_addresses=127.0.0.1 -c max_connections=120 -c shared_buffers=64MB -c fsync=off -c full_page_writes=off" \
            start >"$dir/pg_ctl.log" 2>&1; then
            echo "$port" >"$dir/port"
            echo "postgresql://zhidu@127.0.0.1:$port/postgres"
            return
        fi
        port=$((port + 1))
        tries=$((tries + 1))
    done
    fail "no server came up: see $dir/server.log"
}

stop() {
    [ -d "$dir/data" ] || fail "$dir holds no server"
    as_server "$bin/pg_ctl" -D "$dir/data" -m fast -w stop >/dev/null
    rm -rf "$dir/data" "$dir/port" "$dir"/*.log
    rmdir "$dir" 2>/dev/null || true
}

case $1 in
start) start ;;
stop) stop ;;
*) fail "usage: pg.sh start|stop DIR" ;;
esac
