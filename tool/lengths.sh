#!/bin/sh
# No file of ours over 1,000 lines, no function of C over 60; what only lists (the
# cases of a switch, the rows of a table) is not counted.
bad=0
files=$(git ls-files 'src/*.c' 'src/*.h' 'src/*.html' 'tests/*.c' 'tests/*.h' 'tool/*' 'bench/*.c')
n=$(printf '%s\n' "$files" | wc -l)
large=$(printf '%s\n' "$files" | xargs awk 'FNR == 1001 { print FILENAME ": over 1,000 lines" }')
if [ "$large" != "" ]; then
    echo "$large"
    bad=1
fi
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
