/* evidence.c - a package from its first file to its manifest. */
#include "connect/evidence.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "connect/evidence_int.h"
#include "engine/record_load.h"
#include "engine/refusal.h"
#include "ledger/ledger.h"
#include "ledger/proof.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 64 << 10, LOOK_MS = 100 };

struct making {
    const struct ctx *ctx;
    const struct evidence_asks *asks;
    struct pack *pack;
    FILE *others; /* lines that are not ok, until their own file is written */
    struct evidence x;
    struct evidence_case *cases;
    size_t ncases;
};

static err refused(struct arena *a, struct words what, struct words remedy)
{
    struct refusal *why = arena_new(a, struct refusal);
    *why = (struct refusal){.kind = REFUSED_VALUE, .what = what, .remedy = remedy};
    return (err){.code = ERR_RULE, .detail = what.en, .why = why};
}

/* --- the population -------------------------------------------------------------------------- */

static void close_file(void *arg)
{
    struct making *m = arg;
    if (m->others) {
        fclose(m->others);
    }
}

static err open_others(struct making *m)
{
    char path[] = "/tmp/zhidu-XXXXXX";
    arena_defer(m->ctx->arena, close_file, m);
    int fd = mkstemp(path);
    if (fd < 0) {
        return err_make(err_of_write(errno), STR("temporary file"));
    }
    unlink(path);
    m->others = fdopen(fd, "w+");
    return m->others ? OK : err_make(ERR_BUSY, STR("memory"));
}

static void keep_case(struct making *m, const struct evidence_line *l)
{
    struct arena *a = m->ctx->arena;
    struct words none = {0};
    if (m->ncases < EVIDENCE_CASES) {
        struct evidence_case *c = &m->cases[m->ncases++];
        c->number = str_copy(a, l->number);
        c->name = str_copy(a, l->name);
        c->reason = l->reason ? l->reason->words : none;
        c->verdict = l->verdict;
        c->record = l->record;
        c->visible = l->visible;
    }
}

static err take_line(void *arg, const struct evidence_line *l)
{
    struct making *m = arg;
    pack_put(m->pack, l->line);
    if (l->verdict == PACKAGE_OK) {
        return OK;
    }
    keep_case(m, l);
    return fwrite(l->line.ptr, 1, l->line.len, m->others) == l->line.len
               ? OK
               : err_make(err_of_write(errno), STR("temporary file"));
}

static bool goes_on(void *arg, int64_t done)
{
    struct making *m = arg;
    return m->asks->goes_on(m->asks->arg, done, false);
}

static err put_others(struct making *m)
{
    char piece[PIECE];
    size_t n;
    rewind(m->others);
    pack_file(m->pack, STR("violations.ndjson"));
    while ((n = fread(piece, 1, sizeof(piece), m->others)) > 0) {
        pack_put(m->pack, str_from_n(piece, n));
    }
    (void)pack_file_end(m->pack);
    return ferror(m->others) ? err_make(ERR_STORE, STR("temporary file")) : OK;
}

static err put_population(struct making *m)
{
    struct evidence_take take = {.line = take_line, .goes_on = goes_on, .arg = m};
    m->cases = arena_array(m->ctx->arena, struct evidence_case, EVIDENCE_CASES);
    err e = open_others(m);
    pack_file(m->pack, STR("population.ndjson"));
    e = e.code ? e : evidence_read(m->ctx, m->asks->control, &take, &m->x);
    (void)pack_file_end(m->pack);
    return e.code ? e : put_others(m);
}

/* --- the texts ---------- */

static err asker(const struct ctx *ctx, str *ret)
{
    *ret = STR("-");
    if (!ctx->actor || !ctx->model->person) {
        return OK;
    }
    struct names *names = names_begin(ctx);
    names_want(names, ctx->model->person, ctx->actor);
    err e = names_run(names);
    *ret = e.code ? *ret : names_get(names, ctx->model->person, ctx->actor).name;
    return e;
}

static err take_waiver(void *arg, str line)
{
    pack_put(((struct making *)arg)->pack, line);
    return OK;
}

static err put_texts(struct making *m)
{
    const struct ctx *ctx = m->ctx;
    const struct control *c = m->asks->control;
    struct evidence_report r = {
        .x = &m->x, .organisation = m->asks->organisation, .cases = m->cases, .ncases = m->ncases};
    str params;
    str clause;
    err e = evidence_params_text(ctx, c, &params);
    e = e.code ? e : evidence_clause_text(ctx, c, &clause);
    e = e.code ? e : asker(ctx, &r.asker);
    if (e.code) {
        return e;
    }
    pack_file(m->pack, STR("waivers.ndjson"));
    e = evidence_waivers(ctx, c, take_waiver, m);
    (void)pack_file_end(m->pack);
    (void)pack_whole(m->pack, STR("control.txt"), evidence_control_text(ctx->arena, c));
    (void)pack_whole(m->pack, STR("params.txt"), params);
    (void)pack_whole(m->pack, STR("clause.txt"), clause);
    (void)pack_whole(
        m->pack, STR("keys.txt"),
        str_fmt(ctx->arena, "%.*s\n", STR_ARG(note_vkey(ctx->arena, evidence_key(ctx->engine)))));
    (void)pack_whole(m->pack, STR("report.html"), evidence_report_html(ctx, &r));
    (void)pack_whole(m->pack, STR("verify.html"), m->asks->verify_page);
    return e;
}

/* --- the proof ---------- */

/* Until a signed checkpoint holds the entry. */
static err wait_signed(struct making *m, int64_t seq, struct ledger_view **ret,
                       struct proof_tlog *p, struct note_checkpoint *cp)
{
    const struct ctx *ctx = m->ctx;
    int64_t until = clock_mono_us() + EVIDENCE_WAIT_MS * INT64_C(1000);
    for (;;) {
        if (!m->asks->goes_on(m->asks->arg, (int64_t)m->x.p.tree.size, true)) {
            return err_make(ERR_BUSY, STR("cancelled"));
        }
        err e = ledger_view(ctx->db, ctx->arena, ret);
        e = e.code ? e : ledger_view_checkpoint(*ret, seq, &p->note, cp);
        if (e.code != ERR_NOT_FOUND) {
            return e;
        }
        if (clock_mono_us() > until) {
            return refused(ctx->arena,
                           WORDS("快照已入账，但签名进程尚未给出包含它的检查点。",
                                 "The snapshot is in the ledger, but no signed checkpoint holds it"
                                 " yet."),
                           WORDS("请管理员在“运行状况”查看签名进程，恢复后重新提取。",
                                 "An administrator sees on the health page what keeps the signer;"
                                 " then ask for the package again."));
        }
        nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
    }
}

static err put_growth(struct making *m, struct ledger_view *view, const struct proof_tlog *proof,
                      const struct note_checkpoint *cp)
{
    struct proof_growth g = {.from = m->asks->old, .note = proof->note};
    struct arena *a = m->ctx->arena;
    if (m->asks->old < 1 || m->asks->old > cp->size) {
        return m->asks->old
                   ? refused(a,
                             WORDS("账本没有过这么多条的检查点。", "The ledger has no checkpoint of"
                                                                   " so many entries."),
                             WORDS("填您留存的检查点的第二行。",
                                   "Give the second line of the checkpoint that you kept."))
                   : OK;
    }
    err e = ledger_consistency(view, m->asks->old, cp->size, &g.path);
    if (!e.code) {
        (void)pack_whole(m->pack, STR("consistency.txt"), proof_growth_write(a, &g));
    }
    return e;
}

static err put_proof(struct making *m, int64_t seq)
{
    struct arena *a = m->ctx->arena;
    struct ledger_view *view;
    struct ledger_entry x;
    struct note_checkpoint cp;
    struct proof_tlog p = {.index = seq};
    err e = wait_signed(m, seq, &view, &p, &cp);
    e = e.code ? e : ledger_get(m->ctx->db, a, seq, &x);
    e = e.code ? e : ledger_prove(view, seq, cp.size, &p.path);
    if (e.code) {
        return e;
    }
    p.extra = x.salt;
    (void)pack_whole(m->pack, STR("snapshot.bin"), x.data);
    (void)pack_whole(m->pack, STR("snapshot.json"), x.payload);
    (void)pack_whole(m->pack, STR("snapshot.tlog-proof"), proof_tlog_write(a, &p));
    return put_growth(m, view, &p, &cp);
}

static str name_of(const struct making *m)
{
    struct arena *a = m->ctx->arena;
    int64_t day = clock_day_at(m->x.as_of, m->ctx->model->zone_minutes);
    return str_fmt(a, "evidence-%.*s-%.*s.zip", STR_ARG(m->asks->control->key),
                   STR_ARG(clock_date(a, day)));
}

err evidence_package(const struct ctx *ctx, const struct evidence_asks *asks, str *ret_name,
                     int64_t *ret_seq)
{
    struct making *m = arena_new(ctx->arena, struct making);
    *m = (struct making){.ctx = ctx, .asks = asks};
    if (!evidence_key(ctx->engine)) {
        return refused(ctx->arena,
                       WORDS("存证账本没有签名密钥，证据无法核对。",
                             "Nobody signs the ledger: evidence could not be checked."),
                       WORDS("请管理员配置签名进程。", "An administrator sets up the signer."));
    }
    err e = pack_begin(ctx->arena, asks->fd, ctx->now, ctx->model->zone_minutes, &m->pack);
    e = e.code ? e : put_population(m);
    e = e.code ? e : put_texts(m);
    size_t n = 0;
    const struct evidence_file *files = pack_files(m->pack, &n);
    e = e.code ? e
               : evidence_enter(ctx->engine, ctx->arena, &m->x, files, n, ctx->actor, ctx->now,
                                ret_seq);
    e = e.code ? e : put_proof(m, *ret_seq);
    if (e.code) {
        return e;
    }
    (void)pack_whole(m->pack, STR("manifest.txt"), pack_manifest(m->pack));
    *ret_name = name_of(m);
    return pack_end(m->pack);
}
