/* watch.c - who watches a record, and is told of what is done to it. */
#include "engine/perform_int.h"
#include "engine/reading.h"
#include "engine/value_int.h"
#include "engine/view_int.h"

/* The eyes of another person: what he sees, not the actor. */
static struct ctx eyes_of(const struct doing *d, int64_t person)
{
    struct ctx other = *d->ctx;
    other.actor = person;
    return other;
}

static err sees(struct doing *d, int64_t person, const struct touched *x, bool *ret)
{
    struct ctx other = eyes_of(d, person);
    struct record rec;
    err e = reading_find(&other);
    e = e.code ? e : view_row(&other, x->t->type, x->id, LOAD_NONE, &rec);
    *ret = !e.code;
    return e.code == ERR_NOT_FOUND ? OK : e;
}

/* --- watching ----------------------------------------------------------------------------- */

static err none_such(struct doing *d, struct words why)
{
    return refuse(
        d->a, ERR_VALUE, REFUSED_VALUE, NULL, why,
        WORDS("请填姓名，重名的填编号。", "Give a name, or a number where two share it."));
}

/* Another person: one that the actor may see and who may see the record. */
static err person_named(struct doing *d, const struct touched *x, str who, int64_t *ret,
                        str *ret_name)
{
    struct words why = {0};
    const struct type *people = d->h->model->person;
    err e = value_ref(d->ctx, people, who, ret, &why);
    if (e.code || why.zh.len) {
        return e.code ? e : none_such(d, why);
    }
    struct record person;
    bool may = false;
    e = view_row(d->ctx, people, *ret, LOAD_NONE, &person);
    e = e.code ? e : sees(d, *ret, x, &may);
    if (e.code || may) {
        *ret_name = e.code ? *ret_name : person.name;
        return e;
    }
    return refuse(d->a, ERR_DENIED, REFUSED_WHO, NULL,
                  WORDS("此人无权查看这条记录。", "This person may not see this record."),
                  WORDS("只能请可以查看它的人关注。", "Ask somebody who may see it to watch it."));
}

/* How a message calls the record. */
static str called(struct doing *d, const struct touched *x)
{
    return str_fmt(d->a, "%.*s %.*s", STR_ARG(x->now[COL_NUMBER].s), STR_ARG(x->now[COL_NAME].s));
}

static err room_for_one(struct doing *d, const struct touched *x)
{
    struct rows r;
    err e = db_query(d->ctx->db, d->a, SQL("select count(*) from watcher where record = $1"),
                     ARGS(db_i64(x->id)), &r);
    if (e.code || (rows_next(&r) && rows_i64(&r, 0) < WATCHERS_MAX)) {
        return e;
    }
    return refuse(
        d->a, ERR_VALUE, REFUSED_VALUE, NULL,
        WORDS("已有 50 人关注，不能再多。", "50 people watch this already; that is the most."),
        WORDS("有人取消关注后即可。", "When one of them stops, another may begin."));
}

err perform_watch(struct doing *d, const struct touched *x, str who, str *note)
{
    int64_t person = d->act->actor;
    err e = who.len ? person_named(d, x, who, &person, note) : OK;
    e = e.code ? e : room_for_one(d, x);
    if (e.code) {
        return e;
    }
    struct batch *b = batch_begin(d->ctx->db, d->a);
    int added = batch_add(b,
                          SQL("insert into watcher(record, person) values ($1, $2)"
                              " on conflict do nothing"),
                          ARGS(db_i64(x->id), db_i64(person)));
    e = batch_run(b);
    if (e.code || person == d->act->actor || !batch_changed(b, added)) {
        return e;
    }
    str name = called(d, x);
    return perform_notify(d, person, x, 0, str_fmt(d->a, "请您关注：%.*s", STR_ARG(name)),
                          str_fmt(d->a, "You were asked to watch %.*s", STR_ARG(name)));
}

err perform_unwatch(struct doing *d, const struct touched *x)
{
    return db_exec(d->ctx->db, d->a, SQL("delete from watcher where record = $1 and person = $2"),
                   ARGS(db_i64(x->id), db_i64(d->act->actor)));
}

/* --- being told --------------------------------------------------------------------------- */

/* What of an act those who watch want to know: a step, or something said. */
static struct words news_of(struct doing *d, const struct touched *x, const struct inner *in)
{
    if (str_eq(in->action, STR("comment"))) {
        return WORDS("有新的意见", "a new comment");
    }
    if (str_eq(in->action, STR("attach"))) {
        return WORDS("有新的附件", "a new attachment");
    }
    bool moved = !in->to_null && (in->from_null || in->from != in->to);
    const struct state *to = moved ? type_state(x->t->type, in->to) : NULL;
    const struct action *a = to ? tdef_action(x->t->def, in->action) : NULL;
    if (!a) {
        return to ? to->words : (struct words){0};
    }
    return (struct words){str_fmt(d->a, "%.*s，%.*s", STR_ARG(a->words.zh), STR_ARG(to->words.zh)),
                          str_fmt(d->a, "%.*s, now %.*s", STR_ARG(words_in(a->words, LANG_EN)),
                                  STR_ARG(words_in(to->words, LANG_EN)))};
}

static err tell(struct doing *d, const struct touched *x, int64_t act, struct words news)
{
    struct rows r;
    err e = db_query(
        d->ctx->db, d->a,
        SQL("select w.person from watcher w where w.record = $1 and w.person <> $2"
            " and not exists(select 1 from notification n where n.record = $1"
            " and n.person = w.person and n.id > $3) order by w.person limit $4"),
        ARGS(db_i64(x->id), db_i64(d->act->actor), db_i64(d->acts[0].id), db_i64(WATCHERS_MAX)),
        &r);
    str name = called(d, x);
    str zh = str_fmt(d->a, "%.*s：%.*s", STR_ARG(name), STR_ARG(news.zh));
    str en = str_fmt(d->a, "%.*s: %.*s", STR_ARG(name), STR_ARG(news.en));
    while (!e.code && rows_next(&r)) {
        bool may;
        e = sees(d, rows_i64(&r, 0), x, &may);
        e = e.code || !may ? e : perform_notify(d, rows_i64(&r, 0), x, act, zh, en);
    }
    return e;
}

err perform_tell_watchers(struct doing *d, const struct touched *x)
{
    for (size_t i = d->nacts; i-- > 0;) { /* the latest says where it stands now */
        if (d->acts[i].record == x->id) {
            struct words news = news_of(d, x, &d->acts[i]);
            if (news.zh.len) {
                return tell(d, x, d->acts[i].id, news);
            }
        }
    }
    return OK;
}
