#include "signer/wire.h"

#include "base/arena.h"
#include "base/buf.h"
#include "ledger/b64.h"

#define HEAD "zhidu.signer/1 "

static const char *const words[VERDICT_COUNT] = {
#define VERDICT_WORD(name, word) word,
    VERDICT_LIST(VERDICT_WORD)
#undef VERDICT_WORD
};

static err bad(const char *why)
{
    return err_make(ERR_VALUE, str_from(why));
}

/* --- writing ---------------------------------------------------------------------- */

static void put_hash(struct buf *b, const struct hash *h)
{
    b64_put(b, hash_str(h));
    buf_put_c(b, '\n');
}

static void put_size(struct buf *b, int64_t size)
{
    buf_put_i64(b, size);
    buf_put_c(b, '\n');
}

str wire_put_request(struct arena *a, const struct wire_request *r)
{
    struct buf b = buf_make(a, WIRE_MAX);
    if (r->key) {
        BUF_LIT(&b, HEAD "key\n");
        return buf_str(&b);
    }
    BUF_LIT(&b, HEAD "sign\n");
    put_size(&b, r->old);
    for (int i = 0; i < r->growth.len; i++) {
        put_hash(&b, &r->growth.at[i]);
    }
    buf_put_c(&b, '\n');
    buf_put(&b, r->cp.origin);
    buf_put_c(&b, '\n');
    put_size(&b, r->cp.size);
    put_hash(&b, &r->cp.root);
    return buf_str(&b);
}

str wire_put_answer(struct arena *a, const struct wire_answer *x)
{
    struct buf b = buf_make(a, WIRE_MAX);
    BUF_LIT(&b, HEAD);
    if (x->key.len) {
        BUF_LIT(&b, "key\n");
        buf_put(&b, x->key);
        buf_put_c(&b, '\n');
        return buf_str(&b);
    }
    buf_put(&b, str_from(words[x->verdict]));
    buf_put_c(&b, '\n');
    if (x->verdict == VERDICT_SIGNED) {
        buf_put(&b, x->note);
        return buf_str(&b);
    }
    put_size(&b, x->last.size);
    put_hash(&b, &x->last.root);
    put_size(&b, x->asked.size);
    put_hash(&b, &x->asked.root);
    return buf_str(&b);
}

/* --- reading ------------------------------------------------------------------------ */

/* The next line; false where none ends with a newline. */
static bool line(str *rest, str *ret)
{
    if (!rest->len) {
        return false;
    }
    *ret = str_cut(*rest, '\n', rest);
    return rest->ptr != NULL;
}

static bool get_size(str *rest, int64_t *ret)
{
    str s;
    bool canonical = line(rest, &s) && s.len && s.ptr[0] != '-' && (s.len == 1 || s.ptr[0] != '0');
    return canonical && str_to_i64(s, ret);
}

static bool get_hash(str *rest, struct hash *ret)
{
    str s;
    return line(rest, &s) && b64_get_n(s, ret->b, HASH_LEN);
}

static bool get_head(str packet, str *word, str *rest)
{
    *rest = packet;
    if (packet.len > WIRE_MAX || !line(rest, word) || !str_starts(*word, STR(HEAD))) {
        return false;
    }
    size_t n = sizeof(HEAD) - 1;
    *word = str_from_n(word->ptr + n, word->len - n);
    return true;
}

static bool get_proof(str *rest, struct merkle_proof *ret)
{
    while (rest->len && rest->ptr[0] != '\n') {
        if (ret->len == MERKLE_PROOF_MAX || !get_hash(rest, &ret->at[ret->len])) {
            return false;
        }
        ret->len++;
    }
    str empty;
    return line(rest, &empty);
}

err wire_get_request(str packet, struct wire_request *ret)
{
    struct wire_request r = {0};
    str word;
    str rest;
    if (!get_head(packet, &word, &rest)) {
        return bad("request: does not begin as one");
    }
    if (str_eq(word, STR("key"))) {
        r.key = true;
    } else if (!str_eq(word, STR("sign"))) {
        return bad("request: for what?");
    } else if (!get_size(&rest, &r.old) || !get_proof(&rest, &r.growth)) {
        return bad("request: no proof");
    } else if (!line(&rest, &r.cp.origin) || !note_name_ok(r.cp.origin) ||
               !get_size(&rest, &r.cp.size) || !get_hash(&rest, &r.cp.root)) {
        return bad("request: no checkpoint");
    }
    if (rest.len) {
        return bad("request: goes on after its end");
    }
    *ret = r;
    return OK;
}

err wire_get_answer(str packet, struct wire_answer *ret)
{
    struct wire_answer x = {.verdict = VERDICT_COUNT};
    str word;
    str rest;
    if (!get_head(packet, &word, &rest)) {
        return bad("answer: does not begin as one");
    }
    if (str_eq(word, STR("key"))) {
        if (!line(&rest, &x.key) || !x.key.len || rest.len) {
            return bad("answer: no key");
        }
        x.verdict = VERDICT_SIGNED;
        *ret = x;
        return OK;
    }
    for (int i = 0; i < VERDICT_COUNT; i++) {
        x.verdict = str_eq(word, str_from(words[i])) ? (enum verdict)i : x.verdict;
    }
    if (x.verdict == VERDICT_COUNT) {
        return bad("answer: not a verdict");
    }
    if (x.verdict == VERDICT_SIGNED) {
        x.note = rest;
    } else if (!get_size(&rest, &x.last.size) || !get_hash(&rest, &x.last.root) ||
               !get_size(&rest, &x.asked.size) || !get_hash(&rest, &x.asked.root) || rest.len) {
        return bad("answer: no sizes");
    }
    *ret = x;
    return OK;
}
