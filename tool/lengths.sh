#!/bin/sh
# No file of ours over 1,000 lines.
bad=0
n=0
for f in $(git ls-files 'src/*.c' 'src/*.h' 'src/*.html' 'tests/*.c' 'tests/*.h' 'tool/*' 'bench/*.c'); do
    n=$((n + 1))
    l=$(wc -l <"$f")
    if [ "$l" -gt 1000 ]; then
        echo "$f: $l lines"
        bad=1
    fi
done
[ $bad = 0 ] && echo "$n passed, 0 failed"
exit $bad
