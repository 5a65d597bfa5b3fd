#!/bin/bash
# jumps.sh - an arena that is full jumps; a jump must not cross a frame that is not
# ours, nor leave a lock behind (base/arena.h).  So, read from the source:
#   - no function that a library calls back may take from an arena, other than by
#     arena_try, or call one of this file's functions that does;
#   - between pthread_mutex_lock and its unlock nothing may.
# Ends with "N passed, N failed".
set -u
cd "$(dirname "$0")/.." || exit 1
# What may jump: the arena's own, and what stands on it.
jumps='arena_new|arena_array|arena_alloc|arena_bytes|arena_defer|str_fmt|str_copy|words_fmt|buf_make|json_begin|sqlb_make|db_query|db_exec|batch_add|batch_run|batch_begin'
# How a function becomes a library's: the call that names it, or the member it is put into.
given='qsort\(|bsearch\(|sqlite3_(progress_handler|wal_hook|create_function(_v2)?|set_authorizer|exec|busy_handler)\(|MHD_(start_daemon|get_connection_values_n|create_response_from_callback)\(|MHD_OPTION_NOTIFY|MHD_OPTION_URI_LOG|x(Create|Delete|Tokenize|Read|Write|Sync|Destroy)[ ]*=|\.(enter_block|leave_block|enter_span|leave_span) =|XML_Set[A-Za-z]*Handler\('
# These take from the arena of a model, which has nobody to jump to (arena_make, `full` is
# NULL): the process ends, as when malloc fails.
stays='^(plan_type|plan_update|plan_next)'
awk -v jumps="$jumps" -v given="$given" -v stays="$stays" '
FNR == 1 { file = FILENAME; fn = ""; held = 0 }
/^[a-z].*\)$/ || /^[a-z].*,$/ { if (match($0, /[a-z_0-9]+\(/)) head = substr($0, RSTART, RLENGTH - 1) }
/^\{/ { fn = head; held = 0; functions++; bodies[file, fn] = "" }
/^\}/ { if (held > 0) held = 0; fn = "" }
{
    line = $0
    gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
    sub(/\/\*.*\*\//, "", line)
    if (line ~ given) {
        rest = line
        while (match(rest, /[a-z_][a-z_0-9]*/)) {
            named[file, substr(rest, RSTART, RLENGTH)] = FNR
            rest = substr(rest, RSTART + RLENGTH)
        }
    }
    if (fn != "") {
        bodies[file, fn] = bodies[file, fn] " " line
        if (line ~ /pthread_mutex_lock\(/) { held++; locks++ }
        else if (line ~ /pthread_mutex_unlock\(/) { if (held > 0) held-- }
        else if (held > 0 && fn !~ stays && line ~ ("(^|[^a-z_])(" jumps ")\\(")) {
            printf "%s:%d: %s may jump while a lock is held\n", file, FNR, fn; bad++
        }
    }
}
END {
    for (k in bodies) {
        split(k, part, SUBSEP)
        if (!((part[1], part[2]) in named)) continue
        backs++
        if (bodies[k] ~ ("(^|[^a-z_])(" jumps ")\\(")) {
            printf "%s: %s is called back by a library and may jump\n", part[1], part[2]; bad++
        }
        for (other in bodies) { # one step further, in the same file
            split(other, o, SUBSEP)
            if (o[1] == part[1] && o[2] != part[2] && bodies[k] ~ ("(^|[^a-z_])" o[2] "\\(") &&
                bodies[other] ~ ("(^|[^a-z_])(" jumps ")\\(")) {
                printf "%s: %s is called back by a library and calls %s, which may jump\n", part[1], part[2], o[2]; bad++
            }
        }
    }
    printf "%d functions read, %d called back by libraries, %d locks\n", functions, backs, locks
    printf "%d passed, %d failed\n", backs + locks - bad, bad + 0
    exit bad > 0 || !backs || !locks
}' src/*/*.c
