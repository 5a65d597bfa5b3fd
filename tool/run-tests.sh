#!/bin/sh
# run-tests.sh PROGRAM... - runs test programs one after another.  A program that
# passes is one line; of one that fails, everything it printed is shown.  Ends
# with "N passed, N failed", counted from cmocka's closing lines; a program that
# dies without one counts as failed.  Exit status 0 only when nothing failed.
#
# ZHIDU_PG in the environment (postgresql:...) is handed on; what a program
# skipped without it is said once, at the end.
set -u
[ -n "${ZHIDU_PG:-}" ] && export ZHIDU_PG
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
passed=0 failed=0 skipped=0
for program in "$@"; do
    "$program" >"$out" 2>&1
    status=$?
    p=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$out" | awk '{ n += $1 } END { print n + 0 }')
    f=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test.*/\1/p' "$out" | awk '{ n += $1 } END { print n + 0 }')
    if [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then
        f=1
    fi
    if [ "$status" -eq 0 ] && [ "$p" -eq 0 ]; then
        f=1
        echo "$program ran no test" >>"$out"
    fi
    skipped=$((skipped + $(grep -c '^SKIPPED on PostgreSQL' "$out")))
    passed=$((passed + p)) failed=$((failed + f))
    if [ "$f" -eq 0 ]; then
        echo "ok    $p  $program"
    else
        echo "FAIL  $program (status $status)"
        cat "$out"
    fi
done
if [ "$skipped" -gt 0 ]; then
    echo "SKIPPED on PostgreSQL: $skipped test bodies, ZHIDU_PG not set"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
