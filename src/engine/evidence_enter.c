/* evidence_enter.c - a snapshot becomes an entry of the ledger. */
#include "base/buf.h"
#include "engine/engine_int.h"
#include "engine/evidence_int.h"
#include "ledger/canon.h"

enum { ENTER_BYTES = 16 << 20 };

struct enter_job {
    struct writer_job job;
    struct arena *a; /* the caller's, who waits */
    struct engine *e;
    const struct evidence *x;
    str body;
    int64_t actor, now, seq;
};

static void put_hex(struct canon *c, struct arena *a, str key, const struct hash *h)
{
    struct buf b = buf_make(a, 100);
    for (int i = 0; i < HASH_LEN; i++) {
        buf_put_fmt(&b, "%02x", h->b[i]);
    }
    canon_str(c, key, buf_str(&b));
}

static err payload(struct arena *a, const struct evidence *x, const struct evidence_file *files,
                   size_t n, int64_t actor, str *ret)
{
    const struct cdef *d = x->control->newest;
    struct canon *c = canon_make(a);
    struct hasher *h = hash_make(a);
    struct hash root = merkle_root(h, &x->p.tree);
    canon_i64(c, STR("as_of"), x->as_of);
    canon_list(c, STR("columns"));
    for (size_t i = 0; i < d->nshow; i++) {
        canon_str(c, NO_KEY, d->show[i].path);
    }
    canon_close(c);
    canon_str(c, STR("control"), x->control->key);
    canon_map(c, STR("counts"));
    for (int i = 0; i < PACKAGE_VERDICTS; i++) {
        canon_i64(c, package_verdict_key((enum package_verdict)i), x->p.count[i]);
    }
    canon_close(c);
    canon_map(c, STR("files"));
    for (size_t i = 0; i < n; i++) {
        put_hex(c, a, files[i].name, &files[i].digest);
    }
    canon_close(c);
    canon_i64(c, STR("hidden"), x->hidden);
    put_hex(c, a, STR("ids"), &x->ids);
    canon_i64(c, STR("n"), (int64_t)x->p.tree.size);
    canon_i64(c, STR("person"), actor);
    put_hex(c, a, STR("population_root"), &root);
    canon_str(c, STR("regulation"), x->control->reg->key);
    canon_i64(c, STR("size"), x->size);
    canon_i64(c, STR("version"), d->law->version);
    return canon_end(c, ret);
}

static err enter_run(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct enter_job *j = (struct enter_job *)job;
    (void)a;
    (void)world;
    struct ledger_act *la = ledger_act(j->e->ledger, j->a, j->now);
    struct ledger_new entry = {
        .type = PACKAGE_ENTRY,
        .actor = j->actor ? str_fmt(j->a, "person:%lld", (long long)j->actor) : STR("clock"),
        .object = str_fmt(j->a, PACKAGE_OBJECT "%.*s", STR_ARG(j->x->control->key)),
        .payload = j->body};
    j->seq = ledger_append(la, &entry);
    struct batch *b = batch_begin(db, j->a);
    batch_add(b,
              SQL("insert into evidence(seq, control, person, at, n) values ($1, $2, $3, $4, $5)"),
              ARGS(db_i64(j->seq), db_text(j->x->control->key), db_i64(j->actor), db_i64(j->now),
                   db_i64((int64_t)j->x->p.tree.size)));
    ledger_put(la, b);
    return batch_run(b);
}

err evidence_enter(struct engine *e, struct arena *a, const struct evidence *x,
                   const struct evidence_file *files, size_t n, int64_t actor, int64_t now,
                   int64_t *ret_seq)
{
    struct arena own = arena_make(ENTER_BYTES); /* the writer works in it: it may not jump */
    struct enter_job j = {
        .job = {.run = enter_run}, .a = &own, .e = e, .x = x, .actor = actor, .now = now};
    err r = payload(&own, x, files, n, actor, &j.body);
    r = r.code ? r : engine_run(e, &j.job);
    r.detail = str_copy(a, r.detail);
    *ret_seq = j.seq;
    arena_end(&own);
    return r;
}

struct batch *evidence_list_ask(const struct ctx *ctx, const struct control *c)
{
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    batch_add(b,
              SQL("select seq, person, at, n from evidence where control = $1"
                  " order by seq desc limit 20"),
              ARGS(db_text(c->key)));
    batch_ride(b);
    return b;
}

err evidence_list(const struct ctx *ctx, struct batch *asked, struct evidence_seen **ret, size_t *n)
{
    *n = 0;
    *ret = arena_array(ctx->arena, struct evidence_seen, EVIDENCE_SHOWN + 1);
    err e = batch_join(asked);
    if (e.code) {
        return e;
    }
    struct rows r = batch_rows(asked, 0);
    while (rows_next(&r)) {
        (*ret)[(*n)++] = (struct evidence_seen){rows_i64(&r, 0), rows_i64(&r, 1), rows_i64(&r, 2),
                                                rows_i64(&r, 3)};
    }
    return OK;
}

const struct note_key *evidence_key(const struct engine *e)
{
    return e->opt.seal ? &e->opt.seal->key : NULL;
}
