#include "ledger/sample.h"

bool sample_text_ok(str s)
{
    bool ok = s.len > 0 && s.len <= SAMPLE_TEXT_MAX && str_utf8_ok(s);
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        ok = ok && c >= ' ' && c != 0x7f;
    }
    return ok;
}

struct hash sample_seed(struct hasher *h, const struct hash *root, str nonce, str campaign,
                        str control)
{
    const str parts[] = {hash_str(root), nonce, campaign, control};
    hash_begin(h);
    hash_put(h, "sample-v1", 9);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        hash_put(h, "\0", 1);
        hash_put(h, parts[i].ptr, parts[i].len);
    }
    return hash_end(h);
}

static uint64_t draw(struct hasher *h, const struct hash *seed, uint64_t j)
{
    unsigned char place[8];
    for (int i = 0; i < 8; i++) {
        place[i] = (unsigned char)(j >> (56 - 8 * i));
    }
    struct hash x = hash_of2(h, hash_str(seed), (str){(const char *)place, sizeof(place)});
    uint64_t r = 0;
    for (int i = 0; i < 8; i++) {
        r = r << 8 | x.b[i];
    }
    return r;
}

static bool has(const int64_t *list, int n, int64_t x)
{
    for (int i = 0; i < n; i++) {
        if (list[i] == x) {
            return true;
        }
    }
    return false;
}

int sample_draw(struct hasher *h, const struct hash *seed, int64_t n, int k, int64_t *ret)
{
    int64_t most = k < SAMPLE_MAX ? k : SAMPLE_MAX;
    most = most < n ? most : n;
    if (most <= 0) {
        return 0;
    }
    uint64_t all = (uint64_t)n;
    uint64_t over = (UINT64_MAX % all + 1) % all; /* 2^64 mod n */
    int got = 0;
    for (uint64_t j = 0; got < most; j++) {
        uint64_t r = draw(h, seed, j);
        int64_t place = (int64_t)(r % all);
        bool rejected = over && r > UINT64_MAX - over;
        if (!rejected && !has(ret, got, place)) {
            ret[got++] = place;
        }
    }
    return got;
}
