#!/bin/sh
# port.sh FIRST - prints the first port from FIRST on at which nobody listens on this machine; the
# range of each who asks is 50 wide, below those the kernel gives to whoever connects.
set -eu
for port in $(seq "$1" $(($1 + 49))); do
    if ! ss -Hltn "sport = :$port" 2>/dev/null | grep -q .; then
        echo "$port"
        exit 0
    fi
done
echo "port.sh: no port is free from $1 on" >&2
exit 1
