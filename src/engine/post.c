#include "engine/post.h"

#include "base/buf.h"
#include "base/clock.h"

struct post_ask post_held_ask(const struct ctx *ctx, str position)
{
    const struct type *post = ctx->model->post;
    const struct field *f = post ? tdef_field(post->newest, STR("position")) : NULL;
    const struct choice_key *key = f ? field_choice(f, position) : NULL;
    const struct state *in_force = post ? tdef_state(post->newest, STR("in_force")) : NULL;
    if (!key || !in_force || !ctx->actor || ctx->reading.on) {
        return (struct post_ask){0};
    }
    struct post_ask ask = {.batch = batch_begin(ctx->db, ctx->arena)};
    ask.place = batch_add(
        ask.batch,
        SQL("select 1 from \"r_post\" where \"f_person\" = $1 and \"f_position\" = $2"
            " and \"state\" = $3 and \"f_starts\" <= $4"
            " and (\"f_ends\" is null or \"f_ends\" >= $4) limit 1"),
        ARGS(db_i64(ctx->actor), db_i64(key->code), db_i64(in_force->code), db_i64(ctx->today)));
    return ask;
}

err post_held_read(const struct post_ask *ask, bool *ret)
{
    *ret = false;
    err e = ask->batch ? batch_join(ask->batch) : OK;
    if (!e.code && ask->batch) {
        struct rows rows = batch_rows(ask->batch, ask->place);
        *ret = rows_next(&rows);
    }
    return e;
}

err post_held(const struct ctx *ctx, str position, bool *ret)
{
    struct post_ask ask = post_held_ask(ctx, position);
    if (ask.batch) {
        batch_ride(ask.batch);
    }
    return post_held_read(&ask, ret);
}

bool post_holders(const struct ctx *ctx, str position, struct sql *ret, struct db_args *ret_args)
{
    const struct type *post = ctx->model->post;
    const struct field *f = post ? tdef_field(post->newest, STR("position")) : NULL;
    const struct choice_key *key = f ? field_choice(f, position) : NULL;
    const struct state *in_force = post ? tdef_state(post->newest, STR("in_force")) : NULL;
    if (!key || !in_force) {
        return false;
    }
    struct db_arg *args = arena_array(ctx->arena, struct db_arg, 3);
    args[0] = db_i64(key->code);
    args[1] = db_i64(in_force->code);
    args[2] = db_i64(ctx->today);
    *ret = SQL("select \"f_person\" from \"r_post\" where \"f_position\" = $1 and \"state\" = $2"
               " and \"f_starts\" <= $3 and (\"f_ends\" is null or \"f_ends\" >= $3)"
               " order by \"f_person\" limit 10");
    *ret_args = (struct db_args){args, 3};
    return true;
}

/* --- posts apart ------------------------------------------------------------------ */

static const struct choice_key *position_key(const struct model *m, str position)
{
    const struct field *f = m->post ? tdef_field(m->post->newest, STR("position")) : NULL;
    return f ? field_choice(f, position) : NULL;
}

/* One holder: of how many of the three, and until when all of them last. */
static void count_holder(struct posts_apart *p, int64_t positions, bool endless, int64_t ends)
{
    if (positions > 1) {
        bool first = p->two == 0;
        p->until = endless || (!first && !p->until) ? 0 : ends > p->until ? ends : p->until;
        p->two++;
    }
}

/* Of the rules that `apart` put on the register: appointments that stand against them. */
static err count_clashes(const struct ctx *ctx, struct posts_apart *ret)
{
    const struct tdef *d = ctx->model->post ? ctx->model->post->newest : NULL;
    for (size_t i = 0; d && i < d->nrules; i++) {
        const struct cond *c = &d->rules[i].check;
        if (!c->other || !c->when) {
            continue;
        }
        struct sqlb b = sqlb_make(ctx->arena);
        struct rows r;
        SQLB_LIT(&b, "select count(*) from (select distinct r.f_person from ");
        sqlb_ident(&b, ctx->model->post->table);
        SQLB_LIT(&b, " r where (");
        sqlb_sql(&b, c->when->is_true);
        SQLB_LIT(&b, ") and (r.f_ends is null or r.f_ends >= $3) and not (");
        sqlb_sql(&b, c->not_false);
        SQLB_LIT(&b, ") limit 1000) p");
        err e = db_query(ctx->db, ctx->arena, sqlb_end(&b), ctx_args(ctx, NULL, 0), &r);
        int64_t n = !e.code && rows_next(&r) ? rows_i64(&r, 0) : 0;
        if (e.code) {
            return e;
        }
        ret->clash_words = n && !ret->clash ? c->words : ret->clash_words;
        ret->clash += n;
    }
    return OK;
}

err posts_apart(const struct ctx *ctx, struct posts_apart *ret)
{
    const struct choice_key *a = position_key(ctx->model, POSITION_ADMINISTRATOR);
    const struct choice_key *b = position_key(ctx->model, POSITION_AUDITOR);
    const struct choice_key *c = position_key(ctx->model, POSITION_SECURITY_OFFICER);
    const struct type *post = ctx->model->post;
    const struct state *in_force = post ? tdef_state(post->newest, STR("in_force")) : NULL;
    *ret = (struct posts_apart){.administrator = true, .auditor = true, .security_officer = true};
    if (!a || !b || !c || !in_force) {
        return count_clashes(ctx, ret); /* nobody keeps posts, or not these */
    }
    struct rows r;
    err e = db_query(ctx->db, ctx->arena,
                     SQL("select count(distinct f_position), max(case when f_position = $3 then 1"
                         " else 0 end), max(case when f_position = $4 then 1 else 0 end),"
                         " max(case when f_position = $5 then 1 else 0 end),"
                         " max(case when f_ends is null then 1 else 0 end), max(f_ends)"
                         " from r_post where state = $1 and f_starts <= $2"
                         " and (f_ends is null or f_ends >= $2)"
                         " and (f_position = $3 or f_position = $4 or f_position = $5)"
                         " group by f_person limit 10000"),
                     ARGS(db_i64(in_force->code), db_i64(ctx->today), db_i64(a->code),
                          db_i64(b->code), db_i64(c->code)),
                     &r);
    *ret = (struct posts_apart){0};
    while (!e.code && rows_next(&r)) {
        ret->administrator = ret->administrator || rows_i64(&r, 1);
        ret->auditor = ret->auditor || rows_i64(&r, 2);
        ret->security_officer = ret->security_officer || rows_i64(&r, 3);
        count_holder(ret, rows_i64(&r, 0), rows_i64(&r, 4) != 0, rows_i64(&r, 5));
    }
    return e.code ? e : count_clashes(ctx, ret);
}

struct words posts_apart_words(struct arena *a, const struct posts_apart *p)
{
    struct buf zh = buf_make(a, 1000);
    struct buf en = buf_make(a, 1000);
    const struct {
        bool held;
        struct words name;
    } all[] = {{p->administrator, WORDS("系统管理员", "administrator")},
               {p->auditor, WORDS("审计员", "auditor")},
               {p->security_officer, WORDS("安全管理员", "security officer")}};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (!all[i].held) {
            buf_put_fmt(&zh, "无人担任%.*s。", STR_ARG(all[i].name.zh));
            buf_put_fmt(&en, "Nobody is %.*s.  ", STR_ARG(all[i].name.en));
        }
    }
    if (p->two) {
        str until = p->until ? clock_date(a, p->until) : STR("");
        buf_put_fmt(&zh, "%lld 人兼任系统管理员、审计员、安全管理员中的两个岗位",
                    (long long)p->two);
        buf_put_fmt(&en, "%lld hold two of the posts administrator, auditor, security officer",
                    (long long)p->two);
        if (p->until) {
            buf_put_fmt(&zh, "，到 %.*s 为止", STR_ARG(until));
            buf_put_fmt(&en, ", until %.*s", STR_ARG(until));
        }
        BUF_LIT(&zh, "。");
        BUF_LIT(&en, ".  ");
    }
    if (p->clash) {
        buf_put_fmt(&zh, "%lld 人兼任了应当分开的岗位（%.*s）。", (long long)p->clash,
                    STR_ARG(p->clash_words.zh));
        buf_put_fmt(&en, "%lld hold positions together that are kept apart (%.*s).",
                    (long long)p->clash, STR_ARG(words_in(p->clash_words, LANG_EN)));
    }
    return (struct words){str_trim(buf_str(&zh)), str_trim(buf_str(&en))};
}
