/* Chains and nests of every kind of node: up to the last that is compiled each runs on
 * every database, in a statement that is as deep itself as ours are; one more is a
 * mistake at its place that says what to do. */
#include "engine/ctx.h"
#include "engine/inst.h"
#include "model/expr.h"

/* What a statement of ours may add: EXPR_STACK_MAX leaves it 28 symbols, 5 of them
 * for SELECT .. WHERE. */
#define AROUND "(((((((((((((((((((("
#define AFTER "))))))))))))))))))))"

enum kind { DEFINED, TYPED, PEOPLE, EACH };

/* '#' is the number of the turn. */
static const struct shape {
    const char *name, *type;
    enum kind kind;
    const char *open, *core, *close, *after;
    int least; /* turns at least */
} shapes[] = {
    {"and", "device", TYPED, "", "title != null", " and category != null", "", 100},
    {"or", "device", DEFINED, "", "title != null", " or price > 3", "", 100},
    {"and in or", "device", TYPED, "(true and (false or ", "title != null", "))", "", 9},
    {"or in brackets", "device", TYPED, "(", "title != null", " or category != null)", "", 9},
    {"not", "device", TYPED, "not ", "title != null", "", "", 25},
    {"not of brackets", "device", DEFINED, "not (", "price > 3", " and true)", "", 9},
    {"sum", "fault", TYPED, "", "routed", " + 1", " > 3", 200},
    {"difference", "device", TYPED, "1 - (", "1", ")", " > 3", 15},
    {"product of numbers", "fault", TYPED, "", "routed", " * 1", " > 3", 200},
    {"product of decimals", "device", TYPED, "", "0.21", " * 0.20", " > 0.3", 200},
    {"product in brackets", "device", TYPED, "0.5 * (", "0.21", ")", " > 0.3", 12},
    {"quotient", "fault", TYPED, "", "routed", " / 2", " > 3", 200},
    {"quotient in brackets", "fault", TYPED, "7 / (", "routed", ")", " > 3", 9},
    {"minus", "fault", TYPED, "-(", "routed", ")", " < 3", 12},
    {"days", "device", TYPED, "", "purchased", " + 1d", " < today", 200},
    {"months", "device", TYPED, "", "today", " + 1 month", " < today", 4},
    {"years in front", "device", TYPED, "0year + (", "today", ")", " < today", 4},
    {"working days", "device", DEFINED, "", "today", " + 1 workday", " < today", 3},
    {"working hours", "fault", TYPED, "", "occurred", " + 1 workhour", " < now", 2},
    {"if of a value", "device", TYPED, "if(true, ", "1", ", 2)", " == 1", 8},
    {"if of a condition", "device", TYPED, "if(", "title != null", ", true, false)", "", 5},
    {"default", "fault", TYPED, "default(", "routed", ", 2)", " > 3", 8},
    {"default of a condition", "device", TYPED, "default(", "title != null", ", false)", "", 5},
    {"date", "fault", TYPED, "", "date(now)", " + (date(now) - date(occurred))", " > today", 20},
    {"contains", "device", TYPED, "contains(title, if(", "title != null", ", 'a', 'b'))", "", 1},
    {"list", "device", EACH, "v0 in device where v0.title in ['a'", "", ", 'b'", "]", 63},
    {"list of lists", "device", TYPED, "(1 in [2, if(", "true", ", 1, 2)])", "", 3},
    {"path", "device", TYPED, "unit", "", ".parent", " == null", 4},
    {"path that is seen", "fault", TYPED, "device.unit", "", ".parent", " == null", 2},
    {"exists", "device", TYPED, "exists(v# in accessories where ", "title != null", ")", "", 3},
    {"exists, missing", "device", DEFINED, "exists(v# in device where v#.price > 3 and ", "true",
     ")", "", 2},
    {"all", "device", TYPED, "all(v# in accessories, ", "title != null", ")", "", 3},
    {"one", "device", DEFINED, "one(v# in person where ", "price > 3", ")", "", 2},
    {"count", "device", TYPED, "count(v# in accessories where 1 == ", "1", ")", " > 3", 3},
    {"sum of rows", "device", TYPED, "sum(v# in accessories, ", "1", ")", " > 3", 3},
    {"greatest", "device", TYPED, "max(v# in accessories, ", "1", ")", " > 3", 3},
    {"least", "device", DEFINED, "min(v# in device where v#.price > 3, ", "1", ")", " > 3", 2},
    {"last", "device", DEFINED, "last(v# in device where ", "true", " == null, v#.price)",
     " == null", 1},
    {"sees", "fault", DEFINED, "(sees(device) and ", "true", ")", "", 6},
    {"in people", "device", TYPED, "(actor in members(unit) or ", "true", ")", "", 6},
    {"in people of people", "device", DEFINED, "exists(v# in person where v# in members(unit) and ",
     "true", ")", "", 2},
    {"under", "device", TYPED, "(unit in under(unit) or ", "true", ")", "", 6},
    {"same", "device", DEFINED, "exists(v# in device where v# != self and ", "true", ")", "", 3},
    {"people or", "device", PEOPLE, "", "custodian", " or technician", "", 20},
    {"people and", "device", PEOPLE, "", "custodian", " and technician", "", 10},
    {"people in brackets", "device", PEOPLE, "custodian and (technician or ", "actor", ")", "", 4},
    {"people not", "device", PEOPLE, "not (", "custodian", ")", "", 12},
    {"people under", "device", PEOPLE, "", "under(unit)", " and not members(unit)", "", 5},
    {"people of rows", "device", PEOPLE, "people(v# in person where v# in ",
     "people(w in person, w)", ", v#)", "", 2},
    {"each", "device", EACH, "v0 in device where v0.price > 3", "", " and v0.title != null", "",
     50},
    {"each in each", "device", EACH, "v0 in device where true", "",
     " and exists(w in person where not (w == actor))", "", 20},
};

static void put(struct buf *b, const char *text, int turn)
{
    for (const char *p = text; *p; p++) {
        if (*p == '#') {
            buf_put_i64(b, turn);
        } else {
            buf_put_c(b, *p);
        }
    }
}

static str text_of(struct arena *a, const struct shape *s, int turns)
{
    struct buf b = buf_make(a, 1u << 20);
    for (int i = 1; i <= turns; i++) {
        put(&b, s->open, i);
    }
    if (s->kind == EACH || s->close[0] == '.') { /* what opens stands once */
        b = buf_make(a, 1u << 20);
        put(&b, s->open, 0);
    }
    put(&b, s->core, 0);
    for (int i = turns; i >= 1; i--) {
        put(&b, s->close, i);
    }
    put(&b, s->after, 0);
    return buf_str(&b);
}

struct compiled {
    bool ok;
    struct sql list[16];
    bool selects[16];
    size_t n;
};

static void keep(struct compiled *c, struct sql sql, bool select)
{
    if (sql.text.len && c->n < 16) {
        c->selects[c->n] = select;
        c->list[c->n++] = sql;
    }
}

static struct compiled compile(struct arena *a, const struct model *m, const struct shape *s,
                               str text, struct diags *d)
{
    const struct type *t = model_type(m, str_from(s->type));
    assert_non_null(t);
    struct scope scope = {
        .model = m, .law = t->newest->law, .self = t->newest, .typed_by_person = s->kind == TYPED};
    struct pos at = {STR("depth"), 7, 11};
    struct compiled c = {0};
    if (s->kind == PEOPLE) {
        struct people p = expr_compile_people(a, &scope, text, at, true, d);
        c.ok = p.tree != NULL;
        keep(&c, p.is_actor, false);
        keep(&c, p.who, true);
        for (size_t i = 0; i < p.nalts && i < 4; i++) {
            keep(&c, p.alts[i].test, false);
            keep(&c, p.alts[i].ids, true);
            keep(&c, p.alts[i].rest, false);
        }
    } else if (s->kind == EACH) {
        struct each e;
        c.ok = expr_compile_each(a, &scope, text, at, &e, d);
        if (c.ok) {
            keep(&c, (struct sql){.text = str_fmt(a, "select 1%.*s", STR_ARG(e.from.text))}, true);
        }
    } else {
        struct cond x = expr_compile(a, &scope, text, at, vtype_of(V_BOOL), d);
        c.ok = x.tree != NULL;
        keep(&c, x.is_true, false);
        keep(&c, x.not_false, false);
        keep(&c, x.value, true);
    }
    assert_int_equal(c.ok, d->errors == 0);
    return c;
}

static void run(struct inst *in, const struct model *m, const struct shape *s, struct sql part,
                bool select)
{
    struct arena *a = in->t->a;
    const struct type *t = model_type(m, str_from(s->type));
    bool query = str_starts(part.text, STR("select "));
    struct sql sql = {
        .text = !select
                    ? str_fmt(a, "select r.id from %.*s r where " AROUND "%.*s" AFTER " limit 1",
                              STR_ARG(t->table), STR_ARG(part.text))
                    : str_fmt(a,
                              "select r.id from %.*s r where " AROUND "%s%.*s%s is not null" AFTER
                              " limit 1",
                              STR_ARG(t->table), query ? "exists(" : "(", STR_ARG(part.text), ")")};
    struct ctx ctx = ctx_make(in->e, m, in->db, a, INST_NOW, 1, LANG_EN);
    struct rows r;
    err e = db_query(in->db, a, sql, ctx_args(&ctx, NULL, 0), &r);
    if (e.code) {
        fail_msg("%s: %s %.*s", s->name, err_name(e.code), STR_ARG(e.detail));
    }
}

/* Says what is too much and what to do, in both languages. */
static bool said(const struct diag *x)
{
    static const char *const zh[] = {"嵌套过深", "过大", "最多", "过于复杂", "层数过多"};
    static const char *const en[] = {"deep",     "too large", "at most",
                                     "too many", "levels",    "more than"};
    bool z = false, e = false;
    for (size_t i = 0; i < sizeof zh / sizeof *zh; i++) {
        z = z || str_has(x->words.zh, str_from(zh[i]));
    }
    for (size_t i = 0; i < sizeof en / sizeof *en; i++) {
        e = e || str_has(x->words.en, str_from(en[i]));
    }
    return z && e;
}

static void shapes_run(struct dbs *t)
{
    struct inst in = inst_make(t, 0);
    const struct model *m = engine_model(in.e);
    int bad = 0;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const struct shape *s = &shapes[i];
        struct compiled last = {0};
        struct diags d = diags_make(t->a);
        str text = {0};
        int n = 0;
        for (;;) {
            d = diags_make(t->a);
            text = text_of(t->a, s, n + 1);
            struct compiled c = compile(t->a, m, s, text, &d);
            if (!c.ok || n == 600) {
                break;
            }
            last = c;
            n++;
        }
        for (size_t k = 0; k < last.n; k++) {
            run(&in, m, s, last.list[k], last.selects[k]);
        }
        str why = d.len ? d.ptr[0].words.en : STR("nothing");
        print_message("           %-22s %3d turns, then %d: %.*s\n", s->name, n,
                      d.len ? d.ptr[0].pos.col : 0, STR_ARG(why));
        if (n < s->least || d.len != 1 || !said(&d.ptr[0]) || d.ptr[0].pos.line != 7 ||
            d.ptr[0].pos.col < 11 || d.ptr[0].pos.col > 11 + (int)str_utf8_len(text)) {
            print_message("%s: not as it should be\n", s->name);
            bad++;
        }
    }
    assert_int_equal(bad, 0);
    engine_release(in.e, m);
}

/* What is within 64 bits is counted in 64 bits, also where it is put together from
 * small numbers (PostgreSQL has 32 for those). */
static void large_run(struct dbs *t)
{
    static const char *const texts[] = {
        "routed < 2000000000 + 2000000000",
        "routed < 100000 * 100000",
        "routed > 1 - (2000000000 + 2000000000)",
        "routed < if(routed > 3, 2000000000, 1) + 2000000000",
        "1.5 < default(2, 1) * 4000000",
        "routed < -(2000000000) * 2 + -2000000000",
        "1.5 > -(2000000) + 3",
        "if(true, 2000000, 3) * 1.5 > 2.5",
        "now > occurred + 100 * 100d",
        "-(2000000000) - 2000000000 < routed",
        "2000000 / 1 * 3 / 0.0001 > 1",
    };
    struct inst in = inst_make(t, 0);
    const struct model *m = engine_model(in.e);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct diags d = diags_make(t->a);
        struct shape s = {.name = texts[i], .type = "fault", .kind = TYPED};
        struct compiled c = compile(t->a, m, &s, str_from(texts[i]), &d);
        inst_no_diags(t, &d);
        for (size_t k = 0; k < c.n; k++) {
            run(&in, m, &s, c.list[k], c.selects[k]);
        }
    }
    engine_release(in.e, m);
}

static void numbers_have_64_bits(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, large_run);
}

static void every_chain_and_nest_runs_or_is_refused(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, shapes_run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_chain_and_nest_runs_or_is_refused),
        cmocka_unit_test(numbers_have_64_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
