#!/bin/sh
# Checks that each folder of src/ includes only the folders below it.
# src/LAYERS names, per line, a folder and the folders it may use.
bad=0
n=0
while read -r layer uses; do
    case $layer in '' | '#'*) continue ;; esac
    for f in src/"$layer"/*.[ch]; do
        [ -f "$f" ] || continue
        n=$((n + 1))
        for inc in $(sed -n 's|^#include "\([a-z]*\)/.*|\1|p' "$f" | sort -u); do
            case " $layer $uses gen " in
            *" $inc "*) ;;
            *)
                echo "$f: may not include $inc/ (see src/LAYERS)"
                bad=1
                ;;
            esac
        done
    done
done <src/LAYERS
[ $n -gt 50 ] || bad=1
[ $bad = 0 ] && echo "$n passed, 0 failed"
exit $bad
