/* held.c - what must be there: every act that was acknowledged, once; numbers without
 * a gap; a ledger that verifies. */
#include "acked.h"

#include <string.h>

/* --- what must be there --------------------------------------------------------------- */

struct db *held_look(struct torture *t, struct arena *a)
{
    struct db *db = NULL;
    err e = db_open(a, str_from(t->url), (struct db_options){0}, &db);
    if (e.code) {
        die("the database cannot be opened", 0, e.detail);
    }
    return db;
}

int64_t held_number(struct db *db, struct arena *a, struct sql sql, struct db_args args)
{
    struct rows r;
    err e = db_query(db, a, sql, args, &r);
    if (e.code || !rows_next(&r)) {
        die("a question failed", 0, e.detail);
    }
    return rows_i64(&r, 0);
}

/* How often each key was reported, in one pass: a question per act would read the
 * table as often as it has rows. */
static const uint8_t *times_reported(struct db *db, struct arena *a, int64_t keys)
{
    enum { WINDOW = 5000 };
    uint8_t *times = arena_array(a, uint8_t, (size_t)keys + 1);
    struct arena step = arena_make(16 << 20);
    for (int64_t after = 0, n = WINDOW; n == WINDOW;) {
        struct rows r;
        err e = db_query(
            db, &step, SQL("select id, f_summary from r_fault where id > $1 order by id limit $2"),
            ARGS(db_i64(after), db_i64(WINDOW)), &r);
        if (e.code) {
            die("the faults cannot be read", after, e.detail);
        }
        for (n = 0; rows_next(&r); n++) {
            int64_t key;
            str text = rows_text(&r, 1);
            after = rows_i64(&r, 0);
            str before = STR("拔电 ");
            bool ours = str_starts(text, before) &&
                        str_to_i64(str_from_n(text.ptr + before.len, text.len - before.len), &key);
            if (!ours || key < 1 || key > keys) {
                die("a fault that nobody reported", after, text);
            }
            times[key] = (uint8_t)(times[key] + (times[key] < UINT8_MAX));
        }
        arena_reset(&step);
    }
    arena_end(&step);
    return times;
}

static void there_once(struct db *db, struct arena *a, const struct acked *x, const uint8_t *times)
{
    static const char *const actions[] = {"report", "accept", "withdraw"};
    str action = str_from(actions[x->what]);
    int64_t same = held_number(db, a,
                               SQL("select count(*) from act where id = $1 and record = $2"
                                   " and action = $3"),
                               ARGS(db_i64(x->act), db_i64(x->record), db_text(action)));
    int64_t acts =
        held_number(db, a, SQL("select count(*) from act where record = $1 and action = $2"),
                    ARGS(db_i64(x->record), db_text(action)));
    int64_t numbered =
        x->number[0]
            ? held_number(db, a, SQL("select count(*) from r_fault where id = $1 and number = $2"),
                          ARGS(db_i64(x->record), db_text(str_from(x->number))))
            : 1;
    bool once = x->what != REPORT || times[x->key] == 1;
    if (same != 1 || acts != 1 || numbered != 1 || !once) {
        die("an acknowledged act is not there exactly once, key", x->key, action);
    }
}

void held_check(struct torture *t, bool all)
{
    struct arena a = arena_make(256u << 20);
    struct arena step = arena_make(16 << 20);
    struct db *db = held_look(t, &a);
    const uint8_t *times = times_reported(db, &a, t->next_key);
    for (int64_t i = all ? 0 : t->nchecked; i < t->nacked; i++) {
        there_once(db, &step, &t->acked[i], times);
        arena_reset(&step);
    }
    t->nchecked = t->nacked;
    arena_end(&step);
    arena_end(&a);
}

/* Every fault has a number of its own, and between the first and the last of a
 * year none is missing. */
int64_t held_numbers(struct torture *t)
{
    struct arena a = arena_make(64 << 20);
    struct db *db = held_look(t, &a);
    int64_t n = held_number(db, &a, SQL("select count(*) from r_fault"), NO_ARGS);
    int64_t bad =
        held_number(db, &a,
                    SQL("select count(*) from (select substr(number, 1, 8) y, count(*) n,"
                        " count(distinct number) d, max(cast(substr(number, 9) as integer)) m"
                        " from r_fault group by 1) q where n <> d or n <> m"),
                    NO_ARGS);
    int64_t torn = held_number(db, &a,
                               SQL("select count(*) from act a where not exists"
                                   " (select 1 from ledger_leaf l where l.seq = a.seq)"),
                               NO_ARGS);
    if (bad || torn) {
        die("numbers with gaps, or acts without an entry", bad + torn, STR(""));
    }
    arena_end(&a);
    return n;
}

void held_ledger(struct torture *t)
{
    struct arena a = arena_make(4 << 20);
    const char *args[] = {"ledger", "verify", NULL};
    server_run(&t->server, &a, args);
    arena_end(&a);
}

void held_all(struct torture *t)
{
    held_check(t, true);
    held_numbers(t);
    held_ledger(t);
}
