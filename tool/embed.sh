#!/bin/sh
# embed.sh OUTDIR CACHEDIR FILE...  packs assets into the program.
#
# Writes OUTDIR/assets.S (the bytes, by .incbin, in .rodata) and OUTDIR/assets.c
# (the table of src/http/assets.h, sorted by path).  Every file is there three
# times: as it is, gzip and brotli, the packed ones only if at least a tenth
# smaller; they are cached in CACHEDIR by SHA-256, so only changed files cost.
# The address carries the hash: /assets/HASH/PATH never changes its content.
set -eu
out=$1 cache=$2
shift 2
mkdir -p "$out" "$cache"
asm=$out/assets.S.tmp tab=$out/assets.c.tmp ext=$out/assets.ext.tmp
printf '.section .rodata\n' >"$asm"
: >"$tab"
printf '/* made by tool/embed.sh */\n#include "http/assets.h"\n\n' >"$ext"
i=0
mime() {
    case $1 in
    *.css) echo 'text/css; charset=utf-8' ;;
    *.js) echo 'text/javascript; charset=utf-8' ;;
    *.svg) echo 'image/svg+xml' ;;
    *.png) echo 'image/png' ;;
    *.md) echo 'text/plain; charset=utf-8' ;;
    *.woff2) echo 'font/woff2' ;;
    *) echo 'application/octet-stream' ;;
    esac
}
size() { stat -c %s "$1"; }
for f in $(printf '%s\n' "$@" | LC_ALL=C sort); do
    name=${f#assets/}
    name=${name#docs/} # the manual and its pictures
    hash=$(sha256sum "$f" | cut -c1-16)
    case $name in
    *[!A-Za-z0-9._/-]*) echo "embed.sh: $name: an address of letters, digits and . _ / - only" >&2; exit 1 ;;
    icons.svg) icons=/assets/$hash/$name# ;;
    esac
    z=$cache/$hash
    [ -f "$z.gz" ] || gzip -9nc "$f" >"$z.gz"
    [ -f "$z.br" ] || brotli -q 11 -fo "$z.br" "$f"
    raw=$(size "$f") gz=$(size "$z.gz") br=$(size "$z.br")
    [ $((gz * 10)) -le $((raw * 9)) ] || gz=0
    [ $((br * 10)) -le $((raw * 9)) ] || br=0
    for v in raw gz br; do
        case $v in raw) p=$f ;; *) p=$z.$v ;; esac
        printf '.balign 16\n.globl asset_%d_%s\nasset_%d_%s:\n.incbin "%s"\n' $i $v $i $v "$p" >>"$asm"
        printf 'extern const char asset_%d_%s[];\n' $i $v >>"$ext"
    done
    {
        printf '    {.name = {"%s", %d}, .path = {"/assets/%s/%s", %d},\n' "$name" ${#name} "$hash" "$name" \
            $((${#name} + 25))
        m=$(mime "$f")
        printf '     .type = {"%s", %d}, .etag = {"\\"%s\\"", 18},\n' "$m" ${#m} "$hash"
        printf '     .raw = {asset_%d_raw, %d}, .gz = {asset_%d_gz, %d}, .br = {asset_%d_br, %d}},\n' \
            $i "$raw" $i "$gz" $i "$br"
    } >>"$tab"
    i=$((i + 1))
done
printf '.section .note.GNU-stack,"",@progbits\n' >>"$asm"
{
    cat "$ext"
    printf '\nconst struct asset assets[] = {\n'
    cat "$tab"
    printf '};\nconst size_t assets_len = %d;\n' $i
    printf 'const str asset_icons = {"%s", %d};\n' "$icons" ${#icons}
} >"$out/assets.c"
mv "$asm" "$out/assets.S"
rm -f "$tab" "$ext"
