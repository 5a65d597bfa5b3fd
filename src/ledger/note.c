#include "ledger/note.h"

#include "base/arena.h"
#include "base/buf.h"
#include "ledger/b64.h"

#include <sodium.h>

enum { ALG_ED25519 = 1, SIG_LEN = 64, SIG_LINE_BYTES = 4 + SIG_LEN };

static err bad(const char *why)
{
    return err_make(ERR_VALUE, str_from(why));
}

static err denied(const char *why)
{
    return err_make(ERR_DENIED, str_from(why));
}

/* --- names and keys -------------------------------------------------------------- */

/* White space of Unicode outside ASCII. */
static bool has_wide_space(str s)
{
    static const char *const spaces[] = {"\xc2\x85", "\u00a0", "\u1680", "\u2000", "\u2001",
                                         "\u2002",   "\u2003", "\u2004", "\u2005", "\u2006",
                                         "\u2007",   "\u2008", "\u2009", "\u200a", "\u2028",
                                         "\u2029",   "\u202f", "\u205f", "\u3000"};
    for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
        if (str_has(s, str_from(spaces[i]))) {
            return true;
        }
    }
    return false;
}

bool note_name_ok(str name)
{
    if (name.len == 0 || name.len > 255 || !str_utf8_ok(name)) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (c <= ' ' || c == 0x7f || c == '+') {
            return false;
        }
    }
    return !has_wide_space(name);
}

static uint32_t read_u32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

uint32_t note_key_id(struct hasher *h, str name, unsigned char alg, const unsigned char *public)
{
    const unsigned char mark[2] = {'\n', alg};
    hash_begin(h);
    hash_put(h, name.ptr, name.len);
    hash_put(h, mark, sizeof(mark));
    hash_put(h, public, NOTE_PUBLIC_LEN);
    struct hash id = hash_end(h);
    return read_u32(id.b);
}

err note_signer(struct hasher *h, str name, const unsigned char seed[NOTE_SEED_LEN],
                struct note_signer *ret)
{
    if (!note_name_ok(name)) {
        return bad("a key's name may not be empty or contain white space or '+'");
    }
    ret->key.name = name;
    if (crypto_sign_seed_keypair(ret->key.public, ret->secret, seed)) {
        return bad("no key from this seed");
    }
    ret->key.id = note_key_id(h, name, ALG_ED25519, ret->key.public);
    return OK;
}

void note_signer_wipe(struct note_signer *s)
{
    sodium_memzero(s, sizeof(*s));
}

str note_vkey(struct arena *a, const struct note_key *key)
{
    return note_vkey_of(a, key, ALG_ED25519);
}

str note_vkey_of(struct arena *a, const struct note_key *key, unsigned char alg)
{
    unsigned char raw[1 + NOTE_PUBLIC_LEN] = {alg};
    memcpy(raw + 1, key->public, NOTE_PUBLIC_LEN);
    struct buf b = buf_make(a, 1024);
    buf_put(&b, key->name);
    buf_put_fmt(&b, "+%08x+", (unsigned)key->id);
    b64_put(&b, (str){.ptr = (const char *)raw, .len = sizeof(raw)});
    return buf_str(&b);
}

static bool parse_id(str hex, uint32_t *ret)
{
    uint32_t id = 0;
    if (hex.len != 8) {
        return false;
    }
    for (size_t i = 0; i < 8; i++) {
        char c = hex.ptr[i];
        bool digit = c >= '0' && c <= '9';
        if (!digit && !(c >= 'a' && c <= 'f')) {
            return false;
        }
        id = id << 4 | (uint32_t)(digit ? c - '0' : c - 'a' + 10);
    }
    *ret = id;
    return true;
}

err note_key_parse(struct hasher *h, struct arena *a, str vkey, struct note_key *ret)
{
    return note_key_parse_of(h, a, vkey, ALG_ED25519, ret);
}

err note_key_parse_of(struct hasher *h, struct arena *a, str vkey, unsigned char alg,
                      struct note_key *ret)
{
    str rest;
    str name = str_cut(vkey, '+', &rest);
    str key;
    str hex = str_cut(rest, '+', &key);
    uint32_t id = 0;
    unsigned char raw[1 + NOTE_PUBLIC_LEN];
    if (!note_name_ok(name)) {
        return bad("public key: no valid name before the first '+'");
    }
    if (!parse_id(hex, &id)) {
        return bad("public key: no 8 hex digits between the two '+'");
    }
    if (!b64_get_n(key, raw, sizeof(raw))) {
        return bad("public key: the part after the second '+' is not 33 bytes in base64");
    }
    if (raw[0] != alg) {
        return bad(alg == ALG_ED25519 ? "public key: not an Ed25519 key of a log"
                                      : "public key: not an Ed25519 key of a witness");
    }
    if (note_key_id(h, name, alg, raw + 1) != id) {
        return bad("public key: its id does not belong to it; a character is wrong");
    }
    ret->name = str_copy(a, name);
    ret->id = id;
    memcpy(ret->public, raw + 1, NOTE_PUBLIC_LEN);
    return OK;
}

/* --- writing ------------------------------------------------------------------------ */

str note_write(struct arena *a, const struct note_signer *s, const struct note_checkpoint *cp)
{
    struct buf b = buf_make(a, 4096);
    buf_put(&b, cp->origin);
    buf_put_c(&b, '\n');
    buf_put_i64(&b, cp->size);
    buf_put_c(&b, '\n');
    b64_put(&b, hash_str(&cp->root));
    buf_put_c(&b, '\n');
    buf_put(&b, cp->further);

    unsigned char line[SIG_LINE_BYTES] = {(unsigned char)(s->key.id >> 24),
                                          (unsigned char)(s->key.id >> 16),
                                          (unsigned char)(s->key.id >> 8), //
                                          (unsigned char)s->key.id};
    crypto_sign_detached(line + 4, NULL, (const unsigned char *)b.ptr, b.len, s->secret);
    BUF_LIT(&b, "\n\u2014 ");
    buf_put(&b, s->key.name);
    buf_put_c(&b, ' ');
    b64_put(&b, (str){.ptr = (const char *)line, .len = sizeof(line)});
    buf_put_c(&b, '\n');
    return buf_str(&b);
}

/* --- reading ------------------------------------------------------------------------- */

/* A note cut in two: what is signed, and the lines of signatures. */
struct parts {
    str text, sigs;
};

static err cut_note(str note, struct parts *ret)
{
    if (note.len > NOTE_BYTES_MAX) {
        return bad("checkpoint: too long");
    }
    if (!str_utf8_ok(note)) {
        return bad("checkpoint: not UTF-8");
    }
    for (size_t i = 0; i < note.len; i++) {
        unsigned char c = (unsigned char)note.ptr[i];
        if (c < ' ' && c != '\n') {
            return bad("checkpoint: contains a control character");
        }
    }
    if (note.len == 0 || note.ptr[note.len - 1] != '\n') {
        return bad("checkpoint: does not end with a newline");
    }
    for (size_t i = note.len; i-- > 1;) {
        if (note.ptr[i] == '\n' && note.ptr[i - 1] == '\n') {
            ret->text = (str){.ptr = note.ptr, .len = i};
            ret->sigs = (str){.ptr = note.ptr + i + 1, .len = note.len - i - 1};
            return ret->sigs.len ? OK : bad("checkpoint: no signature");
        }
    }
    return bad("checkpoint: no empty line before the signatures");
}

static bool parse_size(str s, int64_t *ret)
{
    bool canonical = s.len && s.ptr[0] != '-' && (s.len == 1 || s.ptr[0] != '0');
    return canonical && str_to_i64(s, ret);
}

static err parse_text(str text, struct note_checkpoint *ret)
{
    str rest;
    struct note_checkpoint cp = {.origin = str_cut(text, '\n', &rest)};
    if (!note_name_ok(cp.origin)) {
        return bad("checkpoint: no valid origin in the first line");
    }
    if (!parse_size(str_cut(rest, '\n', &rest), &cp.size)) {
        return bad("checkpoint: no size in the second line");
    }
    if (!b64_get_n(str_cut(rest, '\n', &rest), cp.root.b, HASH_LEN)) {
        return bad("checkpoint: no root in the third line");
    }
    cp.further = rest;
    while (rest.len) { /* further lines mean something to others; only empty ones are wrong */
        if (!str_cut(rest, '\n', &rest).len) {
            return bad("checkpoint: an empty line in its text");
        }
    }
    *ret = cp;
    return OK;
}

/* One line "— name base64"; `room` holds the decoded bytes. */
static bool parse_sig(str line, unsigned char room[NOTE_SIG_BYTES_MAX], struct note_sig *ret)
{
    static const char dash[] = "\u2014 ";
    size_t got = 0;
    if (!str_starts(line, STR("\u2014 "))) {
        return false;
    }
    str base;
    ret->line = line;
    line = (str){.ptr = line.ptr + sizeof(dash) - 1, .len = line.len - (sizeof(dash) - 1)};
    ret->name = str_cut(line, ' ', &base);
    if (!note_name_ok(ret->name) || !b64_get_most(base, room, NOTE_SIG_BYTES_MAX, &got) ||
        got < 5) {
        return false;
    }
    ret->id = read_u32(room);
    ret->bytes = room + 4;
    ret->len = got - 4;
    return true;
}

err note_cut(str note, str *text, str *sigs)
{
    struct parts p;
    err e = cut_note(note, &p);
    if (!e.code) {
        *text = p.text;
        *sigs = p.sigs;
    }
    return e;
}

bool note_sig_next(str *rest, unsigned char room[NOTE_SIG_BYTES_MAX], struct note_sig *ret)
{
    return parse_sig(str_cut(*rest, '\n', rest), room, ret);
}

/* Walks the signature lines; with keys, looks for one that signed. */
static err walk_sigs(const struct parts *p, const struct note_key *keys, size_t nkeys,
                     size_t *which)
{
    unsigned char room[NOTE_SIG_BYTES_MAX];
    size_t found = nkeys;
    int n = 0;
    for (str rest = p->sigs; rest.len;) {
        struct note_sig s;
        if (n++ == NOTE_SIGS_MAX || !note_sig_next(&rest, room, &s)) {
            return bad("checkpoint: a signature line is malformed");
        }
        for (size_t k = 0; k < nkeys; k++) {
            if (keys[k].id != s.id || !str_eq(keys[k].name, s.name)) {
                continue;
            }
            if (s.len != SIG_LEN ||
                crypto_sign_verify_detached(s.bytes, (const unsigned char *)p->text.ptr,
                                            p->text.len, keys[k].public)) {
                return denied("checkpoint: the signature is not valid");
            }
            found = found == nkeys ? k : found;
        }
    }
    *which = found;
    return OK;
}

err note_parse(str note, struct note_checkpoint *ret)
{
    struct parts p;
    err e = cut_note(note, &p);
    if (e.code) {
        return e;
    }
    size_t which = 0;
    e = walk_sigs(&p, NULL, 0, &which);
    if (e.code) {
        return e;
    }
    return parse_text(p.text, ret);
}

err note_open(str note, const struct note_key *keys, size_t nkeys, struct note_checkpoint *ret,
              size_t *which)
{
    struct parts p;
    struct note_checkpoint cp;
    size_t found = nkeys;
    err e = cut_note(note, &p);
    if (e.code) {
        return e;
    }
    e = walk_sigs(&p, keys, nkeys, &found);
    if (e.code) {
        return e;
    }
    e = parse_text(p.text, &cp);
    if (e.code) {
        return e;
    }
    if (found == nkeys) {
        return denied("checkpoint: not signed by the given key");
    }
    if (!str_eq(keys[found].name, cp.origin)) {
        return denied("checkpoint: signed for another log than the key's");
    }
    *ret = cp;
    if (which) {
        *which = found;
    }
    return OK;
}
