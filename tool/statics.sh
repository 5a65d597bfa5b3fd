#!/bin/sh
# No global and no static that changes: looks into the compiled libraries for
# objects in .data and .bss.  tool/statics-allowed.txt names exceptions.
#   tool/statics.sh [BUILD]        usual: build/release
build=${1:-build/release}
bad=0
n=0
for layer in $(sed -n 's/^\([a-z][a-z]*\).*/\1/p' src/LAYERS); do
    lib=$build/lib$layer.a
    [ -f "$lib" ] || continue
    n=$((n + 1))
    for found in $(nm -f sysv "$lib" 2>/dev/null | awk -F'|' '
        /^Symbols from/ { split($0, p, /[][]/); object = p[2] }
        NF >= 7 {
            gsub(/ /, "", $1); gsub(/ /, "", $4); gsub(/ /, "", $7)
            if ($7 ~ /^\.(data|bss|tdata|tbss)/ && $7 !~ /^\.data\.rel\.ro/ && $4 != "SECTION") {
                sub(/\.[0-9]+$/, "", $1)
                print object "/" $1
            }
        }'); do
        name=${found%%.o/*}.c:${found##*/}
        case $name in assets_S.c:*) continue ;; esac
        if ! grep -q "^$name " tool/statics-allowed.txt; then
            echo "$lib: $name changes (no global and no static may)"
            bad=1
        fi
    done
done
[ $n -gt 8 ] || { echo "statics.sh: no libraries in $build"; bad=1; }
[ $bad = 0 ] && echo "$n passed, 0 failed"
exit $bad
