#!/bin/sh
# Nothing in src/ names a matter of regulation: the names of types, fields,
# states and actions of regulations/ stand nowhere in it as words of code
# (comments are left out: they may give examples; store/ knows no record, its
# planted faults are a database's).
# Words that belong to the language itself, or to everybody (title, name, due),
# are listed in tool/matter-allowed.txt, one a line, each to be argued for.
names=$(sed -n 's/^\( \{2\}\| \{4\}\| \{6\}\| \{8\}\)\([a-z][a-z0-9_]*\):.*/\2/p' regulations/*/definition.yaml |
    sort -u | grep -vxFf tool/matter-allowed.txt)
[ "$names" != "" ] || exit 1
bad=0
n=0
for name in $names; do
    n=$((n + 1))
    hits=$(grep -rnwI -e "$name" --include='*.c' --exclude-dir=store src | grep -vE '^[^:]*:[0-9]*:[ ]*(/?\*|"|//)|/\*.*\*/|setting is named|viewport' | head -n 3)
    if [ "$hits" != "" ]; then
        echo "matter of a regulation in src/: $name"
        echo "$hits"
        bad=1
    fi
done
[ $bad = 0 ] && echo "$n passed, 0 failed"
exit $bad
