/* activity.c - the history of a record, in words. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "engine/reading.h"
#include "engine/view_int.h"
#include "model/named.h"

enum { PER_PAGE = 50 };

int activity_ask(const struct ctx *ctx, struct batch *b, int64_t record, int64_t before)
{
    struct span shown = reading_span(ctx);
    struct db_arg args[] = {db_i64(record), db_i64(before ? before : INT64_MAX), db_i64(shown.from),
                            db_i64(shown.to)};
    return batch_add(b,
                     SQL("select \"id\", \"seq\", \"at\", \"recorded\", \"person\", \"principal\","
                         " \"action\", \"law\", \"from_state\", \"to_state\", \"flags\", \"cause\","
                         " \"note\", \"changes\" from \"act\" where \"record\" = $4 and \"id\" < $5"
                         " and \"at\" >= $6 and \"at\" < $7"
                         " order by \"id\" desc limit 51"),
                     ctx_args(ctx, args, 4));
}

/* --- attachments ------------------------------------------------------------------------ */

/* Those there first, then the removed: two in the order of their index, where one would
 * make SQLite sort, in a table of its own. */
#define FILES(removed)                                                                      \
    "select \"id\", \"name\", \"mime\", \"size\", \"sha256\", \"at\", \"person\", \"act\"," \
    " \"removed_at\" from \"attachment\" where \"record\" = $4 and \"field\" is null"       \
    " and \"removed_at\" " removed " order by \"id\" limit 400"
#define ALL_FILES \
    "select * from (" FILES("is null") ") a union all select * from (" FILES("is not null") ") b"

int activity_files_ask(const struct ctx *ctx, struct batch *b, int64_t record)
{
    struct db_arg arg = db_i64(record);
    return batch_add(b, SQL(ALL_FILES), ctx_args(ctx, &arg, 1));
}

/* Who removes an attachment is who added it; the row keeps the moment, not the act. */
static bool is_of(const struct activity *a, const struct rows *r)
{
    if (str_eq(a->action_key, STR("detach")) && !a->action) {
        return !rows_null(r, 8) && rows_i64(r, 8) == a->at && rows_i64(r, 6) == a->person.id;
    }
    return rows_i64(r, 7) == a->id;
}

void activity_files_read(const struct ctx *ctx, struct rows r, struct activity *list, size_t n)
{
    while (rows_next(&r)) {
        for (size_t i = 0; i < n; i++) {
            struct activity *a = &list[i];
            if (is_of(a, &r)) {
                str name = rows_text(&r, 1);
                a->files = !a->files.len
                               ? name
                               : str_fmt(ctx->arena, "%.*s%s%.*s", STR_ARG(a->files),
                                         ctx->lang == LANG_EN ? ", " : "、", STR_ARG(name));
            }
        }
    }
}

/* --- built-in actions ------------------------------------------------------------------ */

static struct words builtin_words(str key)
{
    static const struct {
        const char *key;
        struct words words;
    } list[] = {{"comment", WORDS_INIT("发表意见", "commented")},
                {"attach", WORDS_INIT("添加附件", "attached")},
                {"erase", WORDS_INIT("依法删除个人信息", "erased personal data by law")},
                {"sign_in", WORDS_INIT("登录查阅", "signed in to read")},
                {"detach", WORDS_INIT("移除附件", "removed an attachment")},
                {"watch", WORDS_INIT("关注", "watches this")},
                {"unwatch", WORDS_INIT("取消关注", "no longer watches this")},
                {"label", WORDS_INIT("添加标签", "labelled")},
                {"unlabel", WORDS_INIT("移除标签", "removed a label")},
                {"set", WORDS_INIT("按规定更新", "was updated as the regulation says")},
                {"local_setting", WORDS_INIT("为本部门另定", "set for this unit")},
                {"sign", WORDS_INIT("签收", "has read and signed")},
                {"finish_task", WORDS_INIT("办完待办", "finished a task")},
                {"approve.vote", WORDS_INIT("审批表态", "voted")},
                {"approve.add", WORDS_INIT("加签", "added people to the approval")},
                {"approve.cancel_add", WORDS_INIT("取消加签", "cancelled the adding")},
                {"approve.remove", WORDS_INIT("减签", "removed a seat")},
                {"approve.transfer", WORDS_INIT("转办", "transferred a seat")},
                {"approve.ask", WORDS_INIT("委派", "asked for advice")},
                {"approve.advise", WORDS_INIT("答复委派", "gave advice")},
                {"approve.ask_end", WORDS_INIT("收回委派", "took it back from the adviser")},
                {"approve.return", WORDS_INIT("退回", "returned it")},
                {"approve.take_back", WORDS_INIT("拿回", "took a vote back")},
                {"approve.withdraw", WORDS_INIT("撤回申请", "withdrew it")},
                {"approve.resubmit", WORDS_INIT("重新提交", "submitted it again")},
                {"approve.copy", WORDS_INIT("抄送", "sent a copy")},
                {"approve.read", WORDS_INIT("已阅抄送", "read the copy")},
                {"approve.view", WORDS_INIT("打开审批", "opened the approval")},
                {"approve.urge", WORDS_INIT("催办", "urged to decide")},
                {"approve.suspend", WORDS_INIT("挂起审批", "suspended the approval")},
                {"approve.resume", WORDS_INIT("恢复审批", "resumed the approval")},
                {"approve.end", WORDS_INIT("终止审批", "ended the approval")},
                {"approve.place", WORDS_INIT("指定审批人", "named an approver")},
                {"approve.jump_ask", WORDS_INIT("提议跳转", "proposed to move the approval on")},
                {"approve.jump", WORDS_INIT("确认跳转", "confirmed to move the approval on")},
                {"approve.retry", WORDS_INIT("再次执行", "carried it out again")},
                {"approve.tick", WORDS_INIT("审批到期处理", "looked at the approval's terms")},
                {"approve.not_carried", WORDS_INIT("审批后未能执行", "could not be carried out")},
                {"approve.vote_refused",
                 WORDS_INIT("审批操作未被接受", "acted on the approval, which was refused")}};
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        if (str_eq(key, str_from(list[i].key))) {
            return list[i].words;
        }
    }
    return (struct words){key, key};
}

/* --- changes ------------------------------------------------------------------------------ */

static struct value value_of(const struct json_value *j, const struct field *f)
{
    struct value v = {.null = !j || j->kind == JV_NULL};
    if (v.null) {
        return v;
    }
    if (j->kind == JV_TEXT) {
        v.text = j->text;
    } else if (j->kind == JV_INT) {
        v.i64 = j->i64;
    } else if (j->kind == JV_TRUE) {
        v.i64 = 1;
    }
    (void)f;
    return v;
}

enum { SHOWN_MAX = 64 << 10 };

struct change_values { /* kept beside the words until names are known */
    struct activity_change change;
    const struct json_value *before, *after;
};

static const struct field *line_column(const struct field *lines, str key)
{
    const struct field *c = lines->part ? tdef_field(lines->part->newest, key) : NULL;
    return c && !c->see.tree && c->type != F_LINES && !load_is_link(c) ? c : NULL;
}

/* References whose names will be wanted. */
static void want(const struct ctx *ctx, struct names *names, const struct field *f,
                 const struct json_value *j)
{
    if (!j) {
        return;
    }
    if (load_is_ref(f)) {
        names_want(names, load_ref_type(ctx, f), json_i64_of(j, 0));
    }
    for (size_t i = 0; load_is_link(f) && j->kind == JV_LIST && i < j->len; i++) {
        names_want(names, load_ref_type(ctx, f), json_i64_of(&j->items[i], 0));
    }
    for (size_t i = 0; f->type == F_LINES && j->kind == JV_OBJECT && i < j->len; i++) {
        const struct field *c = line_column(f, j->keys[i]);
        if (c) {
            want(ctx, names, c, &j->items[i]);
        }
    }
}

static str ref_shown(const struct ctx *ctx, const struct names *names, const struct field *f,
                     int64_t id)
{
    struct record_ref ref = names_get(names, load_ref_type(ctx, f), id);
    str s = ref.name.len ? ref.name : ref.number;
    return s.len ? s : (ctx->lang == LANG_EN ? STR("(not visible)") : STR("（不可见）"));
}

static void put_shown(const struct ctx *ctx, const struct names *names, const struct field *f,
                      const struct json_value *j, struct buf *b)
{
    bool en = ctx->lang == LANG_EN;
    if (load_is_link(f)) {
        for (size_t i = 0; j->kind == JV_LIST && i < j->len; i++) {
            buf_put(b, i ? en ? STR(", ") : STR("、") : STR(""));
            buf_put(b, ref_shown(ctx, names, f, json_i64_of(&j->items[i], 0)));
        }
        return;
    }
    if (f->type == F_LINES) {
        bool some = false;
        for (size_t i = 0; j->kind == JV_OBJECT && i < j->len; i++) {
            const struct field *c = line_column(f, j->keys[i]);
            if (!c) {
                continue;
            }
            buf_put(b, some ? en ? STR("; ") : STR("；") : STR(""));
            buf_put(b, words_in(c->words, ctx->lang));
            buf_put(b, en ? STR(": ") : STR("："));
            put_shown(ctx, names, c, &j->items[i], b);
            some = true;
        }
        return;
    }
    struct value v = value_of(j, f);
    struct words name = f->type == F_TEXT && !v.null
                            ? named_words(ctx->arena, ctx->model, f, v.text)
                            : (struct words){0};
    if (name.zh.len || name.en.len) {
        buf_put(b, words_in(name, ctx->lang));
    } else if (!v.null) {
        buf_put(b,
                load_is_ref(f) ? ref_shown(ctx, names, f, v.i64) : value_show(ctx, f, &v, STR("")));
    }
}

static struct words shown(const struct ctx *ctx, const struct names *names, const struct field *f,
                          const struct json_value *j)
{
    if (!j || j->kind == JV_NULL) {
        return (struct words){0};
    }
    struct buf b = buf_make(ctx->arena, SHOWN_MAX);
    put_shown(ctx, names, f, j, &b);
    str s = buf_str(&b);
    return (struct words){s, s};
}

static void read_changes(const struct ctx *ctx, const struct type *t, str text, struct names *names,
                         struct activity *a)
{
    const struct json_value *list;
    if (!text.len || json_read_own(ctx->arena, text, &list).code || list->kind != JV_LIST) {
        return;
    }
    struct change_values *cs = arena_array(ctx->arena, struct change_values, list->len + 1);
    size_t n = 0;
    for (size_t i = 0; i < list->len; i++) {
        const struct field *f = type_field_any(t, json_str_of(json_get(&list->items[i], STR("f"))));
        if (!f || f->see.tree) {
            continue; /* gone, or hidden from some */
        }
        cs[n].change.field = f;
        cs[n].before = json_get(&list->items[i], STR("o"));
        cs[n].after = json_get(&list->items[i], STR("n"));
        want(ctx, names, f, cs[n].before);
        want(ctx, names, f, cs[n].after);
        n++;
    }
    a->changes = &cs[0].change; /* activity_finish makes them a plain array */
    a->nchanges = n;
}

void activity_finish(const struct ctx *ctx, const struct names *names, struct activity *list,
                     size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct activity *a = &list[i];
        a->person = names_get(names, ctx->model->person, a->person.id);
        a->principal = names_get(names, ctx->model->person, a->principal.id);
        if (!a->nchanges) {
            continue;
        }
        const struct change_values *cs = (const struct change_values *)(const void *)a->changes;
        struct activity_change *plain =
            arena_array(ctx->arena, struct activity_change, a->nchanges);
        for (size_t k = 0; k < a->nchanges; k++) {
            plain[k].field = cs[k].change.field;
            plain[k].before = shown(ctx, names, plain[k].field, cs[k].before);
            plain[k].after = shown(ctx, names, plain[k].field, cs[k].after);
        }
        a->changes = plain;
    }
}

void activity_read(const struct ctx *ctx, const struct type *t, struct batch *b, int place,
                   struct names *names, struct activity **ret, size_t *n, bool *more)
{
    struct rows r = batch_rows(b, place);
    struct activity *list = arena_array(ctx->arena, struct activity, (size_t)rows_count(&r) + 1);
    size_t count = 0;
    *more = rows_count(&r) > PER_PAGE;
    while (count < PER_PAGE && rows_next(&r)) {
        struct activity *a = &list[count++];
        *a = (struct activity){
            .id = rows_i64(&r, 0),
            .seq = rows_i64(&r, 1),
            .at = rows_i64(&r, 2),
            .recorded = rows_i64(&r, 3),
            .person = {.id = rows_i64(&r, 4)},
            .principal = {.id = rows_i64(&r, 5)},
            .action_key = rows_text(&r, 6),
            .from = rows_null(&r, 8) ? NULL : type_state(t, rows_i64(&r, 8)),
            .to = rows_null(&r, 9) ? NULL : type_state(t, rows_i64(&r, 9)),
            .flags = (unsigned)rows_i64(&r, 10),
            .cause = rows_text(&r, 11),
            .note = rows_text(&r, 12),
        };
        a->action = type_action_any(t, rows_i64(&r, 7), a->action_key);
        a->action_words = a->action ? a->action->words : builtin_words(a->action_key);
        if (a->to == a->from) {
            a->to = NULL;
        }
        bool said =
            str_eq(a->action_key, STR("comment")) || str_starts(a->action_key, STR("approve."));
        if (!said && !a->action) {
            a->note = STR("");
        }
        names_want(names, ctx->model->person, a->person.id);
        names_want(names, ctx->model->person, a->principal.id);
        read_changes(ctx, t, rows_text(&r, 13), names, a);
    }
    *ret = list;
    *n = count;
}

err record_activities(const struct ctx *ctx, const struct type *t, int64_t id, int64_t before,
                      struct record *ret_record, struct activity **ret, size_t *n, bool *more)
{
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    int place = activity_ask(ctx, b, id, before);
    int files = t->newest->has & HAS_ATTACHMENTS ? activity_files_ask(ctx, b, id) : -1;
    batch_ride(b);
    struct record rec;
    err e = view_row(ctx, t, id, LOAD_NONE, &rec);
    e = e.code ? e : batch_join(b);
    if (e.code) {
        return e;
    }
    struct names *names = names_begin(ctx);
    activity_read(ctx, t, b, place, names, ret, n, more);
    if (files >= 0) {
        activity_files_read(ctx, batch_rows(b, files), *ret, *n);
    }
    e = names_run(names);
    if (!e.code) {
        activity_finish(ctx, names, *ret, *n);
    }
    if (ret_record) {
        *ret_record = rec;
    }
    return e;
}
