/* reading.c - zhidu access: asks for access to read, lists those there are, revokes one.  Each is
 * an act of whoever is named, through the one door: what a person may not do on a page is refused
 * here. */
#include "base/clock.h"

#include "cli/cli.h"

enum { VALUES_MAX = 8, LISTED = 200 };

struct filling {
    struct value_in list[VALUES_MAX];
    size_t n;
};

static void put(struct filling *f, const char *field, str text)
{
    if (text.len && f->n < VALUES_MAX) {
        f->list[f->n++] = (struct value_in){.field = str_from(field), .text = text};
    }
}

/* The sentence and what would help, and the article; exit code 1. */
static int say_refused(struct cli *c, err e)
{
    const struct clause *k = e.why ? e.why->clause : NULL;
    int code = cli_fail(c, e);
    for (size_t i = 0; e.why && i < e.why->nfields; i++) {
        str what = words_in(e.why->fields[i].words, c->lang);
        cli_complain(c, "       %.*s：%.*s", "       %.*s: %.*s", STR_ARG(e.why->fields[i].field),
                     STR_ARG(what));
    }
    if (k) {
        str law = words_in(k->law->title, c->lang);
        str no = words_in(k->no, c->lang);
        str title = words_in(k->title, c->lang);
        cli_complain(c, "       依据：%.*s %.*s %.*s", "       Under: %.*s, %.*s %.*s",
                     STR_ARG(law), STR_ARG(no), STR_ARG(title));
    }
    return code;
}

/* The text that the action asks for and the language does not know: a purpose, a reason. */
static void put_words(struct filling *f, const struct action *a, str text)
{
    for (size_t i = 0; text.len && i < a->nasks && f->n < VALUES_MAX; i++) {
        if (a->asks[i].required && a->asks[i].field->type == F_TEXT) {
            f->list[f->n++] = (struct value_in){.field = a->asks[i].field->key, .text = text};
            return;
        }
    }
}

static int perform(struct cli *c, const struct model *m, int64_t actor, const struct action *a,
                   int64_t record, struct filling *f)
{
    struct act act = {.arena = c->arena,
                      .actor = actor,
                      .now = c->now(),
                      .lang = c->lang,
                      .type = m->access->key,
                      .record = record,
                      .action = a->key,
                      .values = f->list,
                      .nvalues = f->n};
    err e = act_call(c->engine, &act);
    if (e.code) {
        return say_refused(c, e);
    }
    struct db *db;
    struct rows r;
    struct sqlb b = sqlb_make(c->arena);
    SQLB_LIT(&b, "select number, state from ");
    sqlb_ident(&b, m->access->table);
    SQLB_LIT(&b, " where id = $1");
    e = engine_reader(c->engine, c->arena, &db);
    e = e.code ? e : db_query(db, c->arena, sqlb_end(&b), ARGS(db_i64(act.ret_record)), &r);
    if (e.code || !rows_next(&r)) {
        return e.code ? cli_fail(c, e) : 0;
    }
    const struct state *s = type_state(m->access, rows_i64(&r, 1));
    str state = s ? words_in(s->words, c->lang) : STR("");
    cli_say(c, "%.*s：%.*s", "%.*s: %.*s", STR_ARG(rows_text(&r, 0)), STR_ARG(state));
    if (a->route && !record) {
        cli_say(c, "获准后生效；由谁审批，见该记录的页面。",
                "It holds once it is approved; the page of the record says by whom.");
    }
    return 0;
}

static int usage(struct cli *c)
{
    return cli_help(c, "access") + 2;
}

static int grant(struct cli *c, const struct model *m, int argc, char **argv, int64_t actor)
{
    const struct tdef *d = m->access->newest;
    const struct action *a = NULL;
    struct filling f = {0};
    int64_t person = 0;
    for (size_t i = 0; i < d->nactions && !a; i++) {
        a = d->actions[i].creates ? &d->actions[i] : NULL;
    }
    str who = cli_word(argc, argv, 1);
    if (!who.len || !a) {
        return usage(c);
    }
    err e = cli_person(c, who, &person);
    if (e.code) {
        return cli_fail(c, e);
    }
    put(&f, "person", str_fmt(c->arena, "%lld", (long long)person));
    put(&f, "starts", cli_option(argc, argv, "starts"));
    put(&f, "ends", cli_option(argc, argv, "ends"));
    put(&f, "since", cli_option(argc, argv, "since"));
    put(&f, "until", cli_option(argc, argv, "until"));
    put_words(&f, a, cli_option(argc, argv, "for"));
    return perform(c, m, actor, a, 0, &f);
}

static int revoke(struct cli *c, const struct model *m, int argc, char **argv, int64_t actor)
{
    const struct action *a = tdef_action(m->access->newest, STR("revoke"));
    str number = cli_word(argc, argv, 1);
    struct filling f = {0};
    struct db *db;
    struct rows r;
    if (!number.len || !a) {
        return usage(c);
    }
    struct sqlb b = sqlb_make(c->arena);
    SQLB_LIT(&b, "select id from ");
    sqlb_ident(&b, m->access->table);
    SQLB_LIT(&b, " where number = $1");
    err e = engine_reader(c->engine, c->arena, &db);
    e = e.code ? e : db_query(db, c->arena, sqlb_end(&b), ARGS(db_text(number)), &r);
    if (!e.code && !rows_next(&r)) {
        e = cli_refuse(c->arena, ERR_NOT_FOUND,
                       words_fmt(c->arena, "没有这个授权：%.*s", "There is no such access: %.*s",
                                 STR_ARG(number)),
                       WORDS("编号见 zhidu access list。", "zhidu access list shows the numbers."));
    }
    if (e.code) {
        return cli_fail(c, e);
    }
    put_words(&f, a, cli_option(argc, argv, "for"));
    return perform(c, m, actor, a, rows_i64(&r, 0), &f);
}

static int list(struct cli *c, const struct model *m)
{
    struct db *db;
    struct rows r;
    struct sqlb b = sqlb_make(c->arena);
    SQLB_LIT(&b, "select number, name, state, f_starts, f_ends, f_since, f_until from ");
    sqlb_ident(&b, m->access->table);
    SQLB_LIT(&b, " order by id desc limit ");
    sqlb_i64(&b, LISTED);
    err e = engine_reader(c->engine, c->arena, &db);
    e = e.code ? e : db_query(db, c->arena, sqlb_end(&b), NO_ARGS, &r);
    while (!e.code && rows_next(&r)) {
        const struct state *s = type_state(m->access, rows_i64(&r, 2));
        str day[4];
        for (int i = 0; i < 4; i++) {
            day[i] = rows_null(&r, 3 + i) ? STR("-") : clock_date(c->arena, rows_i64(&r, 3 + i));
        }
        str state = s ? words_in(s->words, c->lang) : STR("-");
        fprintf(c->out, "%.*s\t%.*s\t%.*s\t%.*s..%.*s\t%.*s..%.*s\n", STR_ARG(rows_text(&r, 0)),
                STR_ARG(rows_text(&r, 1)), STR_ARG(state), STR_ARG(day[0]), STR_ARG(day[1]),
                STR_ARG(day[2]), STR_ARG(day[3]));
    }
    return e.code ? cli_fail(c, e) : 0;
}

static int run(struct cli *c, const struct model *m, int argc, char **argv)
{
    str what = cli_word(argc, argv, 0);
    str as = cli_option(argc, argv, "as");
    int64_t actor = 0;
    if (!m->access) {
        return cli_fail(
            c, cli_refuse(
                   c->arena, ERR_NOT_FOUND,
                   WORDS("没有制度规定查阅授权。", "No regulation provides for access to read."),
                   WORDS("请发布一部规定查阅授权的制度。", "Publish a regulation that does.")));
    }
    if (str_eq(what, STR("list"))) {
        return list(c, m);
    }
    bool grants = str_eq(what, STR("grant"));
    if (!as.len || (!grants && !str_eq(what, STR("revoke")))) {
        return usage(c);
    }
    err e = cli_account(c, as, &actor);
    return e.code   ? cli_fail(c, e)
           : grants ? grant(c, m, argc, argv, actor)
                    : revoke(c, m, argc, argv, actor);
}

int cmd_reading(struct cli *c, int argc, char **argv)
{
    const struct model *m = engine_model(c->engine);
    int code = run(c, m, argc, argv);
    engine_release(c->engine, m);
    return code;
}
