#include "ledger/proof.h"

#include "base/arena.h"
#include "base/buf.h"
#include "ledger/b64.h"
#include "ledger/canon.h"

#define FILE_PROOF "zhidu.ledger/proof/1"
#define FILE_GROWTH "zhidu.ledger/growth/1"
#define TLOG_PROOF "c2sp.org/tlog-proof@v1"

struct words proof_words(enum proof_result r)
{
    static const struct words words[] = {
        [PROOF_OK] = {STR("验证通过。"), STR("The proof holds.")},
        [PROOF_FORM] = {STR("文件不是完整的存证证明，或已损坏。"),
                        STR("The file is not a complete proof, or it is damaged.")},
        [PROOF_PAYLOAD] = {STR("记录内容与入账时的摘要不符：内容已被改动。"),
                           STR("The content does not fit its recorded digest: it was changed.")},
        [PROOF_PATH] = {STR("该记录不在检查点所签的存证日志之中。"),
                        STR("The entry is not in the log that the checkpoint signed.")},
        [PROOF_SIGNATURE] = {STR("检查点上没有所给公钥的有效签名。"),
                             STR("The checkpoint has no valid signature by the given key.")},
        [PROOF_ROOT] = {STR("后一检查点不是前一检查点的延续：历史已被改写。"),
                        STR("The later checkpoint does not continue the earlier one:"
                            " history was rewritten.")},
    };
    return words[r];
}

/* --- writing -------------------------------------------------------------------------- */

static void put_b64_line(struct buf *b, const char *name, str bytes)
{
    buf_put(b, str_from(name));
    b64_put(b, bytes);
    buf_put_c(b, '\n');
}

static void put_path(struct buf *b, const struct merkle_proof *p)
{
    for (int i = 0; i < p->len; i++) {
        put_b64_line(b, "", hash_str(&p->at[i]));
    }
    buf_put_c(b, '\n');
}

str proof_write(struct arena *a, const struct proof_entry *p)
{
    struct buf b = buf_make(a, 2 * (size_t)PROOF_BYTES_MAX);
    BUF_LIT(&b, FILE_PROOF "\n");
    put_b64_line(&b, "leaf ", p->entry.data);
    if (p->entry.erased) {
        BUF_LIT(&b, "erased\n");
    } else {
        put_b64_line(&b, "salt ", p->entry.salt);
        BUF_LIT(&b, "payload ");
        buf_put(&b, p->entry.payload);
        buf_put_c(&b, '\n');
    }
    BUF_LIT(&b, "\n" TLOG_PROOF "\nindex ");
    buf_put_i64(&b, p->entry.seq);
    buf_put_c(&b, '\n');
    put_path(&b, &p->path);
    buf_put(&b, p->note);
    return buf_str(&b);
}

str proof_tlog_write(struct arena *a, const struct proof_tlog *p)
{
    struct buf b = buf_make(a, PROOF_BYTES_MAX);
    BUF_LIT(&b, TLOG_PROOF "\n");
    if (p->extra.len) {
        put_b64_line(&b, "extra ", p->extra);
    }
    BUF_LIT(&b, "index ");
    buf_put_i64(&b, p->index);
    buf_put_c(&b, '\n');
    put_path(&b, &p->path);
    buf_put(&b, p->note);
    return buf_str(&b);
}

str proof_growth_write(struct arena *a, const struct proof_growth *p)
{
    struct buf b = buf_make(a, PROOF_BYTES_MAX);
    BUF_LIT(&b, FILE_GROWTH "\nfrom ");
    buf_put_i64(&b, p->from);
    buf_put_c(&b, '\n');
    put_path(&b, &p->path);
    buf_put(&b, p->note);
    return buf_str(&b);
}

/* --- reading ----------------------------------------------------------------------------- */

/* The next line is `name` and a value; false (and nothing taken) otherwise. */
static bool line_after(str *rest, str name, str *value)
{
    str next;
    str line = str_cut(*rest, '\n', &next);
    if (!next.ptr || !str_starts(line, name)) {
        return false;
    }
    *value = str_from_n(line.ptr + name.len, line.len - name.len);
    *rest = next;
    return true;
}

static bool line_is(str *rest, str text)
{
    str left;
    str copy = *rest;
    if (!line_after(&copy, text, &left) || left.len) {
        return false;
    }
    *rest = copy;
    return true;
}

static bool line_number(str *rest, str name, int64_t *ret)
{
    str value;
    return line_after(rest, name, &value) && value.len && value.ptr[0] != '-' &&
           (value.len == 1 || value.ptr[0] != '0') && str_to_i64(value, ret);
}

/* Hashes up to the empty line, then the rest is the checkpoint. */
static bool read_path(str *rest, struct merkle_proof *p, str *note)
{
    p->len = 0;
    while (!line_is(rest, STR(""))) {
        str line;
        if (p->len == MERKLE_PROOF_MAX || !line_after(rest, STR(""), &line) ||
            !b64_get_n(line, p->at[p->len].b, HASH_LEN)) {
            return false;
        }
        p->len++;
    }
    *note = *rest;
    return true;
}

static bool read_content(struct arena *a, str *rest, struct ledger_entry *e, str *why)
{
    str value;
    if (line_is(rest, STR("erased"))) {
        e->erased = true;
        return true;
    }
    if (!line_after(rest, STR("salt "), &value) || !b64_get(a, value, &e->salt) ||
        e->salt.len != LEDGER_SALT_LEN) {
        *why = STR("no salt of 32 bytes");
        return false;
    }
    if (!line_after(rest, STR("payload "), &e->payload)) {
        *why = STR("no payload");
        return false;
    }
    return true;
}

static bool read_proof(struct arena *a, str file, struct proof_entry *p, str *why)
{
    str value;
    str data;
    int64_t index = 0;
    str rest = file;
    if (file.len > 2 * (size_t)PROOF_BYTES_MAX || !line_is(&rest, STR(FILE_PROOF))) {
        *why = STR("the first line is not " FILE_PROOF);
        return false;
    }
    if (!line_after(&rest, STR("leaf "), &value) || !b64_get(a, value, &data) ||
        !ledger_leaf_parse(data, &p->entry)) {
        *why = STR("no leaf, or not one of a ledger");
        return false;
    }
    if (!read_content(a, &rest, &p->entry, why)) {
        return false;
    }
    if (!line_is(&rest, STR("")) || !line_is(&rest, STR(TLOG_PROOF)) ||
        !line_number(&rest, STR("index "), &index) || index != p->entry.seq) {
        *why = STR("no " TLOG_PROOF " with the index of the leaf");
        return false;
    }
    if (!read_path(&rest, &p->path, &p->note)) {
        *why = STR("a line of the path is not a hash");
        return false;
    }
    return true;
}

bool proof_tlog_read(struct arena *a, str file, struct proof_tlog *ret, str *why)
{
    str value;
    str rest = file;
    *ret = (struct proof_tlog){0};
    *why = (str){0};
    if (file.len > PROOF_BYTES_MAX || !line_is(&rest, STR(TLOG_PROOF))) {
        *why = STR("the first line is not " TLOG_PROOF);
    } else if (line_after(&rest, STR("extra "), &value) && !b64_get(a, value, &ret->extra)) {
        *why = STR("extra is not base64");
    } else if (!line_number(&rest, STR("index "), &ret->index)) {
        *why = STR("no index");
    } else if (!read_path(&rest, &ret->path, &ret->note)) {
        *why = STR("a line of the path is not a hash");
    }
    return !why->len;
}

static enum proof_result signature(str note, const struct note_key *keys, size_t nkeys,
                                   struct note_checkpoint *cp, str *why)
{
    err e = note_parse(note, cp);
    if (e.code) {
        *why = e.detail;
        return PROOF_FORM;
    }
    e = note_open(note, keys, nkeys, cp, NULL);
    if (e.code) {
        *why = e.detail;
        return PROOF_SIGNATURE;
    }
    return PROOF_OK;
}

enum proof_result proof_check(struct hasher *h, struct arena *a, str file,
                              const struct note_key *keys, size_t nkeys, struct proof_entry *ret,
                              str *why)
{
    *ret = (struct proof_entry){0};
    *why = (str){0};
    if (!read_proof(a, file, ret, why)) {
        return PROOF_FORM;
    }
    enum proof_result sig = signature(ret->note, keys, nkeys, &ret->cp, why);
    if (sig == PROOF_FORM) {
        return sig;
    }
    const struct ledger_entry *e = &ret->entry;
    if (!e->erased && !hash_eq(hash_of2(h, e->salt, e->payload), e->digest)) {
        *why = STR("SHA-256(salt | payload) differs from the digest in the leaf");
        return PROOF_PAYLOAD;
    }
    if (!e->erased && !canon_ok(e->payload)) {
        *why = STR("the payload is not in canonical form");
        return PROOF_FORM;
    }
    struct hash leaf = merkle_leaf(h, e->data);
    if (!merkle_check(h, (uint64_t)e->seq, (uint64_t)ret->cp.size, &leaf, &ret->path,
                      &ret->cp.root)) {
        *why = STR("leaf and path do not lead to the root of the checkpoint");
        return PROOF_PATH;
    }
    return sig;
}

str proof_checkpoint(str file)
{
    bool wrapped = str_starts(file, STR(FILE_PROOF "\n")) ||
                   str_starts(file, STR(FILE_GROWTH "\n")) ||
                   str_starts(file, STR(TLOG_PROOF "\n"));
    /* a checkpoint contains one empty line itself: what follows the last but one */
    int empty = 0;
    for (size_t i = file.len; wrapped && i-- > 1;) {
        if (file.ptr[i] == '\n' && file.ptr[i - 1] == '\n' && ++empty == 2) {
            return str_from_n(file.ptr + i + 1, file.len - i - 1);
        }
    }
    return file;
}

enum proof_result proof_growth_check(struct hasher *h, str old, str file,
                                     const struct note_key *keys, size_t nkeys,
                                     struct proof_growth *ret, str *why)
{
    *ret = (struct proof_growth){0};
    *why = (str){0};
    str rest = file;
    if (!line_is(&rest, STR(FILE_GROWTH)) || !line_number(&rest, STR("from "), &ret->from) ||
        !read_path(&rest, &ret->path, &ret->note)) {
        *why = STR("the later file is not a " FILE_GROWTH);
        return PROOF_FORM;
    }
    enum proof_result r = signature(proof_checkpoint(old), keys, nkeys, &ret->old, why);
    if (r != PROOF_OK) {
        return r;
    }
    r = signature(ret->note, keys, nkeys, &ret->cp, why);
    if (r != PROOF_OK) {
        return r;
    }
    if (ret->old.size != ret->from) {
        *why = STR("the later file begins at another size than the earlier checkpoint has");
        return PROOF_FORM;
    }
    if (!merkle_check_growth(h, (uint64_t)ret->old.size, (uint64_t)ret->cp.size, &ret->path,
                             &ret->old.root, &ret->cp.root)) {
        *why = STR("the hashes do not lead from the earlier root to the later one");
        return PROOF_ROOT;
    }
    return PROOF_OK;
}
