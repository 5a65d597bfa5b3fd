#!/bin/sh
# Checks that each folder of src/ includes only the folders below it.
# src/LAYERS names, per line, a folder and the folders it may use.
awk '
    FILENAME == "src/LAYERS" {
        if ($1 != "" && $1 !~ /^#/) { $1 = $1; uses[$1] = " " $0 " gen " }
        next
    }
    FNR == 1 { split(FILENAME, path, "/"); layer = path[2]; n += layer in uses }
    layer in uses && match($0, /^#include "[a-z]*\//) {
        inc = substr($0, 11, RLENGTH - 11)
        if (!index(uses[layer], " " inc " ")) {
            print FILENAME ": may not include " inc "/ (see src/LAYERS)"
            bad = 1
        }
    }
    END {
        if (n <= 50) bad = 1
        if (!bad) print n " passed, 0 failed"
        exit bad
    }' src/LAYERS src/*/*.[ch]
