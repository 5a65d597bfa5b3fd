#include "ledger/cosign.h"

#include "base/arena.h"
#include "base/buf.h"
#include "ledger/b64.h"

#include <sodium.h>
#include <string.h>

enum { ALG_COSIGNATURE = 4, TIME_LEN = 8, SIG_LEN = 64, TEXT_MAX = NOTE_BYTES_MAX + 64 };

err cosign_signer(struct hasher *h, str name, const unsigned char seed[NOTE_SEED_LEN],
                  struct note_signer *ret)
{
    err e = note_signer(h, name, seed, ret);
    if (!e.code) {
        ret->key.id = note_key_id(h, name, ALG_COSIGNATURE, ret->key.public);
    }
    return e;
}

str cosign_vkey(struct arena *a, const struct note_key *key)
{
    return note_vkey_of(a, key, ALG_COSIGNATURE);
}

err cosign_key_parse(struct hasher *h, struct arena *a, str vkey, struct note_key *ret)
{
    return note_key_parse_of(h, a, vkey, ALG_COSIGNATURE, ret);
}

/* What is signed, in `room`; its length. */
static size_t message(char room[TEXT_MAX], str text, int64_t seconds)
{
    int n = snprintf(room, TEXT_MAX, "cosignature/v1\ntime %lld\n", (long long)seconds);
    memcpy(room + n, text.ptr, text.len); /* a note's text is at most NOTE_BYTES_MAX long */
    return (size_t)n + text.len;
}

err cosign_line(struct arena *a, const struct note_signer *s, str note, int64_t seconds, str *ret)
{
    str text;
    str sigs;
    unsigned char raw[4 + TIME_LEN + SIG_LEN];
    err e = note_cut(note, &text, &sigs);
    if (e.code) {
        return e;
    }
    char *room = arena_bytes(a, TEXT_MAX);
    size_t len = message(room, text, seconds);
    for (int i = 0; i < 4; i++) {
        raw[i] = (unsigned char)(s->key.id >> (24 - 8 * i));
    }
    for (int i = 0; i < TIME_LEN; i++) {
        raw[4 + i] = (unsigned char)((uint64_t)seconds >> (56 - 8 * i));
    }
    crypto_sign_detached(raw + 4 + TIME_LEN, NULL, (const unsigned char *)room, len, s->secret);
    struct buf b = buf_make(a, 1024);
    BUF_LIT(&b, "\u2014 ");
    buf_put(&b, s->key.name);
    buf_put_c(&b, ' ');
    b64_put(&b, (str){(const char *)raw, sizeof(raw)});
    buf_put_c(&b, '\n');
    *ret = buf_str(&b);
    return OK;
}

/* Seconds when it was signed; -1: the line does not verify. */
static int64_t check_line(str text, const struct note_sig *s, const struct note_key *key)
{
    char room[TEXT_MAX];
    uint64_t seconds = 0;
    if (s->len != TIME_LEN + SIG_LEN) {
        return -1;
    }
    for (int i = 0; i < TIME_LEN; i++) {
        seconds = seconds << 8 | s->bytes[i];
    }
    if (seconds > INT64_MAX) {
        return -1;
    }
    size_t len = message(room, text, (int64_t)seconds);
    return crypto_sign_verify_detached(s->bytes + TIME_LEN, (const unsigned char *)room, len,
                                       key->public)
               ? -1
               : (int64_t)seconds;
}

static bool is_of(const struct note_sig *s, const struct note_key *key)
{
    return s->id == key->id && str_eq(s->name, key->name);
}

err cosign_count(str note, const struct note_key *keys, size_t nkeys, int64_t *at, int *ret)
{
    unsigned char room[NOTE_SIG_BYTES_MAX];
    bool signed_by[COSIGN_KEYS_MAX] = {false};
    str text;
    str rest;
    *ret = 0;
    for (size_t k = 0; at && k < nkeys; k++) {
        at[k] = -1;
    }
    err e = note_cut(note, &text, &rest);
    for (int n = 0; !e.code && rest.len; n++) {
        struct note_sig s;
        if (n == NOTE_SIGS_MAX || !note_sig_next(&rest, room, &s)) {
            return err_make(ERR_VALUE, STR("checkpoint: a signature line is malformed"));
        }
        for (size_t k = 0; k < nkeys && k < COSIGN_KEYS_MAX; k++) {
            if (!is_of(&s, &keys[k])) {
                continue;
            }
            int64_t when = check_line(text, &s, &keys[k]);
            if (when < 0) {
                return err_make(ERR_DENIED, STR("checkpoint: a witness's line does not verify"));
            }
            *ret += !signed_by[k];
            signed_by[k] = true;
            if (at) {
                at[k] = when;
            }
        }
    }
    return e;
}

str cosign_pick(str note, str lines, const struct note_key *key)
{
    unsigned char room[NOTE_SIG_BYTES_MAX];
    str text;
    str sigs;
    err e = note_cut(note, &text, &sigs);
    for (int n = 0; !e.code && n < NOTE_SIGS_MAX && lines.len; n++) {
        struct note_sig s;
        str rest = lines;
        bool whole = note_sig_next(&rest, room, &s) && s.line.len < lines.len;
        if (whole && is_of(&s, key) && check_line(text, &s, key) >= 0) {
            return str_from_n(lines.ptr, s.line.len + 1);
        }
        lines = rest;
    }
    return STR("");
}
