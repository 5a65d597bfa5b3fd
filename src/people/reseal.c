/* reseal.c - what is sealed in the tables of this layer, anew under another key. */
#include "base/arena.h"
#include "people/people_int.h"

enum { AT_ONCE = 200, PIECE_ARENA = 16 << 20 };

struct piece {
    const struct secrets *secrets;
    struct people_sealing *sum;
    int64_t after; /* the person it begins behind */
    bool write, more;
};

static err one(struct piece *p, struct batch *b, struct arena *a, int64_t person, str sealed)
{
    str anew;
    err e = secret_again(p->secrets, a, people_second_place(person), sealed, &anew);
    p->sum->values++;
    if (e.code) {
        p->sum->broken++;
        p->sum->person = p->sum->person ? p->sum->person : person;
    } else if (anew.len) {
        p->sum->again++;
        batch_add(b, SQL("update second_factor set key = $2 where person = $1 and key = $3"),
                  ARGS(db_i64(person), db_blob(anew), db_blob(sealed)));
    }
    return OK;
}

/* The next AT_ONCE values, in a transaction of their own. */
static err some(struct db *db, struct arena *a, struct piece *p)
{
    struct rows r;
    err e = db_query(
        db, a,
        SQL("select person, key from second_factor where person > $1 order by person limit $2"),
        ARGS(db_i64(p->after), db_i64(AT_ONCE)), &r);
    p->more = !e.code && rows_count(&r) == AT_ONCE;
    struct batch *b = batch_begin(db, a);
    int64_t changed = p->sum->again;
    while (!e.code && rows_next(&r)) {
        p->after = rows_i64(&r, 0);
        e = one(p, b, a, p->after, str_copy(a, rows_text(&r, 1)));
    }
    return e.code || !p->write || p->sum->again == changed ? e : batch_run(b);
}

err people_reseal(struct db *db, const struct secrets *s, bool write, struct people_sealing *ret)
{
    struct arena a = arena_make(PIECE_ARENA);
    struct piece p = {.secrets = s, .sum = ret, .write = write, .more = true};
    *ret = (struct people_sealing){0};
    err e = OK;
    while (p.more && !e.code) {
        if (write) {
            db_write_begin(db);
        }
        e = some(db, &a, &p);
        if (write && !e.code) {
            e = db_commit(db, &a);
        } else if (write) {
            db_rollback(db);
        }
        arena_reset(&a);
    }
    arena_end(&a);
    return e.code ? err_make(e.code, STR("the database: see its log")) : e;
}
