#!/bin/bash
# signer.sh - the signer as an administrator meets it: taken over from an older folder, set up under its
# own user's folder, killed, asked after an older copy of the database was put back.
# Ends with "N passed, N failed".
set -u
cd "$(dirname "$0")/../.."
export LC_ALL=C.UTF-8
bin=$PWD/build/release
dir=$PWD/build/signer
port=$(tests/support/port.sh 18690) || exit 1
passed=0 failed=0 pids=
rm -rf "$dir"
mkdir -p "$dir"
trap 'for p in $pids; do kill -9 "$p" 2>/dev/null; done' EXIT

ok() { # SENTENCE COMMAND...
    sentence=$1
    shift
    if "$@" >"$dir/said" 2>&1; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        printf 'FAIL %s\n' "$sentence"
        tail -n 5 "$dir/said"
    fi
}
serve() { # DATA [SETTINGS...]: in the background; $server is its pid
    data=$1
    shift
    env ZHIDU_DEMO=yes "$@" "$bin/zhidu" serve --data "$data" --port "$port" >>"$dir/log" 2>&1 &
    server=$!
    pids="$pids $server"
    for _ in $(seq 1800); do
        curl -s -o /dev/null "http://127.0.0.1:$port/healthz" && return 0
        sleep 0.05
    done
    return 1
}
halt() { kill "$1" && wait "$1" 2>/dev/null; }
act() { # one more entry
    curl -s -o "$dir/said" -w '%{http_code}' -H "Authorization: Bearer $token" -H "Idempotency-Key: $RANDOM$RANDOM$RANDOM" \
        -H 'Content-Type: application/json' -d '{"summary":"x","contact":"1"}' "http://127.0.0.1:$port/api/v1/r/fault/new/report" | grep -q '^20'
}
signed() { "$bin/zhidu-signer" last --dir "$1" 2>/dev/null | sed -n 2p; }
grows() { # DATA SIZE: a checkpoint of more than SIZE entries is stored
    for _ in $(seq 1800); do
        n=$(curl -s -H "Authorization: Bearer $token" "http://127.0.0.1:$port/api/v1/ledger" | grep -o 'ledger\\n[0-9]*' | grep -o '[0-9]*$')
        [ "${n:-0}" -gt "$2" ] && return 0
        sleep 0.05
    done
    return 1
}
size() { curl -s -H "Authorization: Bearer $token" "http://127.0.0.1:$port/api/v1/ledger" | grep -o '"size": *[0-9]*' | grep -o '[0-9]*'; }
sign_in() { # LOGIN: its cookies in $dir/LOGIN
    curl -s -o /dev/null -c "$dir/$1" -d "login=$1&password=zhidu-demo-2026" "http://127.0.0.1:$port/signin"
}
readers() { # two administrators, of whom one reads English
    sign_in xu.jing && curl -s -o /dev/null -H "Authorization: Bearer $chief" -H 'Content-Type: application/json' -d '{"person":"孙丽",
        "position":"administrator","unit":"信息中心","starts":"2025-01-01"}' "http://127.0.0.1:$port/api/v1/r/post/new/appoint" &&
        sign_in sun.li && csrf=$(curl -s -b "$dir/sun.li" "http://127.0.0.1:$port/me" | sed -n 's/.*name="csrf" value="\([^"]*\)".*/\1/p' | head -n 1) &&
        curl -s -o /dev/null -b "$dir/sun.li" -d "csrf=$csrf&lang=en&back=/" "http://127.0.0.1:$port/me/language"
}
page() { # LOGIN TEXT...: the health page holds each of them
    reader=$1
    shift
    curl -s -b "$dir/$reader" "http://127.0.0.1:$port/admin/health" >"$dir/page"
    for text; do grep -qF "$text" "$dir/page" || return 1; done
}
says() { # ZH WHAT-TO-DO EN WHAT-TO-DO
    for _ in $(seq 1800); do
        page xu.jing "$1" "$2" && page sun.li "$3" "$4" && return 0
        sleep 0.05
    done
    sed -n 's/<[^>]*>//gp' "$dir/page"
    return 1
}
well() { says '检查点每秒签出' '存证' 'a checkpoint is signed every second' 'Ledger'; }
unkept() { says '签名进程用不了自己的目录' '从保管处放回 ledger.key' 'The signer cannot use its own folder' 'put it back from where you keep it'; }
absent() { says '签名进程没有运行' '没有单独配置时，重启本服务' 'The signer does not run' 'where it does not stay, its log says why'; }
unwell() { # what is watched says so
    for _ in $(seq 900); do
        curl -s "http://127.0.0.1:$port/metrics" | grep -q 'zhidu_health{check="ledger"} [12]' && return 0
        sleep 0.1
    done
    return 1
}

"$bin/zhidu" init regulations --demo --data "$dir/a" >/dev/null || exit 1
token=$("$bin/zhidu" token li.lei --name t --scopes "read write" --data "$dir/a")
chief=$("$bin/zhidu" token xu.jing --name t --scopes "read write" --data "$dir/a")

# --- a folder as it was before: the key beside the database
mv "$dir/a/signer/ledger.key" "$dir/a/ledger.key" && rm -rf "$dir/a/signer"
key=$(sha256sum <"$dir/a/ledger.key")
ok "an older folder is served" serve "$dir/a"
ok "its key is taken over" test ! -e "$dir/a/ledger.key" -a "$key" = "$(sha256sum <"$dir/a/signer/ledger.key")"
ok "an act is recorded" act
ok "and signed" grows "$dir/a" 0
ok "two administrators look at its health" readers
ok "which is well" well

# --- killed
keeper=$(pgrep -P "$server" -x zhidu-signer)
first=$(pgrep -P "$keeper" -x zhidu-signer)
kill -9 "$first"
ok "an act goes through without the signer" act
ok "and is signed when it is back" grows "$dir/a" "$(($(size) - 1))"
ok "by another process" test "$(pgrep -P "$keeper" -x zhidu-signer)" != "$first"

# --- its folder cannot be written, its key is gone: said, acts go on, and what waited is signed
mkdir "$dir/a/signer/last.new"
ok "an act where the signer can keep nothing" act
ok "which is said" unkept
rmdir "$dir/a/signer/last.new"
ok "and what waited is signed" grows "$dir/a" "$(($(size) - 1))"
ok "and all is well" well
mv "$dir/a/signer/ledger.key" "$dir/kept.key"
ok "who has the key signs on without its file" act
kill -9 "$(pgrep -P "$keeper" -x zhidu-signer)"
ok "an act without a key" act
ok "killed, it finds none, which is said with what to do" unkept
halt "$server"
ok "without a key it is served" serve "$dir/a"
ok "which is said from the start" unkept
ok "an act without a key, again" act
head -c 31 "$dir/kept.key" >"$dir/a/signer/ledger.key"
ok "half a key is none" unkept
cp -p "$dir/kept.key" "$dir/a/signer/ledger.key"
ok "with the key what waited is signed, without a restart" grows "$dir/a" "$(($(size) - 1))"
ok "and all is well again" well
keeper=$(pgrep -P "$server" -x zhidu-signer)
halt "$server"
ok "the signer ends with the server" test -z "$(pgrep -P "$keeper" -x zhidu-signer)"

# --- an older copy of the database
cp "$dir/a/zhidu.db" "$dir/old.db"
serve "$dir/a"
for _ in 1 2 3; do act; done
now=$(size)
ok "more is signed" grows "$dir/a" "$((now - 1))"
halt "$server"
ok "the signer remembers it" test "$(signed "$dir/a/signer")" = "$now"
rm -f "$dir/a"/zhidu.db-*
cp "$dir/old.db" "$dir/a/zhidu.db"
ok "the older copy is served" serve "$dir/a"
ok "its health is not well" unwell
ok "work goes on" act
ok "it is said that the log is shorter, and how to accept that" says '存证日志比已签过的短' '否则请先查明原因' \
    'The ledger is shorter than what was signed' 'otherwise find out why'
ok "by a command that stands there" page sun.li "With this server stopped: zhidu-signer set-back --dir $dir/a/signer --size"
for _ in 1 2 3; do act; done
ok "and when it has grown, that it is another" says '历史被改写' '运行 zhidu ledger verify，保全现场' \
    'The ledger does not continue what was signed' 'Run zhidu ledger verify and keep everything as it is'
newest=$(curl -s -H "Authorization: Bearer $token" "http://127.0.0.1:$port/api/v1/ledger" | grep -o 'ledger\\n[0-9]*\\n[A-Za-z0-9+/=]*')
restored=$(printf '%b' "$newest" | sed -n 2p) root=$(printf '%b' "$newest" | sed -n 3p)
halt "$server"
ok "nothing was signed" test "$(signed "$dir/a/signer")" = "$now"
ok "setting back needs a reason" bash -c "! '$bin/zhidu-signer' set-back --dir '$dir/a/signer' --size $restored --root '$root'"
ok "setting back" "$bin/zhidu-signer" set-back --dir "$dir/a/signer" --size "$restored" --root "$root" --reason "the copy of this morning"
ok "it stands in the journal" grep -q "the copy of this morning" "$dir/a/signer/journal"
if [ "$(id -u)" = 0 ]; then # root at the command line of a service that stands still
    cp -a "$dir/a" "$dir/r" && chown -R 65533:65533 "$dir/r"
    ok "root does something in a folder of the service's" "$bin/zhidu" token li.lei --name t --data "$dir/r"
    ok "and sets its signer back" "$bin/zhidu-signer" set-back --dir "$dir/r/signer" --size "$restored" --root "$root" --reason "once more"
    ok "and verifies it" "$bin/zhidu" ledger verify --data "$dir/r"
    ok "all of which stays the service's" test -z "$(find "$dir/r" ! -user 65533)"
fi
ok "setting back to what is no root says what is wanted" bash -c "'$bin/zhidu-signer' set-back --dir '$dir/a/signer' --size 7 --root x --reason y 2>&1 | grep -q '44 characters'"
serve "$dir/a"
ok "checkpoints go on" grows "$dir/a" "$restored"
ok "a checkpoint can be kept elsewhere" bash -c "'$bin/zhidu' ledger checkpoint --data '$dir/a' >'$dir/kept.checkpoint'"
seq=$(($(size) - 1))
halt "$server"
"$bin/zhidu" ledger proof "$seq" --data "$dir/a" >"$dir/proof"
ok "a proof says that the log was set back" bash -c "'$bin/zhidu-verify' '$dir/a/ledger.pub' '$dir/proof' | grep -q 'set back from $now entries to $restored'"
ok "the ledger verifies" "$bin/zhidu" ledger verify --data "$dir/a"

# --- a signer of its own
ok "the key is taken over" "$bin/zhidu-signer" take --dir "$dir/s" --from "$dir/a"
ok "and is not where it was" test ! -e "$dir/a/signer/ledger.key"
ok "with what it remembers" test "$(signed "$dir/s")" -gt "$restored"
ok "without it work goes on" serve "$dir/a" ZHIDU_SIGNER="$dir/sock"
ok "and its health is not well" absent
ok "an act is recorded" act
n=$(size)
for other in other.example/ledger zhidu.local/ledger; do # another log's, and another key of this one
    "$bin/zhidu-signer" make --dir "$dir/o" --origin "$other" >/dev/null
    "$bin/zhidu-signer" serve --dir "$dir/o" --socket "$dir/sock" --peer "$(id -un)" 2>>"$dir/log" &
    own=$!
    pids="$pids $own"
    if [ "$other" = other.example/ledger ]; then
        ok "the signer of another log is told from ours" says '签名进程的密钥属于另一个日志' '为本日志建立自己的签名进程' \
            'signer&#39;s key is another log&#39;s' 'or give this log a signer of its own'
    else
        ok "a signer with another key is not believed" says '签名进程的答复与本日志的公钥不符' '核对 signer 设置与数据目录中的 ledger.pub' \
            'does not fit this log&#39;s public key' 'with ledger.pub in the data folder'
    fi
    halt "$own"
    rm -rf "$dir/o"
done
mv "$dir/s/last" "$dir/kept.last"
echo torn >"$dir/s/last"
"$bin/zhidu-signer" serve --dir "$dir/s" --socket "$dir/sock" --peer "$(id -un)" 2>>"$dir/log" &
own=$!
pids="$pids $own"
ok "a memory that is damaged is said" says '签名进程记着最后一次签名的文件已损坏' '放回该文件的副本' \
    'The file in which the signer remembers its last signature is damaged' 'puts a copy of it back'
halt "$own"
mv "$dir/kept.last" "$dir/s/last"
"$bin/zhidu-signer" serve --dir "$dir/s" --socket "$dir/sock" --peer "$(id -un)" 2>>"$dir/log" &
own=$!
pids="$pids $own"
ok "once it runs, what waited is signed" grows "$dir/a" "$((n - 1))"
kept=$(sed -n 2p "$dir/kept.checkpoint")
ok "the ledger gives what shows that it grew from the one that was kept" \
    bash -c "'$bin/zhidu' ledger growth $kept --data '$dir/a' >'$dir/growth' && [ $kept -lt $n ]"
ok "which needs no server to be believed" "$bin/zhidu-verify" "$dir/a/ledger.pub" --consistency "$dir/kept.checkpoint" "$dir/growth"
sed "2s/.*/$((kept - 1))/" "$dir/kept.checkpoint" >"$dir/other.checkpoint"
ok "and is not believed of another" bash -c "! '$bin/zhidu-verify' '$dir/a/ledger.pub' --consistency '$dir/other.checkpoint' '$dir/growth'"
ok "it cannot have grown from more than there is" bash -c "! '$bin/zhidu' ledger growth 999999999 --data '$dir/a'"
kill -STOP "$own"
ok "an act while it stands still" act
ok "which is said" says '签名进程没有应答' '必要时重启 zhidu-signer' 'The signer does not answer' 'restart zhidu-signer if need be'
kill -CONT "$own"
ok "and when it goes on, what waited is signed" grows "$dir/a" "$n"
n=$(size)
kill -9 "$own"
wait "$own" 2>/dev/null
ok "an act without it" act
"$bin/zhidu-signer" serve --dir "$dir/s" --socket "$dir/sock" --peer "$(id -un)" 2>>"$dir/log" &
own=$!
pids="$pids $own"
ok "and again it is signed" grows "$dir/a" "$n"
halt "$server"
ok "a second signer on one folder is refused" bash -c "'$bin/zhidu-signer' last --dir '$dir/s' 2>&1 | grep -q 'Another zhidu-signer'"
halt "$own"
ok "init asks a configured signer" bash -c "'$bin/zhidu-signer' make --dir '$dir/t' --origin zhidu.local/ledger && { '$bin/zhidu-signer' serve --dir '$dir/t' --socket '$dir/sock2' --peer $(id -un) & p=\$!; for _ in \$(seq 1800); do [ -S '$dir/sock2' ] && break; sleep 0.05; done; ZHIDU_SIGNER='$dir/sock2' '$bin/zhidu' init regulations --data '$dir/b'; x=\$?; kill \$p; exit \$x; }"
ok "whose key it has" cmp "$dir/t/ledger.pub" "$dir/b/ledger.pub"
ok "and no key of its own" test ! -e "$dir/b/signer"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
