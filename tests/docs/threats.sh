#!/bin/bash
# threats.sh - docs/threats.md names nothing that is not there: each path in the column
# "Where" exists, each test exists, and what is named of a test stands in its file.
# Every table has tests in every line.  Ends with "N passed, N failed".
set -u
cd "$(dirname "$0")/../.."
page=docs/threats.md
passed=0 failed=0
hold() { # SENTENCE COMMAND...
    if "${@:2}"; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "FAIL $page: $1"
    fi
}
while IFS='|' read -r _ attack rule where tests _; do
    case $attack in *---* | ' Attack ' | ' What goes wrong ' | '') continue ;; esac
    hold "a rule against:$attack" test -n "${rule// /}"
    paths=$(grep -o '`[^`]*`' <<<"$where" | tr -d '`')
    hold "a place of:$attack" test -n "$paths"
    for p in $paths; do hold "no such place: $p" test -e "$p"; done
    hold "a test of:$attack" test -n "${tests// /}"
    while IFS= read -r t; do
        t=${t# } t=${t% }
        file=${t%%: *}
        hold "no such test: $file" test -f "$file"
        [ "$file" = "$t" ] || hold "not in $file: ${t#*: }" grep -qF -- "${t#*: }" "$file"
    done < <(sed 's/ · /\n/g' <<<"$tests")
done < <(grep '^|' "$page")
hold "there are threats" test "$passed" -gt 150
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
