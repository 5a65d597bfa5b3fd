/* builtin.c - acts every record knows, whatever its type: comments, files, watching,
 * labels, receipts signed and tasks done; and those about oneself. */
#include "engine/approve_int.h"
#include "engine/perform_int.h"
#include "engine/phrase.h"
#include "engine/view_int.h"
#include "model/expr.h"

#include <string.h>

static str text_value(const struct act *act, str key)
{
    for (size_t i = 0; i < act->nvalues; i++) {
        if (str_eq(act->values[i].field, key)) {
            return act->values[i].text;
        }
    }
    return STR("");
}

/* `phrases`: one a line; none: the usual ones are offered again. */
static err save_phrases(struct doing *d)
{
    struct phrases p;
    struct words why = {0};
    if (!phrases_parse(text_value(d->act, STR("phrases")), &p, &why)) {
        return refuse_value(d->a, NULL, STR("phrases"), why);
    }
    struct batch *b = batch_begin(d->ctx->db, d->a);
    batch_add(b, SQL("delete from phrase where person = $1"), ARGS(db_i64(d->act->actor)));
    for (size_t i = 0; i < p.n; i++) {
        batch_add(b, SQL("insert into phrase(person, no, words) values ($1, $2, $3)"),
                  ARGS(db_i64(d->act->actor), db_i64((int64_t)i + 1), db_text(p.text[i])));
    }
    return batch_run(b);
}

static err about_oneself(struct doing *d, bool *was)
{
    const struct act *a = d->act;
    int64_t n = 0;
    if (str_eq(a->action, STR("save_phrases"))) {
        *was = true;
        return save_phrases(d);
    }
    if (str_eq(a->action, STR("read_notifications"))) {
        *was = true;
        if (!str_to_i64(text_value(a, STR("up_to")), &n)) {
            return err_make(ERR_INVALID, STR("up_to"));
        }
        return db_exec(d->ctx->db, d->a,
                       SQL("update notification set read_at = $3 where person = $1 and id <= $2"
                           " and read_at is null"),
                       ARGS(db_i64(a->actor), db_i64(n), db_i64(a->now)));
    }
    const struct type *t = model_type(d->h->model, a->type);
    if (str_eq(a->action, STR("save_view")) && t) {
        *was = true;
        str name = str_trim(text_value(a, STR("name")));
        if (!name.len || name.len > 200) {
            return err_make(ERR_VALUE, STR("name"));
        }
        return db_exec(d->ctx->db, d->a,
                       SQL("insert into saved_view(id, person, type, name, columns, filter, sort,"
                           " shared, at) values ($1, $2, $3, $4, '', $5, '', $6, $7)"
                           " on conflict (person, type, name) do update set"
                           " filter = excluded.filter, shared = excluded.shared"),
                       ARGS(db_i64(engine_id(d->e, a->now)), db_i64(a->actor), db_i64(t->code),
                            db_text(name), db_text(text_value(a, STR("filter"))),
                            db_i64(str_eq(text_value(a, STR("shared")), STR("true"))),
                            db_i64(a->now)));
    }
    if (str_eq(a->action, STR("delete_view"))) {
        *was = true;
        if (!str_to_i64(text_value(a, STR("view")), &n)) {
            return err_make(ERR_INVALID, STR("view"));
        }
        return db_exec(d->ctx->db, d->a,
                       SQL("delete from saved_view where id = $1 and person = $2"),
                       ARGS(db_i64(n), db_i64(a->actor)));
    }
    return OK;
}

struct builtin_act {
    const char *key;
    unsigned has;
};

static const struct builtin_act builtins[] = {
    {"comment", HAS_COMMENTS},   {"attach", HAS_ATTACHMENTS},
    {"detach", HAS_ATTACHMENTS}, {"watch", HAS_WATCHERS},
    {"unwatch", HAS_WATCHERS},   {"label", HAS_LABEL},
    {"unlabel", HAS_LABEL},      {"sign", 0},
    {"finish_task", 0},          {"local_setting", 0}};

/* Has read and signs what a receipt asked for: all that are open to him here. */
static err sign_receipts(struct doing *d, const struct touched *x)
{
    struct batch *b = batch_begin(d->ctx->db, d->a);
    struct db_args who = ARGS(db_i64(x->id), db_i64(d->act->actor), db_i64(d->ctx->now));
    int signed_ = batch_add(b,
                            SQL("update receipt set read_at = coalesce(read_at, $3), signed_at = $3"
                                " where record = $1 and +person = $2 and signed_at is null"),
                            who);
    batch_add(b, SQL("delete from task where record = $1 and +person = $2 and kind = 3"),
              ARGS(db_i64(x->id), db_i64(d->act->actor)));
    err e = batch_run(b);
    if (e.code || batch_changed(b, signed_)) {
        return e;
    }
    return refuse(d->a, ERR_VALUE, REFUSED_VALUE, NULL,
                  WORDS("这里没有等您签收的内容。", "Nothing here waits for your signature."),
                  (struct words){0});
}

/* A task of an effect is ended by whom it was given to. */
static err finish_task(struct doing *d, const struct touched *x)
{
    int64_t task = 0;
    str one = text_value(d->act, STR("task"));
    if (one.len && !str_to_i64(one, &task)) {
        return err_make(ERR_INVALID, STR("task"));
    }
    struct batch *b = batch_begin(d->ctx->db, d->a);
    int gone = batch_add(b,
                         SQL("delete from task where record = $1 and +person = $2 and kind = 2"
                             " and ($3 = 0 or id = $3)"),
                         ARGS(db_i64(x->id), db_i64(d->act->actor), db_i64(task)));
    err e = batch_run(b);
    if (e.code || batch_changed(b, gone)) {
        return e;
    }
    return refuse(d->a, ERR_VALUE, REFUSED_VALUE, NULL,
                  WORDS("这里没有您的这项待办。", "There is no such task of yours here."),
                  (struct words){0});
}

/* --- a unit's own value of a setting ---------------------------------------------------- */

static err may_set(struct doing *d, const struct touched *x, const struct setting *s)
{
    struct diags quiet = diags_make(d->a);
    struct scope sc = {
        .model = d->h->model, .law = x->t->type->newest->law, .self = x->t->type->newest};
    struct people head =
        expr_compile_people(d->a, &sc, STR("head_of(self)"), s->pos, false, &quiet);
    struct rows r;
    struct sqlb b = sqlb_make(d->a);
    if (!head.tree) {
        return err_make(ERR_NOT_FOUND, STR("head_of"));
    }
    SQLB_LIT(&b, "select case when (");
    sqlb_sql(&b, head.is_actor);
    SQLB_LIT(&b, ") then 1 else 0 end from ");
    sqlb_ident(&b, x->t->type->table);
    SQLB_LIT(&b, " r where r.id = $4");
    struct db_arg id = db_i64(x->id);
    err e = db_query(d->ctx->db, d->a, sqlb_end(&b), ctx_args(d->ctx, &id, 1), &r);
    if (e.code || (rows_next(&r) && rows_i64(&r, 0))) {
        return e;
    }
    return refuse(d->a, ERR_DENIED, REFUSED_WHO, s->clause,
                  WORDS("只有本部门负责人可以为本部门另定此项。",
                        "Only the head of the unit sets this for the unit."),
                  WORDS("请由部门负责人设定。", "Ask the head of the unit."));
}

/* `regulation`, `setting`, `value`: empty takes the unit's own value away. */
static err local_setting(struct doing *d, const struct touched *x)
{
    const struct reg *reg = model_reg(d->h->model, text_value(d->act, STR("regulation")));
    str key = text_value(d->act, STR("setting"));
    str value = str_trim(text_value(d->act, STR("value")));
    const struct setting *s = reg ? law_setting(reg->newest, key) : NULL;
    if (x->t->type != d->h->model->unit || !s || !s->local || s->list) {
        return refuse_value(d->a, s ? s->clause : NULL, STR("setting"),
                            WORDS("没有可由部门自定的这项设定", "units have no such setting"));
    }
    err e = may_set(d, x, s);
    int64_t n = 0;
    str text;
    if (e.code) {
        return e;
    }
    bool plain =
        s->kind == V_INT || s->kind == V_DAYS || s->kind == V_MONTHS || s->kind == V_WORKDAYS;
    bool good = s->kind == V_BOOL
                    ? str_eq(value, STR("true")) || str_eq(value, STR("false"))
                    : (plain && str_to_i64(value, &n)) || expr_literal(value, s->kind, &n, &text);
    if (value.len && !good) {
        return refuse_value(d->a, s->clause, STR("value"),
                            WORDS("不合这项设定的类型", "is no value of this setting"));
    }
    n = s->kind == V_BOOL ? str_eq(value, STR("true")) : n;
    struct batch *b = batch_begin(d->ctx->db, d->a);
    batch_add(b, SQL("delete from setting_local where reg = $1 and key = $2 and unit = $3"),
              ARGS(db_text(reg->key), db_text(key), db_i64(x->id)));
    if (value.len) {
        batch_add(b,
                  SQL("insert into setting_local(reg, key, unit, value) values ($1, $2, $3, $4)"),
                  ARGS(db_text(reg->key), db_text(key), db_i64(x->id),
                       db_text(str_fmt(d->a, "%lld", (long long)n))));
    }
    return batch_run(b);
}

/* Takes an attachment out of sight; its bytes and its place in the ledger stay.  Only
 * who attached it does, and not what is the value of a field: that is its action's. */
static err detach(struct doing *d, const struct touched *x)
{
    int64_t file = 0;
    if (!str_to_i64(text_value(d->act, STR("attachment")), &file)) {
        return err_make(ERR_INVALID, STR("attachment"));
    }
    struct batch *b = batch_begin(d->ctx->db, d->a);
    int gone =
        batch_add(b,
                  SQL("update attachment set removed_at = $4 where id = $1 and record = $2"
                      " and person = $3 and field is null and removed_at is null"),
                  ARGS(db_i64(file), db_i64(x->id), db_i64(d->act->actor), db_i64(d->ctx->now)));
    err e = batch_run(b);
    if (e.code || batch_changed(b, gone)) {
        return e;
    }
    return refuse(
        d->a, ERR_DENIED, REFUSED_WHO, NULL,
        WORDS("这里没有由您添加的这个附件。", "There is no such attachment here that you added."),
        WORDS("附件由添加它的人移除。", "Ask who attached it to remove it."));
}

static err about_record(struct doing *d, struct touched *x, str *note)
{
    const struct act *a = d->act;
    if (str_eq(a->action, STR("comment"))) {
        return a->note.len && a->note.len <= 40000 && str_utf8_ok(a->note)
                   ? OK
                   : err_make(ERR_VALUE, STR("note"));
    }
    if (str_eq(a->action, STR("attach"))) {
        return a->nfiles ? OK : err_make(ERR_VALUE, STR("files"));
    }
    if (str_eq(a->action, STR("detach"))) {
        return detach(d, x);
    }
    if (str_eq(a->action, STR("watch"))) {
        return perform_watch(d, x, str_trim(text_value(a, STR("person"))), note);
    }
    if (str_eq(a->action, STR("unwatch"))) {
        return perform_unwatch(d, x);
    }
    if (str_eq(a->action, STR("sign"))) {
        return sign_receipts(d, x);
    }
    if (str_eq(a->action, STR("finish_task"))) {
        return finish_task(d, x);
    }
    if (str_eq(a->action, STR("local_setting"))) {
        return local_setting(d, x);
    }
    str label = str_trim(text_value(a, STR("label")));
    if (!label.len || label.len > 60) {
        return err_make(ERR_VALUE, STR("label"));
    }
    if (str_eq(a->action, STR("label"))) {
        return db_exec(d->ctx->db, d->a,
                       SQL("insert into label(record, label) values ($1, $2)"
                           " on conflict do nothing"),
                       ARGS(db_i64(x->id), db_text(label)));
    }
    return db_exec(d->ctx->db, d->a, SQL("delete from label where record = $1 and label = $2"),
                   ARGS(db_i64(x->id), db_text(label)));
}

/* What the history says of it. */
static str note_of(struct doing *d)
{
    const struct act *a = d->act;
    if (!str_eq(a->action, STR("local_setting"))) {
        return a->note;
    }
    str key = text_value(a, STR("setting"));
    str value = text_value(a, STR("value"));
    return str_fmt(d->a, "%.*s = %.*s", STR_ARG(key), STR_ARG(value));
}

/* What somebody did about an approval is among the things he has done (desk.h), as what moves
 * a record is; that he looked at it, or told others of it, is not. */
static bool counts_as_done(str action)
{
    static const char *const no[] = {"approve.view",        "approve.read", "approve.copy",
                                     "approve.urge",        "approve.tick", "approve.not_carried",
                                     "approve.vote_refused"};
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        if (str_eq(action, str_from(no[i]))) {
            return false;
        }
    }
    return approve_is_op(action);
}

err perform_builtin(struct doing *d, bool *was)
{
    const struct act *a = d->act;
    *was = false;
    err e = about_oneself(d, was);
    if (*was || e.code || !a->record) {
        return e;
    }
    const struct type *t = model_type(d->h->model, a->type);
    const struct builtin_act *k = NULL;
    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
        k = str_eq(a->action, str_from(builtins[i].key)) ? &builtins[i] : k;
    }
    bool approval = approve_is_op(a->action);
    if (!t || (!approval && (!k || (k->has && !(t->newest->has & k->has))))) {
        return OK;
    }
    *was = true;
    struct record rec;
    struct touched *x;
    e = d->act->actor ? view_row(d->ctx, t, a->record, LOAD_NONE, &rec) : OK;
    e = e.code ? e : perform_touch(d, t, a->record, &x);
    if (e.code) {
        return e;
    }
    str note = note_of(d);
    struct inner *in = &d->acts[d->nacts++];
    *in = (struct inner){.id = engine_id(d->e, a->now),
                         .record = x->id,
                         .t = x->t,
                         .action = a->action,
                         .from_null = true,
                         .to_null = true};
    if (counts_as_done(a->action) && !x->now[COL_STATE].null) { /* it stands where it stood */
        in->from = in->to = x->now[COL_STATE].i;
        in->from_null = in->to_null = false;
    }
    e = approval ? approve_op(d, x, in->id, &note) : about_record(d, x, &note);
    in->note = note;
    return e.code ? e : perform_files(d, x->id, t, in->id);
}
