/* facts.c - what stands in the tables. */
#include "oracle.h"

#include <string.h>

enum { FACTS_MAX = 20000, PAIRS_MAX = 60000 };

static const char *const base[] = {"id", "number", "name", "state", "creator"};
enum { NBASE = sizeof(base) / sizeof(base[0]) };

static struct sql rows_sql(struct arena *a, const struct type *t)
{
    struct sqlb q = sqlb_make(a);
    SQLB_LIT(&q, "select ");
    for (int i = 0; i < NBASE; i++) {
        if (i) {
            SQLB_LIT(&q, ", ");
        }
        sqlb_ident(&q, str_from(base[i]));
    }
    for (size_t i = 0; i < t->ncolumns; i++) {
        SQLB_LIT(&q, ", ");
        sqlb_ident(&q, t->columns[i].name);
    }
    SQLB_LIT(&q, " from ");
    sqlb_ident(&q, t->table);
    SQLB_LIT(&q, " order by id");
    return sqlb_end(&q);
}

static void read_type(struct facts *f, const struct type *t)
{
    struct rows r;
    dbs_ok(db_query(f->db, f->a, rows_sql(f->a, t), NO_ARGS, &r));
    while (rows_next(&r)) {
        assert_true(f->n < FACTS_MAX);
        struct fact *x = &f->list[f->n++];
        *x = (struct fact){.id = rows_i64(&r, 0),
                           .number = rows_text(&r, 1),
                           .name = rows_text(&r, 2),
                           .state = rows_null(&r, 3) ? NULL : type_state(t, rows_i64(&r, 3)),
                           .creator = rows_i64(&r, 4),
                           .type = t,
                           .cells = arena_array(f->a, struct cell, t->ncolumns + 1)};
        for (size_t i = 0; i < t->ncolumns; i++) {
            int col = NBASE + (int)i;
            struct cell *c = &x->cells[i];
            c->null = rows_null(&r, col);
            c->i = t->columns[i].text ? 0 : rows_i64(&r, col);
            c->s = t->columns[i].text ? rows_text(&r, col) : STR("");
        }
        if (t->part_of) {
            const struct cell *up = fact_cell(x, str_fmt(f->a, "f_%.*s", STR_ARG(t->part_of->key)));
            x->parent = up ? up->i : 0;
        }
    }
}

static void pair(struct facts *f, str what, int64_t a, int64_t b)
{
    assert_true(f->npairs < PAIRS_MAX);
    f->pairs[f->npairs++] = (struct pair){.a = a, .b = b, .what = what};
}

static void read_links(struct facts *f, const struct type *t)
{
    for (size_t i = 0; i < t->nlinks; i++) {
        struct sqlb q = sqlb_make(f->a);
        struct rows r;
        SQLB_LIT(&q, "select owner, target from ");
        sqlb_ident(&q, t->link_tables[i]);
        dbs_ok(db_query(f->db, f->a, sqlb_end(&q), NO_ARGS, &r));
        while (rows_next(&r)) {
            pair(f, t->link_tables[i], rows_i64(&r, 0), rows_i64(&r, 1));
        }
    }
}

/* Whoever merely reads today, and the records his window shows. */
static void read_reader(struct facts *f)
{
    enum { DAY = 86400000, ZONE = 8 * 3600000 };
    for (size_t i = 0; i < f->n; i++) {
        const struct fact *x = &f->list[i];
        if (!str_eq(x->type->key, STR("access")) || !x->state ||
            !str_eq(x->state->key, STR("in_force")) ||
            fact_cell(x, STR("f_starts"))->i > f->today ||
            fact_cell(x, STR("f_ends"))->i < f->today) {
            continue;
        }
        int64_t from = fact_cell(x, STR("f_since"))->i * DAY - ZONE;
        int64_t to = (fact_cell(x, STR("f_until"))->i + 1) * DAY - ZONE;
        struct rows r;
        assert_int_equal(f->reader, 0);
        f->reader = fact_cell(x, STR("f_person"))->i;
        dbs_ok(db_query(f->db, f->a,
                        SQL("select distinct record from act where at >= $1 and at < $2"
                            " order by record"),
                        ARGS(db_i64(from), db_i64(to)), &r));
        f->shown = arena_array(f->a, int64_t, (size_t)rows_count(&r) + 1);
        while (rows_next(&r)) {
            f->shown[f->nshown++] = rows_i64(&r, 0);
        }
    }
}

/* Records about which people vote now. */
static void mark_voted(struct facts *f)
{
    struct rows r;
    dbs_ok(db_query(f->db, f->a, SQL("select distinct record from approval where state < 2"),
                    NO_ARGS, &r));
    while (rows_next(&r)) {
        for (size_t i = 0; i < f->n; i++) {
            f->list[i].voted = f->list[i].voted || f->list[i].id == rows_i64(&r, 0);
        }
    }
}

struct facts facts_read(struct site *s, struct arena *a, const struct model *model)
{
    struct facts f = {.a = a,
                      .model = model,
                      .db = s->db,
                      .list = arena_array(a, struct fact, FACTS_MAX),
                      .pairs = arena_array(a, struct pair, PAIRS_MAX),
                      .slots = 2 * FACTS_MAX + 1};
    struct rows r;
    f.today = ctx_make(s->e, model, s->db, a, SITE_NOW, 0, LANG_EN).today;
    for (size_t i = 0; i < model->ntypes; i++) {
        read_type(&f, model->types[i]);
        read_links(&f, model->types[i]);
    }
    dbs_ok(db_query(s->db, a, SQL("select distinct record, person, action from act"), NO_ARGS, &r));
    while (rows_next(&r)) {
        pair(&f, rows_text(&r, 2), rows_i64(&r, 0), rows_i64(&r, 1));
    }
    read_reader(&f);
    f.by_id = arena_array(a, struct fact *, f.slots);
    for (size_t i = 0; i < f.n; i++) {
        size_t at = (size_t)f.list[i].id % f.slots;
        while (f.by_id[at]) {
            at = (at + 1) % f.slots;
        }
        f.by_id[at] = &f.list[i];
    }
    mark_voted(&f);
    return f;
}

const struct fact *fact_of(const struct facts *f, int64_t id)
{
    size_t at = (size_t)(id < 0 ? 0 : id) % f->slots;
    while (f->by_id[at] && f->by_id[at]->id != id) {
        at = (at + 1) % f->slots;
    }
    return f->by_id[at];
}

const struct cell *fact_cell(const struct fact *x, str column)
{
    for (size_t i = 0; i < x->type->ncolumns; i++) {
        if (str_eq(x->type->columns[i].name, column)) {
            return &x->cells[i];
        }
    }
    return NULL;
}
