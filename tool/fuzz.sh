#!/bin/sh
# fuzz.sh replay DIR        every fuzz target in DIR on the files of its corpus
# fuzz.sh run DIR SECONDS   each with libFuzzer, beginning from its corpus; what it
#                           finds stays in build/found, and is put into the corpus by hand
# Ends with "N passed, N failed".
set -u
mode=$1 dir=$2 seconds=${3:-0}
passed=0 failed=0 runs=0
corpus() {
    echo "tests/fuzz/corpus/$1"
    case $1 in
    yaml | definition) ls regulations/*/definition.yaml ;;
    clause) ls regulations/*/regulation.md ;;
    esac
}
for target in "$dir"/*; do
    name=$(basename "$target")
    out=build/fuzz-$name.log
    if [ "$mode" = replay ]; then
        # shellcheck disable=SC2046
        if "$target" $(corpus "$name") >"$out" 2>&1; then
            passed=$((passed + $(sed -n 's/^\([0-9]*\) passed.*/\1/p' "$out")))
        else
            failed=$((failed + 1)) && tail -n 20 "$out"
        fi
        continue
    fi
    mkdir -p "build/grown/$name" build/found
    for f in $(corpus "$name"); do
        [ -f "$f" ] && cp "$f" "build/grown/$name/$(echo "$f" | tr / _)"
    done
    if "$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -max_len=65536 -artifact_prefix="build/found/$name-" \
        -print_final_stats=1 -verbosity=0 "build/grown/$name" "tests/fuzz/corpus/$name" >"$out" 2>&1; then
        n=$(sed -n 's/^stat::number_of_executed_units: *//p' "$out")
        runs=$((runs + n)) passed=$((passed + 1))
        echo "$name: $n runs in $seconds s"
    else
        failed=$((failed + 1)) && echo "$name: FOUND" && tail -n 30 "$out"
    fi
done
[ "$mode" = run ] && echo "$runs runs in all"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
