#include "base/arena.h"
#include "ledger/ledger.h"

enum { MAGIC_LEN = 4, FIXED_LEN = MAGIC_LEN + 8 + 8 + 2 + 4 + 4 + HASH_LEN + 2 };

static char *put_be(char *p, uint64_t v, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--) {
        *p++ = (char)(v >> (8 * i));
    }
    return p;
}

static char *put_bytes(char *p, const void *from, size_t n)
{
    if (n) {
        memcpy(p, from, n);
    }
    return p + n;
}

str ledger_leaf_bytes(struct arena *a, const struct ledger_entry *e)
{
    size_t len = FIXED_LEN + e->actor.len + e->object.len;
    char *data = arena_bytes(a, len);
    char *p = put_bytes(data, "RVL1", MAGIC_LEN);
    p = put_be(p, (uint64_t)e->seq, 8);
    p = put_be(p, (uint64_t)e->recorded_ms, 8);
    p = put_be(p, e->type, 2);
    p = put_be(p, e->actor.len, 4);
    p = put_bytes(p, e->actor.ptr, e->actor.len);
    p = put_be(p, e->object.len, 4);
    p = put_bytes(p, e->object.ptr, e->object.len);
    p = put_bytes(p, e->digest.b, HASH_LEN);
    put_be(p, e->flags, 2);
    return str_from_n(data, len);
}

/* What is left to read; `too_short` once there was too little. */
struct reader {
    const unsigned char *p, *end;
    bool too_short;
};

static const unsigned char *take(struct reader *r, size_t n)
{
    if (r->too_short || (size_t)(r->end - r->p) < n) {
        r->too_short = true;
        return NULL;
    }
    const unsigned char *p = r->p;
    r->p += n;
    return p;
}

static uint64_t take_be(struct reader *r, size_t bytes)
{
    const unsigned char *p = take(r, bytes);
    uint64_t v = 0;
    for (size_t i = 0; p && i < bytes; i++) {
        v = v << 8 | p[i];
    }
    return v;
}

static str take_text(struct reader *r)
{
    size_t n = (size_t)take_be(r, 4);
    const unsigned char *p = n <= LEDGER_TEXT_MAX ? take(r, n) : NULL;
    r->too_short = r->too_short || !p;
    return p ? str_from_n((const char *)p, n) : (str){0};
}

bool ledger_leaf_parse(str data, struct ledger_entry *ret)
{
    if (!str_starts(data, STR("RVL1"))) {
        return false;
    }
    struct reader r = {.p = (const unsigned char *)data.ptr + MAGIC_LEN,
                       .end = (const unsigned char *)data.ptr + data.len};
    struct ledger_entry e = {.data = data};
    e.seq = (int64_t)take_be(&r, 8);
    e.recorded_ms = (int64_t)take_be(&r, 8);
    e.type = (uint16_t)take_be(&r, 2);
    e.actor = take_text(&r);
    e.object = take_text(&r);
    const unsigned char *digest = take(&r, HASH_LEN);
    e.flags = (uint16_t)take_be(&r, 2);
    if (r.too_short || !digest || r.p != r.end || e.seq < 0 || e.recorded_ms < 0) {
        return false;
    }
    memcpy(e.digest.b, digest, HASH_LEN);
    *ret = e;
    return true;
}
