#!/bin/bash
# run-tests.sh PROGRAM... - runs test programs, as many at a time as there are
# processors (JOBS=n: so many).  A program that passes is one line when it ends;
# of those that fail, everything they printed is shown afterwards, in the order
# given.  Ends with "N passed, N failed", counted from cmocka's closing lines; a
# program that dies without one counts as failed.  Exit status 0 only when nothing
# failed.
#
# Programs that run at the same time share nothing: each chooses its ports
# (tests/support/server.c) and folders by itself, and on PostgreSQL (ZHIDU_PG in the
# environment: postgresql:...) each place in the queue has a database of its own, for
# the lock of the writers and NOTIFY belong to a database.  What was skipped without
# ZHIDU_PG is said once, at the end.
#
# SQLite's files of tests go to memory where there is room (ZHIDU_TEST_DIR names
# another folder): a killed process loses nothing there either, and what a lost
# power supply does is tried on a disk of the tests' own (tests/support/disk.h).
set -u

# The queue's: one program, what it printed and how it ended into files.
if [ "${1:-}" = --one ]; then
    out=$2 at=$3 program=$4
    [ -n "${ZHIDU_PG:-}" ] && export ZHIDU_PG="${ZHIDU_PG%/*}/${out##*/}_$SLOT"
    began=$(date +%s)
    "$program" >"$out/$at" 2>&1
    status=$?
    took=$(($(date +%s) - began))
    p=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$out/$at" | awk '{ n += $1 } END { print n + 0 }')
    f=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test.*/\1/p' "$out/$at" | awk '{ n += $1 } END { print n + 0 }')
    if [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi
    if [ "$status" -eq 0 ] && [ "$p" -eq 0 ]; then
        f=1
        echo "$program ran no test" >>"$out/$at"
    fi
    s=$(grep -c '^SKIPPED on PostgreSQL' "$out/$at")
    echo "$p $f $s $status" >"$out/$at.counts"
    if [ "$f" -eq 0 ]; then echo "ok    $p  $program  $took s"; else echo "FAIL  $program (status $status)"; fi
    exit 0
fi

jobs=${JOBS:-$(nproc)}
out=$(mktemp -d /tmp/zhidu_tests_XXXXXX) || exit 1
base=${out##*/}
memory=
databases() { # create|drop
    [ -n "${ZHIDU_PG:-}" ] || return 0
    for slot in $(seq "$jobs"); do
        psql "$ZHIDU_PG" -qc "$1 database \"${base}_$slot\"" || return 1
    done
}
end() {
    databases drop
    rm -rf "$out" ${memory:+"$memory"}
}
trap end EXIT
databases create || exit 1
if [ -z "${ZHIDU_TEST_DIR:-}" ] && [ "$(df --output=avail /dev/shm 2>/dev/null | tail -n 1)" -gt 1000000 ] 2>/dev/null; then
    memory=$(mktemp -d /dev/shm/zhidu_tests_XXXXXX) && export ZHIDU_TEST_DIR=$memory
fi

at=0
for program in "$@"; do
    at=$((at + 1))
    printf '%s\0%s\0' "$at" "$program"
done | xargs -0 -n 2 -P "$jobs" --process-slot-var=PLACE sh -c 'SLOT=$((PLACE + 1)) exec "$0" --one "$@"' "$0" "$out"

passed=0 failed=0 skipped=0
at=0
for program in "$@"; do
    at=$((at + 1))
    read -r p f s status <"$out/$at.counts" || { p=0 f=1 s=0 status=none; }
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    if [ "$f" -ne 0 ]; then
        echo "FAIL  $program (status $status)"
        cat "$out/$at"
    fi
done
if [ "$skipped" -gt 0 ]; then
    echo "SKIPPED on PostgreSQL: $skipped test bodies, ZHIDU_PG not set"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
