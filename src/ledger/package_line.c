/* package_line.c - the lines of a population, and the tree over them. */
#include "base/arena.h"
#include "base/buf.h"
#include "ledger/canon.h"
#include "ledger/package.h"

enum { KEY_DIGITS = 19 };
#define BEFORE_KEY "{\"key\":\""
#define BEFORE_KEY_HIDDEN "{\"hidden\":1,\"key\":\""
#define BEFORE_ROW "\",\"row\":"
#define BEFORE_VERDICT ",\"verdict\":\""
#define BEFORE_VERDICT_HIDDEN "\",\"verdict\":\""

const struct package_part package_parts[] = {
    {STR("clause.txt"), true, false},           {STR("consistency.txt"), false, true},
    {STR("control.txt"), true, false},          {STR("keys.txt"), true, false},
    {STR("manifest.txt"), false, false},        {STR("params.txt"), true, false},
    {STR("population.ndjson"), true, false},    {STR("report.html"), true, false},
    {STR("snapshot.bin"), false, false},        {STR("snapshot.json"), false, false},
    {STR("snapshot.tlog-proof"), false, false}, {STR("verify.html"), true, false},
    {STR("violations.ndjson"), true, false},    {STR("waivers.ndjson"), true, false},
};
const size_t package_parts_len = sizeof(package_parts) / sizeof(package_parts[0]);

str package_verdict_key(enum package_verdict v)
{
    static const char *const keys[PACKAGE_VERDICTS] = {"ok", "violation", "in_grace", "waived",
                                                       "unknown"};
    return str_from(keys[v]);
}

static void put_lp(struct hasher *h, str s)
{
    unsigned char n[4];
    for (int i = 0; i < 4; i++) {
        n[i] = (unsigned char)(s.len >> (24 - 8 * i));
    }
    hash_put(h, n, sizeof(n));
    hash_put(h, s.ptr, s.len);
}

static void add(struct hasher *h, struct package_population *p, str key, enum package_verdict v,
                str row)
{
    struct hash digest = hash_of(h, row);
    hash_begin(h);
    hash_put(h, "\0", 1);
    put_lp(h, key);
    put_lp(h, package_verdict_key(v));
    hash_put(h, digest.b, HASH_LEN);
    struct hash leaf = hash_end(h);
    merkle_push(h, &p->tree, &leaf);
    p->count[v]++;
}

str package_line(struct hasher *h, struct arena *a, struct package_population *p, int64_t key,
                 str row, enum package_verdict v)
{
    struct buf b = buf_make(a, PACKAGE_LINE_MAX);
    str digits = str_fmt(a, "%019lld", (long long)key);
    add(h, p, digits, v, row.len ? row : PACKAGE_HIDDEN);
    buf_put(&b, row.len ? STR(BEFORE_KEY) : STR(BEFORE_KEY_HIDDEN));
    buf_put(&b, digits);
    if (row.len) {
        BUF_LIT(&b, BEFORE_ROW);
        buf_put(&b, row);
        BUF_LIT(&b, BEFORE_VERDICT);
    } else {
        BUF_LIT(&b, BEFORE_VERDICT_HIDDEN);
    }
    buf_put(&b, package_verdict_key(v));
    BUF_LIT(&b, "\"}\n");
    return buf_str(&b);
}

static bool take(str *rest, str begin)
{
    if (!str_starts(*rest, begin)) {
        return false;
    }
    *rest = str_from_n(rest->ptr + begin.len, rest->len - begin.len);
    return true;
}

/* The line's end, after its row: which verdict does it say? */
static bool take_verdict(str *rest, bool hidden, enum package_verdict *v)
{
    for (int i = 0; i < PACKAGE_VERDICTS; i++) {
        char end[64];
        str key = package_verdict_key((enum package_verdict)i);
        int n = snprintf(end, sizeof(end), "%s%.*s\"}",
                         hidden ? BEFORE_VERDICT_HIDDEN : BEFORE_VERDICT, STR_ARG(key));
        if (str_ends(*rest, str_from_n(end, (size_t)n))) {
            *rest = str_from_n(rest->ptr, rest->len - (size_t)n);
            *v = (enum package_verdict)i;
            return true;
        }
    }
    return false;
}

bool package_line_read(struct hasher *h, struct package_population *p, str line, int64_t *key,
                       enum package_verdict *v, str *row)
{
    str rest = line;
    bool hidden = take(&rest, STR(BEFORE_KEY_HIDDEN));
    if ((!hidden && !take(&rest, STR(BEFORE_KEY))) || rest.len < KEY_DIGITS) {
        return false;
    }
    str digits = str_from_n(rest.ptr, KEY_DIGITS);
    int64_t id = 0;
    bool number = true;
    for (int i = 0; i < KEY_DIGITS; i++) {
        number = number && digits.ptr[i] >= '0' && digits.ptr[i] <= '9';
    }
    rest = str_from_n(rest.ptr + KEY_DIGITS, rest.len - KEY_DIGITS);
    if (!number || !str_to_i64(digits, &id) || id <= *key || !take_verdict(&rest, hidden, v)) {
        return false;
    }
    if (hidden ? rest.len > 0 : !take(&rest, STR(BEFORE_ROW)) || !canon_ok(rest)) {
        return false;
    }
    *row = hidden ? PACKAGE_HIDDEN : rest;
    *key = id;
    add(h, p, digits, *v, *row);
    return true;
}
