#!/bin/sh
# fuzz.sh replay DIR        every fuzz target in DIR on the files of its corpus
# fuzz.sh run DIR SECONDS [RUNS] [TARGET...]
#                           each with libFuzzer, beginning from its corpus, for so long or
#                           so many runs, whatever ends first; what it finds stays in
#                           build/found, and is put into the corpus by hand
# fuzz.sh small DIR [TARGET...]
#                           the corpus and what grew from it, as few files as reach as much
# Ends with "N passed, N failed".
set -u
mode=$1 dir=$2
shift 2
passed=0 failed=0 all=0
corpus() {
    echo "tests/fuzz/corpus/$1"
    case $1 in
    yaml | definition) ls regulations/*/definition.yaml ;;
    clause) ls regulations/*/regulation.md ;;
    steps) ls regulations/*/examples.yaml ;;
    esac
}
# Words that belong into the input; several targets share some.
words() {
    case $1 in
    filter) echo tests/fuzz/dict/expr.dict ;;
    yaml) echo tests/fuzz/dict/definition.dict ;;
    note | package) echo tests/fuzz/dict/proof.dict ;;
    body | own | canon) echo tests/fuzz/dict/json.dict ;;
    target | cookie | form) echo tests/fuzz/dict/http.dict ;;
    *) [ -f "tests/fuzz/dict/$1.dict" ] && echo "tests/fuzz/dict/$1.dict" ;;
    esac
}
# Bytes of an input at most: what is longer is slower and says no more.
longest() {
    case $1 in
    definition | clause | steps | yaml | proof) echo 8192 ;;
    filter | expr | field | value | cookie | target | search) echo 512 ;;
    *) echo 2048 ;;
    esac
}
fuzz_one() { # NAME PROGRAM SECONDS RUNS
    grown=build/grown/$1
    mkdir -p "$grown" build/found
    for f in $(corpus "$1"); do
        [ -f "$f" ] && cp "$f" "$grown/$(echo "$f" | tr / _)"
    done
    dict=$(words "$1")
    "$2" -max_total_time="$3" -runs="$4" -max_len="$(longest "$1")" -timeout=20 -rss_limit_mb=4096 \
        ${dict:+-dict="$dict"} -artifact_prefix="build/found/$1-" -print_final_stats=1 -verbosity=0 \
        "$grown" "tests/fuzz/corpus/$1"
}
seconds=0 runs=-1
if [ "$mode" = run ]; then
    seconds=$1 runs=${2:--1}
    shift
    [ $# -gt 0 ] && shift
fi
for target in "$dir"/*; do
    name=$(basename "$target")
    case " $* " in "  " | *" $name "*) ;; *) continue ;; esac
    out=build/fuzz-$name.log
    began=$(date +%s)
    case $mode in
    replay)
        # shellcheck disable=SC2046
        if "$target" $(corpus "$name") >"$out" 2>&1; then
            n=$(sed -n 's/^\([0-9]*\) passed.*/\1/p' "$out")
            passed=$((passed + n)) all=$((all + n))
        else
            failed=$((failed + 1)) && echo "$name: FOUND" && tail -n 20 "$out"
        fi
        ;;
    run)
        if fuzz_one "$name" "$target" "$seconds" "$runs" >"$out" 2>&1; then
            n=$(sed -n 's/^stat::number_of_executed_units: *//p' "$out")
            all=$((all + n)) passed=$((passed + 1))
            echo "$name: $n runs in $(($(date +%s) - began)) s"
        else
            failed=$((failed + 1)) && echo "$name: FOUND" && tail -n 30 "$out"
        fi
        ;;
    small)
        rm -rf "build/small/$name" && mkdir -p "build/small/$name" "build/grown/$name"
        # shellcheck disable=SC2046
        "$target" -merge=1 -timeout=20 -max_len="$(longest "$name")" "build/small/$name" \
            "tests/fuzz/corpus/$name" "build/grown/$name" >"$out" 2>&1 || failed=$((failed + 1))
        passed=$((passed + 1))
        echo "$name: $(find "build/small/$name" -type f | wc -l) files"
        ;;
    esac
done
echo "$all inputs in all"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
