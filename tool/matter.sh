#!/bin/sh
# Nothing in src/ names a matter of regulation.  Two things are looked for in
# C files, headers and templates, comments left out:
#   - the key of a regulation or of a record type as a word anywhere: in code,
#     in a string, in a label;
#   - the name of a field, state, action, post or setting as a whole string of
#     C: what code would have to say to ask for it.
# Names that belong to the language itself stand in tool/matter-allowed.txt,
# each with its reason; store/ knows no record (its planted faults are a
# database's).  Ends with "N passed, N failed", one a name.
list=$(mktemp) || exit 1
trap 'rm -f "$list"' EXIT
for f in regulations/*/definition.yaml; do
    echo "word $(basename "$(dirname "$f")")"
    awk '/^[a-z]/ { section = $1 }
         match($0, /^(  |    |      |        )[a-z][a-z0-9_.]*:/) {
             name = substr($0, RSTART, RLENGTH - 1); gsub(/ /, "", name)
             print (section == "types:" && $0 ~ /^  [a-z]/ ? "word " : "text ") name
         }' "$f"
done | sort -u >"$list"
[ -s "$list" ] || exit 1
find src -path src/store -prune -o \( -name '*.c' -o -name '*.h' -o -name '*.html' \) -print | sort |
    xargs awk -v list="$list" -v allowed=tool/matter-allowed.txt '
    BEGIN {
        while ((getline l <allowed) > 0) { if (l ~ /^[a-z]/) { sub(/:.*/, "", l); n_ok = split(l, p, " "); for (i = 1; i <= n_ok; i++) ok[p[i]] = 1 } }
        while ((getline l <list) > 0) {
            split(l, p, " ")
            if (p[2] in ok) continue
            n++
            if (p[1] == "word") word[p[2]] = 1; else text[p[2]] = 1
        }
    }
    FNR == 1 { comment = 0 }
    {
        line = $0
        if (comment) {
            if (!match(line, /\*\//)) next
            line = substr(line, RSTART + 2); comment = 0
        }
        while (match(line, /\/\*/)) {
            before = substr(line, 1, RSTART - 1); rest = substr(line, RSTART + 2)
            if (match(rest, /\*\//)) line = before " " substr(rest, RSTART + 2)
            else { line = before; comment = 1; break }
        }
        sub(/\/\/.*/, "", line)
        if (line ~ /^#include/) next
        whole = FILENAME ~ /html$/ ? "" : line
        while (match(whole, /"([^"\\]|\\.)*"/)) {
            s = substr(whole, RSTART + 1, RLENGTH - 2); whole = substr(whole, RSTART + RLENGTH)
            if (s in text) { print FILENAME ":" FNR ": \"" s "\": " $0; bad[s] = 1 }
        }
        words = split(line, w, /[^a-z0-9_-]+/)
        for (i = 1; i <= words; i++)
            if (w[i] in word) { print FILENAME ":" FNR ": " w[i] ": " $0; bad[w[i]] = 1 }
    }
    END { for (b in bad) f++; printf "%d passed, %d failed\n", n - f, f; exit f > 0 }'
