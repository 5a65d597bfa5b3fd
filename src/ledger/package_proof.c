/* package_proof.c - is the snapshot an entry of the ledger that the checkpoint signed? */
#include "base/arena.h"
#include "ledger/canon.h"
#include "ledger/package_int.h"

#define PROOF "snapshot.tlog-proof"
#define LEAF "snapshot.bin"
#define JSON "snapshot.json"

/* Of several that cannot all be right, those that the manifest does not know so; all of
 * them when it knows them all. */
static void blame_some(struct package_checking *c, const char *const *names, size_t n,
                       struct words what, str detail)
{
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        any = any || package_differs(package_seen(c, names[i]));
    }
    for (size_t i = 0; i < n; i++) {
        if (!any || package_differs(package_seen(c, names[i]))) {
            package_blame(c, str_from(names[i]), what, detail);
        }
    }
}

static int64_t number(str object, const char *key)
{
    struct canon_value v;
    return canon_find(object, str_from(key), &v) && v.kind == CANON_I64 ? v.i64 : -1;
}

static str text(struct package_checking *c, const char *key)
{
    struct canon_value v;
    return canon_find(c->payload, str_from(key), &v) ? canon_text(c->a, v) : STR("");
}

/* What the payload says. */
static void take_payload(struct package_checking *c)
{
    struct package_report *r = c->ret;
    struct canon_value counts;
    r->control = text(c, "control");
    r->regulation = text(c, "regulation");
    r->version = number(c->payload, "version");
    r->as_of = number(c->payload, "as_of");
    r->size = number(c->payload, "size");
    r->n = number(c->payload, "n");
    bool some = canon_find(c->payload, STR("counts"), &counts);
    for (int i = 0; some && i < PACKAGE_VERDICTS; i++) {
        char key[16];
        snprintf(key, sizeof(key), "%.*s", STR_ARG(package_verdict_key((enum package_verdict)i)));
        r->count[i] = number(counts.raw, key);
    }
}

static bool read_payload(struct package_checking *c)
{
    const struct package_seen *s = package_seen(c, JSON);
    struct canon_value v;
    bool good = s->whole && canon_ok(s->text) && canon_find(s->text, STR("population_root"), &v) &&
                canon_find(s->text, STR("files"), &v);
    if (good) {
        c->payload = s->text;
        take_payload(c);
    } else if (s->there) {
        package_blame(
            c, STR(JSON),
            WORDS("不是快照条目的规范内容。", "It is not the canonical content of a snapshot."),
            STR("not canonical"));
    }
    return good;
}

static bool read_leaf(struct package_checking *c, struct ledger_entry *e)
{
    const struct package_seen *s = package_seen(c, LEAF);
    bool good = s->whole && ledger_leaf_parse(s->text, e) && e->type == PACKAGE_ENTRY &&
                str_starts(e->object, STR(PACKAGE_OBJECT));
    if (good) {
        c->ret->seq = e->seq;
        c->ret->recorded_ms = e->recorded_ms;
        c->ret->actor = e->actor;
    } else if (s->there) {
        package_blame(c, STR(LEAF),
                      WORDS("不是一次快照的存证条目。", "It is not the leaf of a snapshot."),
                      STR("not a leaf"));
    }
    return good;
}

/* The signatures under the checkpoint. */
static bool check_signed(struct package_checking *c, const struct proof_tlog *p)
{
    const struct package_options *o = c->opt;
    err e = note_open(p->note, o->keys, o->nkeys, &c->ret->cp, NULL);
    if (e.code) {
        package_blame(c, STR(PROOF),
                      WORDS("检查点上没有所给公钥的有效签名。",
                            "The checkpoint has no valid signature by the given key."),
                      e.detail);
        return false;
    }
    e = cosign_count(p->note, o->witnesses, o->nwitnesses, NULL, &c->ret->cosigned);
    if (e.code || c->ret->cosigned < o->need) {
        package_blame(c, STR(PROOF),
                      WORDS("检查点上见证人的有效签名不够。",
                            "Too few valid signatures of witnesses are under the checkpoint."),
                      e.code ? e.detail : str_fmt(c->a, "%d of %d", c->ret->cosigned, o->need));
        return false;
    }
    return true;
}

/* That the checkpoint continues the one the auditor kept. */
static void check_old(struct package_checking *c)
{
    struct words broken = WORDS("检查点不是您留存的检查点的延续。",
                                "The checkpoint does not continue the one that you kept.");
    struct note_checkpoint old;
    struct note_checkpoint *cp = &c->ret->cp;
    const struct package_seen *s = package_seen(c, "consistency.txt");
    err e = note_open(proof_checkpoint(c->opt->old), c->opt->keys, c->opt->nkeys, &old, NULL);
    if (e.code || old.size > cp->size || (old.size == cp->size && !hash_eq(old.root, cp->root))) {
        package_blame(c, STR(PROOF), broken,
                      e.code ? e.detail : STR("the checkpoint you kept is of another history"));
        return;
    }
    if (old.size == cp->size) {
        return;
    }
    struct proof_growth g;
    str why = STR("missing: ask for a package that continues your checkpoint");
    bool good = s->whole &&
                proof_growth_check(c->h, c->opt->old, s->text, c->opt->keys, c->opt->nkeys, &g,
                                   &why) == PROOF_OK &&
                g.cp.size == cp->size && hash_eq(g.cp.root, cp->root);
    if (!good) {
        package_blame(c, STR("consistency.txt"), broken, why);
    }
}

/* consistency.txt alone: of another log or checkpoint it is wrong even if nobody asked. */
static void check_growth_file(struct package_checking *c, const struct proof_tlog *p)
{
    struct package_seen *s = package_seen(c, "consistency.txt");
    if (s->there && (!s->whole || !str_ends(s->text, p->note))) {
        package_blame(c, STR("consistency.txt"),
                      WORDS("与本包的检查点不符。", "It is not about the package's checkpoint."),
                      STR("another checkpoint"));
    }
}

void package_check_proof(struct package_checking *c)
{
    static const char *const all[] = {LEAF, JSON, PROOF};
    static const char *const two[] = {LEAF, PROOF};
    const struct package_seen *s = package_seen(c, PROOF);
    struct ledger_entry e;
    struct proof_tlog p;
    str why = {0};
    bool leaf = read_leaf(c, &e);
    bool json = read_payload(c);
    bool proof =
        s->whole && proof_tlog_read(c->a, s->text, &p, &why) && p.extra.len == LEDGER_SALT_LEN;
    if (s->there && !proof) {
        package_blame(c, STR(PROOF), WORDS("不是完整的存证证明。", "It is not a complete proof."),
                      why);
    }
    if (!proof) {
        return;
    }
    bool good = check_signed(c, &p);
    check_growth_file(c, &p);
    if (good && c->opt->old.len) {
        check_old(c);
    }
    if (!leaf || !json) {
        return;
    }
    if (!hash_eq(hash_of2(c->h, p.extra, c->payload), e.digest)) {
        blame_some(c, all, 3,
                   WORDS("快照内容与存证条目中的摘要不符。",
                         "The snapshot does not fit the digest in its entry."),
                   STR("SHA-256(salt | snapshot.json) differs from the digest in the leaf"));
        return;
    }
    struct hash h = merkle_leaf(c->h, e.data);
    if (good && (p.index != e.seq || !merkle_check(c->h, (uint64_t)e.seq, (uint64_t)c->ret->cp.size,
                                                   &h, &p.path, &c->ret->cp.root))) {
        blame_some(c, two, 2,
                   WORDS("快照不在检查点所签的存证日志之中。",
                         "The snapshot is not in the log that the checkpoint signed."),
                   STR("leaf and path do not lead to the root of the checkpoint"));
        return;
    }
    c->proved = good;
    package_seen(c, LEAF)->vouched = good;
    package_seen(c, JSON)->vouched = good;
}
