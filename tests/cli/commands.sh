#!/bin/bash
# commands.sh - the command line as an administrator meets it: every command
# explains itself in both languages, says what is wrong and what to do, and
# leaves nothing half done.  Ends with "N passed, N failed".
set -u
cd "$(dirname "$0")/../.."
zhidu=$PWD/build/release/zhidu
dir=$PWD/build/cli
port=$(tests/support/port.sh 18950) || exit 1 # where one is really served
rm -rf "$dir"
mkdir -p "$dir"
passed=0 failed=0

# is SENTENCE STATUS PATTERN COMMAND...: the exit status, and the output holds PATTERN.
is() {
    sentence=$1 status=$2 pattern=$3
    shift 3
    out=$("$@" 2>&1 </dev/null)
    got=$?
    if [ $got = "$status" ] && printf '%s\n' "$out" | grep -qE -- "$pattern"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAIL %s\n     status %s, wanted %s with /%s/:\n%s\n' "$sentence" $got "$status" "$pattern" "$out"
    fi
}
en() { LC_ALL=en_US.UTF-8 "$@"; }
zh() { LC_ALL=zh_CN.UTF-8 "$@"; }
with() { printf '%s\n' "$1" | en "$zhidu" "${@:2}"; } # with PASSWORD ARGUMENTS...

commands=$(en "$zhidu" help | sed -n '/^Commands/,/^Topics/s/^  \([a-z]*\) .*/\1/p')
is "there are commands" 0 "serve" echo $commands
for c in $commands; do
    is "$c explains itself" 0 "zhidu $c" en "$zhidu" "$c" --help
    is "$c explains itself in Chinese" 0 "zhidu $c" zh "$zhidu" "$c" --help
    is "help $c says the same" 0 "" test "$(en "$zhidu" help "$c")" = "$(en "$zhidu" "$c" --help)"
    is "$c has an example" 0 "^Example: .*zhidu $c" en "$zhidu" help "$c"
    is "$c has an example in Chinese" 0 "^例：.*zhidu $c" zh "$zhidu" help "$c"
    is "$c says what its exit code means" 0 "Exit code: 0" en "$zhidu" help "$c"
    is "$c explains the same options in both languages" 0 "" test \
        "$(en "$zhidu" help "$c" | grep -oE -- '--[a-z-]+' | sort -u)" = "$(zh "$zhidu" help "$c" | grep -oE -- '--[a-z-]+' | sort -u)"
    is "$c refuses an option it does not have" 1 "There is no option --nonsense" en "$zhidu" "$c" --nonsense
done
# What the program looks at is explained somewhere (password and progress go between its own processes).
for o in $(sed -n 's/.*cli_\(option\|flag\)([^"]*"\([a-z-]*\)".*/\2/p' src/cli/*.c | sort -u); do
    case $o in password | progress) continue ;; esac
    is "some command explains --$o" 0 "" grep -qE -- "--$o([^a-z-]|$)" <(for c in $commands; do en "$zhidu" help "$c"; done)
done
for t in files config exit; do
    is "help lists the topic $t" 0 "help $t " en "$zhidu" help
    is "help $t" 0 "." zh "$zhidu" help "$t"
done
is "help names what there is no help on" 2 "no command or topic nonsense" en "$zhidu" help nonsense
is "an unknown command is named" 2 "没有这个命令或专题：nonsense" zh "$zhidu" nonsense
is "without a command the commands are listed" 2 "publish" en "$zhidu"

# What a command prints on an error, on which of the two.
on_error() { en "$zhidu" "$@" 2>&1 >/dev/null; [ $? = 1 ]; }
on_output() { en "$zhidu" "$@" 2>/dev/null; [ $? = 1 ]; }
is "an error goes where errors go" 0 "no such folder: .*/nowhere" on_error init nowhere --data "$dir/a"
is "and nothing else" 0 "^$" on_output init nowhere --data "$dir/a"
is "init wants a folder" 1 "A folder of regulations is wanted" en "$zhidu" init --data "$dir/a"
is "init names a folder that is not there" 1 "no such folder: .*/nowhere" en "$zhidu" init nowhere --data "$dir/a"
is "init says that a folder is none of regulations" 1 "There is no regulation in .*/docs" en "$zhidu" init docs --data "$dir/a"
is "and that it is one regulation's own" 1 "folder of one regulation" en "$zhidu" init regulations/organisation --data "$dir/a"
is "so does check" 1 "Name the folder that holds" en "$zhidu" check regulations/organisation
is "and an administrator wants a login" 2 "^Usage: +zhidu init" en "$zhidu" init regulations --data "$dir/a" --admin 张三
is "a weak password is refused" 1 "at least 10 characters" with short init regulations --data "$dir/a" --admin 张三 --login zhang.san
is "a refused init leaves nothing behind" 1 "" test -e "$dir/a"
is "init makes an installation with its administrator" 0 "Made" with "long enough 1" init regulations --data "$dir/a" --admin '张: {"三' --login zhang.san
is "init never overwrites" 1 "holds an installation already" with "long enough 1" init regulations --data "$dir/a" --admin 李四 --login li.si
mv "$dir/a/ledger.pub" "$dir/kept.pub"
sum=$(sha256sum <"$dir/a/zhidu.db")
is "not even a folder without its public key" 1 "already \(zhidu.db\)" en "$zhidu" init regulations --data "$dir/a"
is "whose database is as it was" 0 "" test "$(sha256sum <"$dir/a/zhidu.db")" = "$sum"
mv "$dir/kept.pub" "$dir/a/ledger.pub"
else=sqlite:$dir/else.db
is "a database elsewhere is made" 0 "Made" env "ZHIDU_DATABASE=$else" LC_ALL=en_US.UTF-8 "$zhidu" init regulations --data "$dir/b"
sum=$(sha256sum <"$dir/else.db")
is "and never written into by another init" 1 "setting .database. holds an installation" \
    env "ZHIDU_DATABASE=$else" LC_ALL=en_US.UTF-8 "$zhidu" init regulations --data "$dir/c"
is "it is as it was" 0 "" test "$(sha256sum <"$dir/else.db")" = "$sum"
is "and nothing is left of the folder" 1 "" test -e "$dir/c"
mkdir "$dir/d" && head -c 32 /dev/urandom | base64 >"$dir/d/secret.key" && sum=$(sha256sum <"$dir/d/secret.key")
is "where files were before" 1 "." with short init regulations --data "$dir/d" --admin 张三 --login zhang.san
is "a refused init leaves those alone" 0 "^secret.key$" ls "$dir/d"
is "as they were" 0 "" test "$(sha256sum <"$dir/d/secret.key")" = "$sum"

# An init killed at any moment leaves what nobody can open and the next one clears away.
killed=0
for s in 0.02 0.04 0.08 0.16 0.32 0.64; do
    { timeout -s KILL "$s" "$zhidu" init regulations --demo --data "$dir/k" >/dev/null; } 2>/dev/null
    [ -e "$dir/k/unfinished" ] || continue
    killed=$((killed + 1))
    is "killed after $s s, nobody opens it" 1 "making of .* was broken off.*" en "$zhidu" serve --data "$dir/k" --port "$port"
    is "nor what is sealed in it" 1 "Run zhidu init again" en "$zhidu" key --data "$dir/k"
    is "and no backup is made of it" 1 "Run zhidu init again" en "$zhidu" backup "$dir/k.backup" --data "$dir/k"
    is "nor its ledger verified" 1 "Run zhidu init again" en "$zhidu" ledger verify --data "$dir/k"
done
is "some were killed on the way" 0 "" test $killed -gt 0
[ ! -e "$dir/k/unfinished" ] || is "what is left is cleared away" 0 "Made" en "$zhidu" init regulations --demo --data "$dir/k"
is "whole" 0 "" en "$zhidu" ledger verify --data "$dir/k"

# Its disk is not there: nothing is made in its place.
mv "$dir/k/zhidu.db" "$dir/k.db"
for c in "serve --port $port" "backup $dir/k.backup" key "ledger verify" "export person" "user li.lei"; do
    is "without its database: ${c%% *}" 1 "database of this installation is not there: .*Nothing was made" en "$zhidu" $c --data "$dir/k"
done
is "and nothing was made" 1 "" test -e "$dir/k/zhidu.db"
mv "$dir/k.db" "$dir/k/zhidu.db"

# What was said and did not come where it was sent was not said.
lost() { "$@" >/dev/full; }
is "a list that was not all written" 1 "was not all written" lost en "$zhidu" export person --data "$dir/k"
is "a token nobody has seen" 1 "was not all written" lost en "$zhidu" token li.lei --data "$dir/k"
echo precious >"$dir/ev.zip"
is "a package that is refused" 1 "second line" en "$zhidu" evidence faults_repaired --to "$dir/ev.zip" --as wu.tao --old 999999 --data "$dir/k"
is "leaves the file that was there" 0 "^precious$" cat "$dir/ev.zip"
is "and one that is made takes its place" 0 "written: entry" en "$zhidu" evidence faults_repaired --to "$dir/ev.zip" --as wu.tao --data "$dir/k"
is "whole" 0 "^PK" head -c 2 "$dir/ev.zip"

# ./start touches only what it made.
is "start leaves alone what it did not make" 1 "left alone" env "ZHIDU_DATA=$dir/k" ./start --fresh
is "all of it" 0 "" test -f "$dir/k/zhidu.db"
is "the ledger of a new installation is in order" 0 "In order" en "$zhidu" ledger verify --data "$dir/a"
is "the health page can tell of it" 0 "^[0-9]+ ok$" cat "$dir/a/verified"
is "the key is shown" 0 "^zhidu.local/ledger\+" en "$zhidu" ledger key --data "$dir/a"
is "a proof needs a number" 1 "number of an entry" en "$zhidu" ledger proof x --data "$dir/a"
is "a growth needs a size" 1 "second line" en "$zhidu" ledger growth --data "$dir/a"
is "a folder without data is named" 1 "holds no installation" en "$zhidu" token zhang.san --data "$dir/none"
is "a token is issued" 0 "^zd_[A-Za-z0-9_-]{43}$" en "$zhidu" token zhang.san --name test --data "$dir/a"
is "a token needs an account" 1 "no such account" en "$zhidu" token nobody --data "$dir/a"
is "an account needs a person" 1 "没有这个人：王五" zh "$zhidu" user 王五 --login wang.wu --data "$dir/a"
is "nothing is published twice" 0 "Nothing to publish" en "$zhidu" publish regulations --data "$dir/a"
is "records of a type are exported" 0 "number,name,state" en "$zhidu" export person --data "$dir/a"
is "records are exported as a workbook" 0 "" en "$zhidu" export person --xlsx "$dir/people.xlsx" --data "$dir/a"
is "which is one" 0 "^PK" head -c 2 "$dir/people.xlsx"
is "a workbook has to go somewhere" 1 "cannot write" en "$zhidu" export person --xlsx "$dir/no/where.xlsx" --data "$dir/a"
is "publish names a folder without a regulation" 1 "There is no regulation in .*/docs" en "$zhidu" publish docs --data "$dir/a"
is "publish names an account that is not there" 1 "no such account: nobody" en "$zhidu" publish regulations --as nobody --data "$dir/a"
is "a token has rights that there are" 1 'read or "read write"' en "$zhidu" token zhang.san --scopes raed --data "$dir/a"
is "an import has an encoding that there is" 1 "utf-8 or gb18030" en "$zhidu" import --mapping x y --encoding gbk --data "$dir/a"
is "a port is one" 1 "from 1 to 65535" en "$zhidu" serve --port 99999 --data "$dir/a"
for n in 1 2; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=a -keyout "$dir/$n.key" -out "$dir/$n.pem" 2>/dev/null
done
is "a certificate and the key of another are said to be that" 1 "tls_cert and tls_key have to be PEM files of one pair" en env ZHIDU_TLS_CERT="$dir/1.pem" ZHIDU_TLS_KEY="$dir/2.key" "$zhidu" serve --data "$dir/a" --port "$port"
is "an address that is none is said to be that" 1 "“nowhere”不是地址" zh "$zhidu" serve --data "$dir/a" --address nowhere --port "$port"
is "an option wants its value" 1 "--filter wants a value" en "$zhidu" export person --filter --data "$dir/a"
is "which is no other option" 1 "--columns 后面要有值" zh "$zhidu" export person --columns --bom --data "$dir/a"
is "what stands alone takes none" 1 "--dry-run takes no value" en "$zhidu" publish regulations --dry-run=no --data "$dir/a"
is "what stands alone may stand before a file" 0 "The backup is $dir/x.backup" en "$zhidu" backup --no-verify "$dir/x.backup" --data "$dir/a"
is "a command that lacks something shows its usage" 2 "^Usage: +zhidu user" en "$zhidu" user --data "$dir/a"
is "an export names a type that is not there, and those that are" 1 "no record type .*fault.* person" en "$zhidu" export nonsense --data "$dir/a"

cp packaging/zhidu.conf "$dir/zhidu.conf"
sed -i "s|^data = .*|data = $dir/a|; s/^#\(public_url\|proxies\)/\1/" "$dir/zhidu.conf"
is "the shipped configuration is understood" 0 "^zhidu.local/ledger\+" en "$zhidu" ledger key --config "$dir/zhidu.conf"
echo "prot = 9" >>"$dir/zhidu.conf"
is "a mistake in the configuration is named with its line" 1 "zhidu.conf:[0-9]+: not a setting: prot" en "$zhidu" ledger key --config "$dir/zhidu.conf"
is "a configuration that is not there is named" 1 "nowhere.conf cannot be read" en "$zhidu" ledger key --config "$dir/nowhere.conf"
is "and so is one that is no file" 1 "is a directory|Is a directory" en "$zhidu" ledger key --config "$dir"
is "a mistake in the environment is named" 1 "ZHIDU_PORT: not a value: a number from 1 to 65535" env ZHIDU_PORT=99999 LC_ALL=en_US.UTF-8 "$zhidu" ledger key --data "$dir/a"
keys=$(sed -n 's/^ *{"\([a-z_]*\)", [A-Z]*, AT(.*/\1/p' src/cli/config.c)
is "every setting is looked at" 0 "^demo$" echo "$keys"
for k in $keys; do
    is "the shipped configuration explains $k" 0 "$k" grep -E "^#?$k += " packaging/zhidu.conf
done

is "a demonstration is made" 0 "Demonstration: [0-9]+ acts" en "$zhidu" init regulations --demo --data "$dir/demo"
is "making one alarms nobody" 0 "^0$" echo "$(printf '%s\n' "$out" | grep -cE "warn|error")"
access="access grant gao.yuan --since 2026-01-01 --until 2026-01-31 --for audit --data $dir/demo"
is "access to read lacks whose name it is done in" 2 "^Usage: +zhidu access" en "$zhidu" $access --ends 2026-01-31
is "who has no right to it is refused with the article" 1 "Under: Access to read, Article 1" en "$zhidu" $access --ends "$(date -d '+5 days' +%F)" --as li.lei
is "too long an access is refused with the article" 1 "90 days at most" en "$zhidu" $access --ends "$(date -d '+500 days' +%F)" --as xu.jing
is "access to read is asked for" 0 "^CY-[0-9]+-0001: Requested" en "$zhidu" $access --ends "$(date -d '+5 days' +%F)" --as xu.jing
is "and stands in the list" 0 "^CY-[0-9]+-0001.*Requested.*2026-01-01..2026-01-31" en "$zhidu" access list --data "$dir/demo"
is "what is not granted is not revoked" 1 "It must first be: Granted" en "$zhidu" access revoke "CY-$(date +%Y)-0001" --for done --as xu.jing --data "$dir/demo"
is "an access that is not there is named" 1 "no such access: CY-1" en "$zhidu" access revoke CY-1 --for done --as xu.jing --data "$dir/demo"
is "a demonstration is served on loopback only" 1 "everybody knows its passwords" en "$zhidu" serve --data "$dir/demo" --address 0.0.0.0 --port "$port"

is "nor when the configuration says so" 1 "everybody knows its passwords" env ZHIDU_DEMO=yes ZHIDU_ADDRESS=0.0.0.0 LC_ALL=en_US.UTF-8 "$zhidu" serve --data "$dir/a" --port 18995
sqlite3 "$dir/demo/zhidu.db" "delete from installation where key = 'demo'" # as a folder before the mark
is "nor when only the passwords tell" 1 "密码人人知道" env ZHIDU_DEMO=no ZHIDU_ADDRESS=:: LC_ALL=zh_CN.UTF-8 "$zhidu" serve --data "$dir/demo" --port 18995
is "the key of secrets is its user's alone" 0 "^600$" stat -c %a "$dir/a/secret.key"
is "a second factor is reset on the server" 0 "second factor is off" en "$zhidu" user '张: {"三' --second-off --data "$dir/a"
is "of a person whose login is given" 0 "second factor is off" en "$zhidu" user zhang.san --second-off --data "$dir/a"

# A running server: commands go through it, and a second one is refused.
ZHIDU_DEMO=no "$zhidu" serve --data "$dir/a" --port "$port" >"$dir/serve.log" 2>&1 &
server=$!
for _ in $(seq 900); do
    [ -S "$dir/a/control.sock" ] && break
    sleep 0.1
done
is "a running server issues the token" 0 "^zd_" en "$zhidu" token zhang.san --name test --data "$dir/a"
is "a running server is given a password" 0 "The account is ready" with "long enough 2" user zhang.san --login zhang.san --data "$dir/a"
is "and wants it long enough" 1 "at least 10 characters" with short user zhang.san --login zhang.san --data "$dir/a"
is "its refusal is an error here" 0 "no such folder: .*nowhere" on_error publish nowhere --data "$dir/a"
is "and nothing else" 0 "^$" on_output publish nowhere --data "$dir/a"
is "a running server is asked to publish" 0 "Nothing to publish" en "$zhidu" publish regulations --data "$dir/a"
is "a second server is refused" 1 "Another process uses" en "$zhidu" serve --data "$dir/a" --port 18994
ZHIDU_DEMO=yes is "a port that is taken is said, with what to do" 1 "Take another port, or stop the program that has it" en "$zhidu" serve --data "$dir/demo" --port "$port"
is "the ledger can be verified while it runs" 0 "In order" en "$zhidu" ledger verify --data "$dir/a"
kill "$server"
wait "$server"
is "a server stops in order" 0 "" test $? = 0

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
