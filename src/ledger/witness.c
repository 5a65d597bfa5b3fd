#include "ledger/witness.h"

#include "ledger/b64.h"

static bool number(str s, int64_t *ret)
{
    return s.len && s.ptr[0] != '-' && (s.len == 1 || s.ptr[0] != '0') && str_to_i64(s, ret);
}

bool witness_read(str body, struct witness_request *ret)
{
    str rest;
    str first = str_cut(body, '\n', &rest);
    *ret = (struct witness_request){.old = 0};
    if (body.len > WITNESS_BODY_MAX || !str_starts(first, STR("old ")) ||
        !number(str_from_n(first.ptr + 4, first.len - 4), &ret->old)) {
        return false;
    }
    while (rest.ptr) {
        str line = str_cut(rest, '\n', &rest);
        if (!line.len) {
            ret->note = rest;
            return rest.ptr && !note_parse(rest, &ret->cp).code;
        }
        if (ret->proof.len == WITNESS_PROOF_MAX ||
            !b64_get_n(line, ret->proof.at[ret->proof.len].b, HASH_LEN)) {
            return false;
        }
        ret->proof.len++;
    }
    return false;
}

enum witness_answer witness_decide(struct hasher *h, const struct witness_request *r,
                                   const struct note_key *keys, size_t nkeys, int64_t size,
                                   const struct hash *root)
{
    struct note_key own[COSIGN_KEYS_MAX];
    struct note_checkpoint cp;
    size_t n = 0;
    for (size_t i = 0; i < nkeys && n < COSIGN_KEYS_MAX; i++) {
        if (str_eq(keys[i].name, r->cp.origin)) {
            own[n++] = keys[i];
        }
    }
    if (!n) {
        return WITNESS_ORIGIN;
    }
    if (note_open(r->note, own, n, &cp, NULL).code) {
        return WITNESS_KEY;
    }
    if (r->old > cp.size) {
        return WITNESS_MALFORMED;
    }
    if (r->old != size) {
        return WITNESS_OTHER;
    }
    if (size == cp.size && size > 0 && !hash_eq(*root, cp.root)) {
        return WITNESS_OTHER;
    }
    struct hash empty = merkle_empty(h);
    return merkle_check_growth(h, (uint64_t)size, (uint64_t)cp.size, &r->proof,
                               size ? root : &empty, &cp.root)
               ? WITNESS_OK
               : WITNESS_PROOF;
}
