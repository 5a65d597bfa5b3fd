#include "page/record_page.h"

#include "base/arena.h"
#include "base/markdown.h"
#include "engine/post.h"
#include "engine/schema.h"
#include "page/page.h"

#include "gen/record.html.h"

str record_button_class(const struct record_action *a)
{
    return a->expected ? STR(" main") : STR("");
}

str record_field_class(const struct record_field *f)
{
    enum ftype t = f->field->type;
    if (t == F_LINES) {
        return STR("wide rows-of");
    }
    bool wide = t == F_MARKDOWN || t == F_FILTER || f->value.text.len > 36;
    return wide ? STR("wide") : STR("");
}

const struct type *record_type_of(const struct visit *v)
{
    return model_type(v->model, v->seg[0]);
}

bool record_is_picture(const struct attachment *a)
{
    return a->image && a->size <= VISIT_PICTURE_MAX;
}

bool record_is_opening(const struct activity *a)
{
    return str_eq(a->action_key, STR("approve.view"));
}

bool record_follows_approval(const struct activity *a)
{
    return a->action && a->action->after;
}

bool record_is_import(const struct activity *a)
{
    return (a->flags & ACT_IMPORT) != 0;
}

html_safe record_markdown(const struct visit *v, str text)
{
    return markdown_lines_html(v->ctx.arena, text);
}

struct change_list record_changes(const struct activity *a)
{
    return (struct change_list){a->changes, a->nchanges};
}

struct ref_list record_relation_refs(const struct record_relation *r)
{
    return (struct ref_list){r->refs, r->nrefs};
}

struct words record_relation_title(const struct record_relation *r)
{
    return r->type->newest->title;
}

/* When a state was entered last, as far as the activity at hand tells. */
static const struct activity *entered(const struct record_view *r, const struct state *s)
{
    for (size_t i = 0; i < r->nactivities; i++) {
        const struct activity *a = &r->activities[i];
        if (a->to && a->to->code == s->code) {
            return a;
        }
    }
    return NULL;
}

/* The step bar: the way to go, with the moment each state was entered and by whom.
 * A state on the way that was never entered was skipped. */
static void put_steps(struct visit *v, const struct record_view *r, struct record_page *p)
{
    struct record_step *steps = arena_array(v->ctx.arena, struct record_step, r->npath + 1);
    size_t here = r->npath;
    for (size_t i = 0; i < r->npath; i++) {
        steps[i].words = r->path[i]->words;
        steps[i].here = r->rec.state && r->path[i]->code == r->rec.state->code;
        here = steps[i].here ? i : here;
    }
    for (size_t i = 0; i <= here && here < r->npath; i++) {
        const struct activity *a = entered(r, r->path[i]);
        if (a) {
            steps[i].at = show_when(v, a->at);
            steps[i].who = show_ref_name(&a->person);
        }
        steps[i].class = i == here ? (r->rec.state->final ? STR("here over") : STR("here"))
                         : a || r->more_activities ? STR("past")
                                                   : STR("skipped");
    }
    p->steps.ptr = steps;
    p->steps.len = r->npath > 1 && here < r->npath && !p->visit_type->newest->newest ? r->npath : 0;
    p->step_no = (int64_t)here + 1;
    p->next_state = here + 1 < r->npath ? steps[here + 1].words : (struct words){0};
}

static void put_actions(struct visit *v, const struct record_view *r, struct record_page *p)
{
    struct record_action *can = arena_array(v->ctx.arena, struct record_action, r->nactions + 1);
    struct record_action *not = arena_array(v->ctx.arena, struct record_action, r->nactions + 1);
    size_t ncan = 0;
    size_t nnot = 0;
    for (int round = 0; round < 2; round++) { /* what is expected stands first */
        for (size_t i = 0; i < r->nactions; i++) {
            const struct record_action *a = &r->actions[i];
            if (a->hidden || a->expected != (round == 0)) {
                continue;
            }
            if (a->allowed) {
                can[ncan++] = *a;
            } else {
                not [nnot++] = *a;
            }
        }
    }
    p->actions.ptr = can;
    p->actions.len = ncan;
    p->locked.ptr = not ;
    p->locked.len = nnot;
}

/* "1 小时 59 分钟": what is left of a length in working time, once a night or a noon lies
 * between now and its end. */
static str working_left(struct visit *v, const struct record_term *t)
{
    enum { MINUTE = 60000 };
    if (t->working_ms < 0 || t->due - v->ctx.now - t->working_ms < MINUTE) {
        return STR("");
    }
    bool en = v->ctx.lang == LANG_EN;
    long long minutes = t->working_ms / MINUTE;
    if (minutes < 60) {
        return str_fmt(v->ctx.arena, en ? "%lld min" : "%lld 分钟", minutes);
    }
    return str_fmt(v->ctx.arena, en ? "%lld h %lld min" : "%lld 小时 %lld 分钟", minutes / 60,
                   minutes % 60);
}

static struct record_clock clock_of(struct visit *v, const struct record_term *t)
{
    enum lang lang = v->ctx.lang;
    struct record_clock c = {.words = t->term->words,
                             .clause = t->term->clause,
                             .from = show_when(v, t->started),
                             .due = show_when(v, t->due),
                             .over = t->ended != 0};
    if (!frame_has_words(c.words)) {
        c.words = (struct words){t->term->key, t->term->key};
    }
    if (t->ended) {
        c.note = words_in(t->late ? WORDS("逾期", "late") : WORDS("按时", "in time"), lang);
        c.class = t->late ? STR(" missed") : STR(" met");
    } else if (t->paused_at) {
        c.note = words_in(WORDS("计时暂停", "clock stopped"), lang);
        c.class = STR(" rest");
    } else if (!t->due) { /* its end is a date that is not given */
        c.note = words_in(WORDS("没有期限", "no end"), lang);
        c.class = STR(" rest");
    } else {
        c.note = show_due(v, t->due);
        c.class = show_due_class(v, t->due);
        c.working = working_left(v, t);
        c.total = t->due > t->started ? (t->due - t->started) / 60000 : 0;
        c.used = (v->ctx.now - t->started) / 60000;
        c.used = c.used > c.total ? c.total : c.used;
    }
    return c;
}

enum { URGENT_DAYS = 7 }; /* a deadline further off is not told in the head */

static void put_clocks(struct visit *v, const struct record_view *r, struct record_page *p)
{
    struct record_clock *list = arena_array(v->ctx.arena, struct record_clock, r->nterms + 1);
    int64_t first = 0;
    for (size_t i = 0; i < r->nterms; i++) {
        const struct record_term *t = &r->terms[i];
        list[i] = clock_of(v, t);
        p->clocks_over += list[i].over;
        bool near = t->due && t->due < v->ctx.now + URGENT_DAYS * INT64_C(86400000);
        if (!t->ended && !t->paused_at && near && (!first || t->due < first)) {
            first = t->due;
            p->urgent = &list[i];
        }
    }
    p->clocks.ptr = list;
    p->clocks.len = r->nterms;
}

static void put_parts(struct visit *v, const struct record_view *r, struct record_page *p)
{
    struct record_page_part *parts =
        arena_array(v->ctx.arena, struct record_page_part, r->nparts + 1);
    size_t n = 0;
    for (size_t i = 0; i < r->nparts; i++) {
        const struct record_view_part *from = &r->parts[i];
        if (!from->nrecords) {
            continue;
        }
        struct record_page_row *rows =
            arena_array(v->ctx.arena, struct record_page_row, from->nrecords);
        for (size_t k = 0; k < from->nrecords; k++) {
            const struct record *x = &from->records[k];
            rows[k] = (struct record_page_row){.id = x->id,
                                               .name = x->name.len ? x->name : x->number,
                                               .when = show_when(v, x->changed_at),
                                               .class = show_state_class(from->type, x->state),
                                               .state = x->state};
        }
        parts[n].title = words_in(from->type->newest->title, v->ctx.lang);
        parts[n].type = from->type->key;
        parts[n].rows.ptr = rows;
        parts[n].rows.len = from->nrecords;
        n++;
    }
    p->parts.ptr = parts;
    p->parts.len = n;
}

static bool field_filled(const struct record_field *f)
{
    const struct value *val = &f->value;
    enum ftype t = f->field->type;
    bool counts = t == F_BOOL || t == F_INT || t == F_CHOICE || t == F_DECIMAL || t == F_MONEY;
    return f->nrows || f->nrefs || val->nids || (!val->null && (val->text.len || val->i64)) ||
           (!val->null && counts && !f->field->def.tree);
}

/* Empty fields are left out, and with them the zero or the no that a default put
 * there: a record shows what was said. */
static void put_fields(struct visit *v, const struct record_view *r, struct record_page *p)
{
    struct record_field *list = arena_array(v->ctx.arena, struct record_field, r->rec.nfields + 1);
    size_t n = 0;
    for (size_t i = 0; i < r->rec.nfields; i++) {
        if (field_filled(&r->rec.fields[i])) {
            list[n++] = r->rec.fields[i];
        }
    }
    p->fields.ptr = list;
    p->fields.len = n;
}

static struct words note_words(str action)
{
    static const struct {
        const char *action;
        struct words words;
    } list[] = {
        {"comment", WORDS_INIT("发表评论", "Comment")},
        {"attach", WORDS_INIT("添加附件", "Attach")},
        {"detach", WORDS_INIT("移除附件", "Remove the attachment")},
        {"watch", WORDS_INIT("关注", "Watch")},
        {"unwatch", WORDS_INIT("取消关注", "Unwatch")},
        {"label", WORDS_INIT("添加标签", "Add a label")},
        {"unlabel", WORDS_INIT("去掉标签", "Remove the label")},
        {"sign", WORDS_INIT("签收", "Sign")},
        {"finish_task", WORDS_INIT("办完任务", "Finish the task")},
    };
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        if (str_eq(action, str_from(list[i].action))) {
            return list[i].words;
        }
    }
    enum approve_op op;
    if (str_starts(action, STR("approve.")) &&
        approve_op_find(str_from_n(action.ptr + 8, action.len - 8), &op)) {
        return approve_op_words(op);
    }
    return WORDS("操作", "The act");
}

static str said_words(struct visit *v)
{
    const struct type *t = model_type(v->model, v->seg[0]);
    str key = visit_param(v, STR("done"));
    const struct action *a = t && key.len ? tdef_action(t->newest, key) : NULL;
    if (!key.len) {
        return STR("");
    }
    str name = words_in(a ? a->words : note_words(key), v->ctx.lang);
    return v->ctx.lang == LANG_EN ? str_fmt(v->ctx.arena, "%.*s: done.", STR_ARG(name))
                                  : str_fmt(v->ctx.arena, "已完成：%.*s。", STR_ARG(name));
}

static void fill(struct visit *v, const struct type *t, const struct record_view *r,
                 struct record_page *p)
{
    const struct law *law = r->rec.def->law;
    bool reads = v->ctx.reading.on;
    *p = (struct record_page){
        .visit = v,
        .visit_type = t,
        .organisation = v->app->organisation,
        .type = t->key,
        .type_title = words_in(t->newest->title, v->ctx.lang),
        .number = r->rec.number,
        .name = r->rec.name,
        .csrf = v->session.csrf,
        .key = str_fmt(v->ctx.arena, "%llx",
                       (unsigned long long)v->x->req.id ^ (unsigned long long)v->ctx.now << 16),
        .said = said_words(v),
        .id = r->rec.id,
        .law_version = law->version,
        .law_key = law->reg->key,
        .law_title = words_in(law->title, v->ctx.lang),
        .created_at = r->rec.created_at,
        .steps_left = r->steps_left,
        .hold = r->hold,
        .own = {r->own, reads ? 0 : r->nown},
        .reads = reads,
        .last_seq = r->nactivities ? r->activities[0].seq : 0,
        .older = r->more_activities ? r->activities[r->nactivities - 1].id : 0,
        .state = r->rec.state,
        .creator = &r->rec.creator,
        .unit = t->newest->unit_field ? arena_new(v->ctx.arena, struct record_ref) : &r->rec.unit,
        .watching = r->watching,
        .sticks = t->newest->newest && r->rec.number.len,
        .can_label = !reads && (t->newest->has & HAS_LABEL) != 0,
        .can_watch = !reads && (t->newest->has & HAS_WATCHERS) != 0,
        .watch_action = r->watching ? STR("unwatch") : STR("watch"),
        .has_files = (t->newest->has & HAS_ATTACHMENTS) != 0,
        .has_comments = !reads && (t->newest->has & HAS_COMMENTS) != 0,
        .labels = {r->labels, r->nlabels},
        .watchers = {r->watchers, r->nwatchers},
        .person = v->model->person->key,
    };
    p->activities.ptr = r->activities;
    p->activities.len = r->nactivities;
    p->files.ptr = r->attachments;
    p->files.len = r->nattachments;
    p->relations.ptr = r->relations;
    p->relations.len = r->nrelations;
    if (r->approvals) {
        struct approve_card *card = arena_new(v->ctx.arena, struct approve_card);
        *card = approve_card_of(v, t, r->rec.id, &r->approvals->ptr[0], false);
        card->printing = visit_param(v, STR("print")).len > 0;
        p->approval = card;
    }
    put_fields(v, r, p);
    put_steps(v, r, p);
    put_actions(v, r, p);
    put_clocks(v, r, p);
    put_parts(v, r, p);
}

/* The controls that it does not keep, with the items of standards behind them. */
static err put_breaks(struct visit *v, const struct control_ask *ask, const struct record_view *r,
                      struct record_page *p)
{
    struct control_break *list;
    size_t n;
    err e = control_breaks_read(&v->ctx, ask, r->rec.def->law->version, &list, &n);
    if (e.code) {
        return e;
    }
    struct record_break *lines = arena_array(v->ctx.arena, struct record_break, n + 1);
    for (size_t i = 0; i < n; i++) {
        bool grace = list[i].row.grace_at > v->ctx.now;
        lines[i] = (struct record_break){
            .of = &list[i],
            .class = list[i].row.reason && !grace && !list[i].row.waived ? STR("bad") : STR("wait"),
            .words = !list[i].row.reason  ? WORDS("无法判断", "unknown")
                     : list[i].row.waived ? WORDS("有例外", "waived")
                     : grace              ? WORDS("宽限中", "in grace")
                                          : WORDS("不符合", "not kept"),
            .ask = control_may_ask(v) && list[i].row.reason && !list[i].row.waived,
            .items = clause_items(v->ctx.arena, list[i].control->newest->clause)};
    }
    p->breaks.ptr = lines;
    p->breaks.len = n;
    return OK;
}

/* At the clauses whose controls it does not keep: to ask for a waiver, as beside the article. */
static struct frame_asks asks_of(struct visit *v, const struct record_page *p)
{
    struct frame_ask *list = arena_array(v->ctx.arena, struct frame_ask, p->breaks.len + 1);
    struct frame_asks ret = {list, 0};
    for (size_t i = 0; i < p->breaks.len; i++) {
        const struct control *c = p->breaks.ptr[i].of->control;
        if (p->breaks.ptr[i].ask) {
            list[ret.len++] = (struct frame_ask){
                .clause = c->newest->clause,
                .words = control_asking(v)->words,
                .of = c->newest->words,
                .type = v->model->waiver->key,
                .about =
                    p->number.len ? p->number : str_fmt(v->ctx.arena, "%lld", (long long)p->id),
                .control = c->key};
        }
    }
    return ret;
}

void page_record(struct visit *v)
{
    const struct type *t = model_type(v->model, v->seg[0]);
    if (!t) {
        visit_error(v, err_make(ERR_NOT_FOUND, STR("type")));
        return;
    }
    struct record_view r;
    struct post_ask post = {0};
    if (t == v->model->person) { /* who may make accounts is shown the way there */
        post = post_held_ask(&v->ctx, POSITION_ADMINISTRATOR);
        if (post.batch) {
            batch_ride(post.batch);
        }
    }
    struct control_ask broken = control_breaks_ask(&v->ctx, t, v->num[1]);
    if (broken.batch) {
        batch_ride(broken.batch);
    }
    err e = record_view(&v->ctx, t, v->num[1], &r);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct record_page p;
    fill(v, t, &r, &p);
    e = put_breaks(v, &broken, &r, &p);
    e = e.code ? e : draw_show(v, &r.rec, &p.draw);
    e = e.code ? e : erase_show(v, t, r.rec.id, &p.erase);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    str here = str_fmt(v->ctx.arena, "/r/%.*s/%lld", STR_ARG(t->key), (long long)r.rec.id);
    p.newest = r.nactivities ? r.activities[0].id : 0;
    p.here = url_local(here);
    p.live = str_fmt(v->ctx.arena, "%.*s/live", STR_ARG(here));
    e = post_held_read(&post, &p.account);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    p.printing = visit_param(v, STR("print")).len > 0;
    if (p.printing) {
        p.qr = show_qr(v, str_fmt(v->ctx.arena, "%.*s/r/%.*s/%lld", STR_ARG(v->app->public_url),
                                  STR_ARG(t->key), (long long)r.rec.id));
    }
    struct frame f;
    struct html out =
        frame_begin(v, &f, str_fmt(v->ctx.arena, "%.*s %.*s", STR_ARG(p.number), STR_ARG(p.name)),
                    STR("records"));
    f.asks = asks_of(v, &p);
    record_page_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

void page_record_activity(struct visit *v)
{
    const struct type *t = model_type(v->model, v->seg[0]);
    int64_t before = 0;
    if (!t || !str_to_i64(visit_param(v, STR("before")), &before)) {
        visit_error(v, err_make(ERR_NOT_FOUND, STR("type or before")));
        return;
    }
    struct record rec;
    struct activity *list;
    size_t n;
    bool more;
    err e = record_activities(&v->ctx, t, v->num[1], before, &rec, &list, &n, &more);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct record_page p = {.visit = v,
                            .type = t->key,
                            .type_title = words_in(t->newest->title, v->ctx.lang),
                            .number = rec.number,
                            .name = rec.name,
                            .id = rec.id,
                            .older = more && n ? list[n - 1].id : 0};
    p.activities.ptr = list;
    p.activities.len = n;
    struct frame f;
    struct html out =
        frame_begin(v, &f, frame_title(v, WORDS("动态", "Activity"), rec.name), STR("records"));
    record_activity_page_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

/* --- built-in acts: comment, attach, watch, label ----------------------------- */

static void note_done(struct visit *v)
{
    if (v->act.result.code) {
        visit_error(v, v->act.result);
        return;
    }
    visit_redirect(v, str_fmt(v->ctx.arena, "/r/%.*s/%lld?done=%.*s#activity", STR_ARG(v->seg[0]),
                              (long long)v->num[1], STR_ARG(v->act.action)));
}

static bool note_allowed(str action)
{
    static const char *const names[] = {"comment", "attach",  "detach", "watch",      "unwatch",
                                        "label",   "unlabel", "sign",   "finish_task"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_eq(action, str_from(names[i]))) {
            return true;
        }
    }
    return false;
}

void page_record_note(struct visit *v)
{
    str action = v->seg[2];
    if (!note_allowed(action) || !model_type(v->model, v->seg[0])) {
        visit_error(v, err_make(ERR_NOT_FOUND, STR("note")));
        return;
    }
    size_t n = v->x->req.files.len;
    struct act_file *files = arena_array(v->ctx.arena, struct act_file, n + 1);
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        const struct http_file *f = &v->x->req.files.ptr[i];
        if (f->bytes.len) {
            files[used++] =
                (struct act_file){.name = f->filename, .mime = f->type, .bytes = f->bytes};
        }
    }
    const char *takes = str_eq(action, STR("finish_task")) ? "task"
                        : str_eq(action, STR("detach"))    ? "attachment"
                        : str_eq(action, STR("watch"))     ? "person"
                                                           : "label";
    struct value_in *label = arena_new(v->ctx.arena, struct value_in);
    *label = (struct value_in){.field = str_from(takes), .text = visit_param(v, str_from(takes))};
    v->act = (struct act){.type = v->seg[0],
                          .record = v->num[1],
                          .action = action,
                          .note = visit_param(v, STR("note")),
                          .files = files,
                          .nfiles = used,
                          .values = label,
                          .nvalues = label->text.len ? 1 : 0,
                          .key = visit_param(v, STR("key"))};
    visit_submit(v, note_done);
}
