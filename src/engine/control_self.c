/* control_self.c - what the program checks of itself: does every row say what the ledger says?
 *
 * A thread of its own, for it reads everything: engine_verify (verify.h) once in half the
 * age its control allows, and never so often that it takes more than a tenth of a core.  On
 * several nodes the one that judges does it.  What came of it is the control's result:
 *
 *   population   rows that were compared; of a ledger that is itself not in order, its entries
 *   violations   rows that differ, are missing or too many; of the ledger: its first bad entry
 *   unknown      what could not be compared: told of by what was erased, or behind that entry
 *
 * and `note` names the first of them.
 */
#include "base/clock.h"
#include "engine/control_int.h"
#include "engine/verify_int.h"

enum {
    PAUSE_FACTOR = 10,
    EVERY_LEAST_MS = 60000,
    ROWS_HELD = 50000, /* digests at a time (4 MB), however many rows there are */
};

struct control_self {
    struct engine *e;
    struct engine_thread thread;
    struct arena life; /* of the connection */
    struct arena work;
    struct db *db;
    int64_t next_us; /* not before */
};

struct self_job {
    struct writer_job job;
    struct engine *e;
    const struct control *control;
    const struct control_counts *counts;
    struct words note;
    str trouble;
    int64_t now, size, took_us;
};

/* --- what came of it ------------------------------------------------------------------- */

static err put_run(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    const struct self_job *j = (const struct self_job *)job;
    const struct control_counts *c = j->counts;
    (void)world;
    err e = control_judge_check(j->e, db, a);
    if (e.code || j->trouble.len) { /* the figures stay as they were */
        return e.code ? e
                      : db_exec(db, a,
                                SQL("insert into control_result(control, as_of, size, n, ok,"
                                    " violation, unknown, took_us, trouble)"
                                    " values ($1, 0, 0, 0, 0, 0, 0, 0, $2) on conflict (control)"
                                    " do update set trouble = excluded.trouble"),
                                ARGS(db_i64(j->control->code), db_text(j->trouble)));
    }
    return db_exec(
        db, a,
        SQL("insert into control_result(control, as_of, size, n, ok, violation, unknown, took_us,"
            " trouble, note_zh, note_en) values ($1, $2, $3, $4, $5, $6, $7, $8, '', $9, $10)"
            " on conflict (control) do update set as_of = excluded.as_of, size = excluded.size,"
            " n = excluded.n, ok = excluded.ok, violation = excluded.violation,"
            " unknown = excluded.unknown, took_us = excluded.took_us, trouble = '',"
            " note_zh = excluded.note_zh, note_en = excluded.note_en"),
        ARGS(db_i64(j->control->code), db_i64(j->now), db_i64(j->size), db_i64(c->n), db_i64(c->ok),
             db_i64(c->violation), db_i64(c->unknown), db_i64(j->took_us),
             db_text(words_in(j->note, LANG_ZH)), db_text(words_in(j->note, LANG_EN))));
}

static struct control_counts counts_of(const struct verify_report *r)
{
    struct control_counts c = {0};
    if (r->ledger.bad) {
        int64_t entries = r->ledger.entries > r->ledger.seq ? r->ledger.entries : r->ledger.seq + 1;
        c = (struct control_counts){
            .n = entries, .ok = r->ledger.seq > 0 ? r->ledger.seq : 0, .violation = 1};
        c.unknown = c.n - c.ok - c.violation;
        return c;
    }
    c.violation = r->bad_rows;
    c.unknown = r->unchecked;
    c.n = r->rows + r->acts;
    c.ok = c.n - c.violation - c.unknown;
    if (c.ok < 0) { /* rows that nothing tells of are not among those compared */
        c.n -= c.ok;
        c.ok = 0;
    }
    return c;
}

static struct words note_of(struct arena *a, const struct verify_report *r)
{
    if (r->ledger.bad) {
        return words_fmt(a, "存证日志第 %lld 条：%.*s", "Entry %lld of the ledger: %.*s",
                         (long long)r->ledger.seq, STR_ARG(words_in(r->ledger.what, LANG_ZH)));
    }
    return r->bad ? r->what : WORDS("", "");
}

/* --- looking --------------------------------------------------------------------------------- */

static bool go_on(void *arg, int64_t done, int64_t total)
{
    (void)done;
    (void)total;
    return !engine_stopping(arg);
}

err control_self_run(struct engine *e, struct db *db, struct arena *a, int64_t now,
                     const struct control *c)
{
    const struct seal_options *seal = e->opt.seal;
    struct verify_report report = {0};
    struct ledger_verify_options opt = {.keys = seal ? &seal->key : NULL,
                                        .nkeys = seal ? 1 : 0,
                                        .last_signature_only = true,
                                        .progress = go_on,
                                        .arg = e};
    int64_t began = clock_mono_us();
    err x = verify_within(db, a, &opt, ROWS_HELD, &report);
    if (x.code == ERR_BUSY) { /* the server stops, or the database is not there */
        return x;
    }
    struct control_counts counts = x.code ? (struct control_counts){0} : counts_of(&report);
    struct self_job j = {.job = {.run = put_run},
                         .e = e,
                         .control = c,
                         .counts = &counts,
                         .now = now,
                         .size = report.ledger.entries,
                         .took_us = clock_mono_us() - began};
    if (x.code) {
        j.trouble = x.detail.len ? x.detail : str_from(err_name(x.code));
    } else {
        j.note = note_of(a, &report);
    }
    return engine_run(e, &j.job);
}

/* --- when --------------------------------------------------------------------------------- */

/* The control whose turn it is; NULL: none.  When one was judged stands in its result. */
static const struct control *due(struct control_self *s, const struct model *m, int64_t now)
{
    for (size_t i = 0; i < m->ncontrols; i++) {
        const struct cdef *c = m->controls[i]->newest;
        if (!c || !c->self) {
            continue;
        }
        int64_t every = control_age_max(c) / 2;
        every = every > EVERY_LEAST_MS ? every : EVERY_LEAST_MS;
        struct rows r;
        err e =
            db_query(s->db, &s->work, SQL("select as_of from control_result where control = $1"),
                     ARGS(db_i64(m->controls[i]->code)), &r);
        if (e.code) {
            return NULL;
        }
        int64_t at = rows_next(&r) ? rows_i64(&r, 0) : 0;
        if (now - at >= every || now < at) {
            return m->controls[i];
        }
    }
    return NULL;
}

static void look(void *arg)
{
    struct control_self *s = arg;
    if (clock_mono_us() < s->next_us || !control_judges(s->e)) {
        return;
    }
    if (!s->db || db_lost(s->db)) {
        arena_reset(&s->life);
        s->db = NULL;
        if (engine_reader(s->e, &s->life, &s->db).code) {
            s->db = NULL;
            return;
        }
    }
    const struct model *m = engine_model(s->e);
    int64_t now = engine_now(s->e);
    const struct control *c = due(s, m, now);
    int64_t began = clock_mono_us();
    err e = c ? control_self_run(s->e, s->db, &s->work, now, c) : OK;
    int64_t ended = clock_mono_us();
    s->next_us = c ? ended + (ended - began) * PAUSE_FACTOR : 0;
    s->next_us = e.code ? ended + (int64_t)EVERY_LEAST_MS * 1000 : s->next_us;
    engine_release(s->e, m);
    arena_reset(&s->work);
    db_reset(s->db);
    db_rest(s->db);
}

err control_self_start(struct engine *e)
{
    struct control_self *s = arena_new(e->life, struct control_self);
    *s = (struct control_self){.e = e,
                               .thread = {.e = e, .turn = look, .arg = s},
                               .life = arena_make(16u << 20),
                               .work = arena_make(256u << 20)};
    e->self = s;
    return engine_thread_start(&s->thread, STR("the thread that verifies does not start"));
}

void control_self_stop(struct engine *e)
{
    struct control_self *s = e->self;
    if (s) {
        engine_thread_stop(&s->thread);
        arena_end(&s->work);
        arena_end(&s->life);
        e->self = NULL;
    }
}
