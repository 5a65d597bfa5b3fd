#!/bin/bash
# full_disk.sh - init and the start of the server where the disk is full: said in words, nothing half
# done, and with room a second try works.  On small disks in a mount namespace of its own, where the
# system permits one.  Ends with "N passed, N failed".
set -u
cd "$(dirname "$0")/../.."
if [ "${1:-}" != inside ]; then
    unshare -m true 2>/dev/null && exec unshare -m "$0" inside
    echo "skipped: no disk can be mounted here"
    exit 0
fi
zhidu=$PWD/build/release/zhidu
dir=$PWD/build/full-disk
said=$PWD/build/full-disk.said # not on the disk that is full
port=${FULL_DISK_PORT:-18695}
passed=0 failed=0
mkdir -p "$dir"
mount --make-rprivate /
trap 'umount "$dir" 2>/dev/null; rmdir "$dir"; rm -f "$said"' EXIT

ok() { # SENTENCE COMMAND...
    sentence=$1
    shift
    if "$@"; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        printf 'FAIL %s\n' "$sentence"
        tail -n 5 "$said"
    fi
}
try() { LC_ALL=$1 "$zhidu" "${@:2}" >"$said" 2>&1; } # LANGUAGE COMMAND...
told() { # nothing was done, and why: in both languages
    ! try en_US.UTF-8 "$@" && grep -q "The server's disk is full or cannot be written" "$said" &&
        ! try zh_CN.UTF-8 "$@" && grep -q '磁盘已满或只读' "$said"
}
for kb in 64 1500 9000; do # full at the key, the tables, the records
    mount -t tmpfs -o size=${kb}k tmpfs "$dir" || exit 1
    ok "init on $kb KB says that the disk is full" told init regulations --demo --data "$dir/data"
    ok "and leaves nothing" test ! -e "$dir/data"
    mount -o remount,size=60m "$dir"
    ok "with room the second try works" try C.UTF-8 init regulations --demo --data "$dir/data"
    [ $kb = 9000 ] || umount "$dir"
done
dd if=/dev/zero of="$dir/fill" bs=4k 2>/dev/null
ok "a start on a full disk says so" told serve --data "$dir/data" --port "$port"
rm "$dir/fill"
ZHIDU_DEMO=yes "$zhidu" serve --data "$dir/data" --port "$port" >"$said" 2>&1 &
server=$!
for _ in $(seq 200); do curl -s "http://127.0.0.1:$port/readyz" | grep -q ready && break || sleep 0.05; done
ok "with room it starts" grep -q ready <(curl -s "http://127.0.0.1:$port/readyz")
kill $server && wait $server 2>/dev/null
ok "and nothing is amiss" try C.UTF-8 ledger verify --data "$dir/data"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
