# packages.sh - what the two commands install; sourced by them.
# build: to compile and run.  test: what only ./check needs.
BUILD_PACKAGES="gcc make pkg-config libmicrohttpd-dev libsqlite3-dev libpq-dev libjansson-dev
libyaml-dev libmd4c-dev libsodium-dev libssl-dev libpcre2-dev libqrencode-dev
libxlsxwriter-dev libminizip-dev libexpat1-dev libcairo2-dev libpango1.0-dev libfontconfig-dev fonts-wqy-microhei brotli"
TEST_PACKAGES="clang clang-format clang-tidy lld libclang-rt-14-dev libcmocka-dev postgresql-15 curl openssl chromium-headless-shell
fonts-noto-cjk zbar-tools poppler-utils sqlite3"

say() { printf '\033[1m%s\033[0m\n' "$*"; }

# node and npm, wherever they come from: Debian's own where there are none.
need_node() {
    command -v node >/dev/null && command -v npm >/dev/null || need nodejs npm
}

# Installs those of the given packages that are missing; says which.
need() {
    missing=
    for p in "$@"; do
        dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
    done
    if [ "$missing" = "" ]; then return 0; fi
    say "安装 installing:$missing"
    sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update -qq &&
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}
