#!/bin/sh
# No file of ours over 1,000 lines, no function of C over 60; what only lists (the
# cases of a switch, the rows of a table) is not counted.
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
long=$(git ls-files '*.c' | xargs awk '
    FNR == 1 { at = 0 }
    /^\}/ { if (at && n > 60) print FILENAME ":" at ": a function of " n " lines"; at = 0 }
    at && !/^ *(case .*:|default:|break;|[{["].*)$/ { n++ }
    /^\{/ { at = FNR; n = 0 }')
if [ "$long" != "" ]; then
    echo "$long"
    bad=1
fi
[ $bad = 0 ] && echo "$n passed, 0 failed"
exit $bad
