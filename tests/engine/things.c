#include "things.h"

#include "base/buf.h"

#include <string.h>

void things_type(struct buf *b, int i, str see)
{
    buf_put_fmt(
        b,
        "  thing%d:\n"
        "    title: {zh: 物, en: Thing}\n"
        "    name: \"{s}\"\n"
        "    see: \"%.*s\"\n"
        "    fields:\n"
        "      owner: {type: person, zh: 主, en: Owner}\n"
        "      helper: {type: person, zh: 助, en: Helper}\n"
        "      crew: {type: people, zh: 众, en: Crew}\n"
        "      place: {type: unit, zh: 处, en: Place}\n"
        "      base: {type: ref, to: thing0, zh: 基, en: Base}\n"
        "      n: {type: int, zh: 数, en: N}\n"
        "      kind: {type: choice, of: {a: {zh: 甲, en: A}, b: {zh: 乙, en: B}, c: {zh: 丙, en: "
        "C}}, zh: 类, en: Kind}\n"
        "      flag: {type: bool, zh: 旗, en: Flag}\n"
        "      due: {type: date, zh: 期, en: Due}\n"
        "      s: {type: text, max: 50, zh: 文, en: S}\n"
        "    states:\n"
        "      open: {zh: 开, en: Open}\n"
        "      waiting: {zh: 等, en: Waiting}\n"
        "      done: {zh: 毕, en: Done, final: true}\n"
        "    actions:\n"
        "      make: {to: open, who: everyone, may: [owner, helper, crew, place, base, n, kind, "
        "flag, due, s], clause: c, zh: 建, en: Make}\n"
        "      alter: {from: open, to: waiting, who: everyone, clause: c, zh: 改, en: Alter}\n"
        "      finish: {from: waiting, to: done, who: everyone, clause: c, zh: 毕, en: Finish}\n",
        i, STR_ARG(see));
}

static const char *definition(struct things *x)
{
    struct buf b = buf_make(x->w.a, 1 << 20);
    BUF_LIT(&b, "regulation: things\n"
                "title: {zh: 物, en: Things}\n"
                "owner: keeper\n"
                "uses: [town]\n"
                "posts:\n"
                "  keeper: {zh: 管理员, en: Keeper}\n"
                "types:\n");
    for (int i = 0; i < THINGS_TYPES; i++) {
        struct buf see = buf_make(x->w.a, 1 << 16);
        x->see[i] = guess_see(&x->w, i == 0);
        guess_text(&see, x->see[i]);
        things_type(&b, i, buf_str(&see));
    }
    x->w.base_see = x->see[0];
    return buf_str(&b).ptr;
}

static int64_t one_of_us(struct things *x, int missing)
{
    return guess_below(&x->w, 10) < missing ? 0 : x->w.people[guess_below(&x->w, GUESS_PEOPLE)];
}

static void know_people(struct things *x)
{
    struct house *h = &x->h;
    struct guess_world *w = &x->w;
    static const char *const positions[] = {"head", "leader", "keeper", "auditor"};
    int64_t units[4] = {h->top, h->north, h->south, h->south_1};
    int64_t above[4] = {0, h->top, h->top, h->south};
    int64_t people[GUESS_PEOPLE] = {h->amy, h->bob, h->cat, h->dan, h->eve, 0};
    int64_t home[GUESS_PEOPLE] = {h->north, h->north, h->south, h->south_1, h->top, h->south_1};
    people[5] =
        house_create(h, 0, "person", "full_name", "fay", "unit", house_text(h, h->south_1), NULL);
    memcpy(w->units, units, sizeof(units));
    memcpy(w->above, above, sizeof(above));
    memcpy(w->people, people, sizeof(people));
    memcpy(w->home, home, sizeof(home));
    int n = guess_below(w, 9);
    for (int i = 0; i < n; i++) {
        struct guess_post *p = &w->posts[w->nposts++];
        p->person = w->people[guess_below(w, 5)];
        p->unit = units[guess_below(w, 4)];
        p->position = positions[guess_below(w, 4)];
        house_appoint(h, p->person, p->position, p->unit);
    }
    w->today = house_ctx(h, 0).today;
}

static void guess_rows(struct things *x, int n)
{
    static const char *const texts[] = {"abx", "打印机", "x", NULL, "机房", ""};
    struct guess_world *w = &x->w;
    w->rows = arena_array(w->a, struct guess_row, (size_t)n + 1);
    w->nrows = n;
    for (int i = 0; i < n; i++) {
        struct guess_row *row = &w->rows[i];
        row->id = 1000 + i * 3;
        row->created = HOUSE_NOW - (n - i) * 1000;
        row->changed = row->created + guess_below(w, 5) * 1000; /* several alike */
        row->creator = w->people[guess_below(w, GUESS_PEOPLE)];
        row->owner = one_of_us(x, 3);
        row->helper = one_of_us(x, 6);
        row->place = guess_below(w, 4) ? w->units[guess_below(w, 4)] : 0;
        row->base = guess_below(w, 3) ? 1000 + guess_below(w, n) * 3 : 0;
        row->ncrew = guess_below(w, 3);
        for (int k = 0; k < row->ncrew; k++) {
            row->crew[k] = w->people[(k * 2 + i) % GUESS_PEOPLE];
        }
        row->has_n = guess_below(w, 4) != 0;
        row->n = guess_below(w, 6);
        row->kind = guess_below(w, 4) - 1;
        row->has_flag = guess_below(w, 3) != 0;
        row->flag = guess_below(w, 2);
        row->has_due = guess_below(w, 3) != 0;
        row->due = w->today - 2 + guess_below(w, 5);
        row->s = texts[guess_below(w, 6)];
        row->state = guess_below(w, 3);
        row->altered[0] = guess_below(w, 4) ? 0 : w->people[guess_below(w, GUESS_PEOPLE)];
    }
}

static struct db_arg maybe(bool has, int64_t v)
{
    return has ? db_i64(v) : db_null_i64();
}

static struct sql insert_sql(struct things *x, const struct type *t)
{
    struct sqlb b = sqlb_make(x->w.a);
    SQLB_LIT(&b, "insert into ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b,
             "(id, name, state, law, ver, created_at, changed_at, creator, f_owner, f_helper,"
             " f_place, f_base, f_n, f_kind, f_flag, f_due, f_s) values ($1, $2, $3, 1, 1, $4, $5,"
             " $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)");
    return sqlb_end(&b);
}

/* Straight into the tables: lists read nothing else. */
static void write_rows(struct things *x, int type)
{
    struct db *db = house_db(&x->h);
    const struct type *t = house_type(&x->h, str_fmt(x->w.a, "thing%d", type).ptr);
    struct sql put = insert_sql(x, t);
    struct sqlb lb = sqlb_make(x->w.a);
    SQLB_LIT(&lb, "insert into ");
    sqlb_ident(&lb, str_fmt(x->w.a, "l_thing%d__crew", type));
    SQLB_LIT(&lb, "(owner, target) values ($1, $2) on conflict do nothing");
    struct sql link = sqlb_end(&lb);
    const struct field *kind = tdef_field(t->newest, STR("kind"));
    for (int i = 0; i < x->w.nrows; i += 50) {
        struct batch *b = batch_begin(db, x->w.a);
        for (int k = i; k < i + 50 && k < x->w.nrows; k++) {
            const struct guess_row *row = &x->w.rows[k];
            static const char *const kinds[] = {"a", "b", "c"};
            int64_t code = row->kind < 0 ? 0 : field_choice(kind, str_from(kinds[row->kind]))->code;
            batch_add(b, put,
                      ARGS(db_i64(row->id), row->s ? db_text(str_from(row->s)) : db_text(STR("")),
                           db_i64(t->newest->states[row->state].code), db_i64(row->created),
                           db_i64(row->changed), db_i64(row->creator),
                           maybe(row->owner, row->owner), maybe(row->helper, row->helper),
                           maybe(row->place, row->place), maybe(row->base, row->base),
                           maybe(row->has_n, row->n), maybe(row->kind >= 0, code),
                           maybe(row->has_flag, row->flag), maybe(row->has_due, row->due),
                           row->s ? db_text(str_from(row->s)) : db_null_text()));
            for (int c = 0; c < row->ncrew; c++) {
                batch_add(b, link, ARGS(db_i64(row->id), db_i64(row->crew[c])));
            }
        }
        dbs_ok(batch_run(b));
    }
}

static void write_acts(struct things *x)
{
    for (int i = 0; i < x->w.nrows; i++) {
        const struct guess_row *row = &x->w.rows[i];
        if (row->altered[0]) {
            dbs_ok(db_exec(house_db(&x->h), x->w.a,
                           SQL("insert into act(id, seq, record, type, law, action, person,"
                               " principal, at, recorded, flags) values ($1, $1, $2, 0, 1,"
                               " 'alter', $3, 0, 1, 1, 0)"),
                           ARGS(db_i64(9000000 + i), db_i64(row->id), db_i64(row->altered[0]))));
        }
    }
}

void things_make(struct things *x, struct dbs *t, uint64_t seed, int rows)
{
    x->w.random = seed * 0x9E3779B97F4A7C15u + 1;
    x->w.a = t->life;
    for (int i = 0; i < 8; i++) {
        guess_random(&x->w);
    }
    x->h = house_make(t, definition(x));
    know_people(x);
    guess_rows(x, rows);
    for (int i = 0; i < THINGS_TYPES; i++) {
        write_rows(x, i);
    }
    write_acts(x);
}
