/* approve_form_page.c - one page for each operation on an approval: what is decided on, what
 * is asked, and the act that comes of it. */
#include "base/arena.h"
#include "engine/phrase.h"
#include "page/approve_page.h"
#include "page/page.h"

#include "gen/approve.html.h"

enum { PEOPLE_INPUTS = 3, PEOPLE_MAX = 50, VALUES_MAX = 10 };

/* --- what each operation asks ------------------------------------------------------------- */

enum { NOTE = 1, MUST = 2, BAD = 4, PEOPLE = 8, PERSON = 16 };

static const struct asks {
    enum approve_op op;
    unsigned how;
    struct words ask;
} asks[] = {
    {APPROVE_VOTE, NOTE, WORDS_INIT("", "")},
    {APPROVE_ADD, NOTE | MUST | PEOPLE,
     WORDS_INIT("请别人一同审批。前加签：他们先表态，您看过再决定；并加签：与您一起计票；后加签："
                "您现在同意，还须他们同意。",
                "Ask others to decide as well.  Before: they vote first, then you decide.  Beside: "
                "they are counted with you.  After: you approve now, and they must agree, too.")},
    {APPROVE_CANCEL_ADD, 0,
     WORDS_INIT("收回前加签，由您直接决定。加签的人还没有表态时才可以。",
                "Those added are no longer asked and you decide.  Only while none of them has "
                "voted.")},
    {APPROVE_TRANSFER, NOTE | MUST | PERSON,
     WORDS_INIT("席位连同时限从此归他，不再回到您这里。",
                "The seat and its term are theirs from now on; it does not come back.")},
    {APPROVE_ASK, NOTE | MUST | PERSON,
     WORDS_INIT("请人提供意见，席位仍是您的：收到答复后由您决定，时限照常计算。",
                "Somebody gives you advice; the seat stays yours.  You decide when the answer is "
                "there, and the term runs on.")},
    {APPROVE_ADVISE, NOTE | MUST,
     WORDS_INIT("您的答复会附在席位上，由征询您的人决定。",
                "Your answer is put to the seat; whoever asked you decides.")},
    {APPROVE_ASK_END, 0,
     WORDS_INIT("不再等答复，由您直接决定。", "No answer is waited for; you decide.")},
    {APPROVE_RETURN, NOTE | MUST | BAD,
     WORDS_INIT("停止本环节的计票，退回后重新审批。已有的意见保留可见，但不再有效。",
                "The count of this node stops and it goes back to be decided again.  Opinions "
                "given stay to be read, but count no more.")},
    {APPROVE_TAKE_BACK, 0,
     WORDS_INIT("您的意见作废（仍可见），席位重新等您决定。",
                "Your vote is void (it stays to be read) and the seat waits for you again.")},
    {APPROVE_REMOVE, NOTE | MUST | BAD,
     WORDS_INIT("此人不再参加本环节的审批；已表态的不能移除。",
                "That person takes no more part in this node; who has voted cannot be removed.")},
    {APPROVE_URGE, 0,
     WORDS_INIT("提醒他尽快决定；不改变时限。同一席位四小时内只催一次，从第三次起同时告知其上级。",
                "A reminder; no term changes.  Once in four hours for a seat; from the third on "
                "the superior is told as well.")},
    {APPROVE_WITHDRAW, NOTE | BAD,
     WORDS_INIT("停止审批，退回给您修改；可以再次提交，从头审批。",
                "The approval stops and it comes back to you; you can submit it again.")},
    {APPROVE_COPY, PEOPLE,
     WORDS_INIT("抄送给人阅知，不影响审批；他们须能查看这条记录。",
                "They can read it and have no part in the decision; they must be allowed to see "
                "this record.")},
    {APPROVE_READ, 0, WORDS_INIT("记下您已阅读本轮内容。", "It is noted that you have read it.")},
    {APPROVE_PLACE, PERSON,
     WORDS_INIT("本环节无人可审批，由您指定一人。",
                "Nobody could be seated here: you name somebody.")},
    {APPROVE_JUMP_ASK, NOTE | MUST | BAD,
     WORDS_INIT("越过或重来某个环节，须两名管理员：您提议，另一名在一天之内确认同一个环节。",
                "To skip or repeat a node takes two administrators: you propose, another confirms "
                "the same node within a day.")},
    {APPROVE_JUMP, BAD,
     WORDS_INIT("另一名管理员已提议跳转。选择同一个环节，确认后当前环节终止。",
                "Another administrator has proposed to move it on.  Choose the same node; the "
                "one that runs ends.")},
    {APPROVE_SUSPEND, NOTE | MUST | BAD,
     WORDS_INIT("所有席位停办，时限停止计算，直到恢复。",
                "Nobody can decide and no term runs until it is resumed.")},
    {APPROVE_RESUME, 0, WORDS_INIT("席位继续办理，时限接着计算。", "Seats and terms go on.")},
    {APPROVE_END, NOTE | MUST | BAD,
     WORDS_INIT("审批到此为止，所有席位关闭，不能再恢复。",
                "The approval is over, all seats are closed; it cannot be taken up again.")},
    {APPROVE_RETRY, 0,
     WORDS_INIT("再执行一次审批通过后应做的操作。",
                "What was approved and could not be carried out is tried again.")},
};

static const struct asks *asks_of(enum approve_op op)
{
    for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
        if (asks[i].op == op) {
            return &asks[i];
        }
    }
    return &asks[0];
}

static struct approve_choices choices(struct visit *v, const struct approve_choice *from, size_t n,
                                      str name, str or_else)
{
    struct approve_choice *list = arena_array(v->ctx.arena, struct approve_choice, n + 1);
    str typed = visit_param(v, name);
    for (size_t i = 0; i < n; i++) {
        list[i] = from[i];
        list[i].on = str_eq(from[i].value, typed.len ? typed : or_else);
    }
    return (struct approve_choices){list, n};
}

/* One's own common phrases, or the usual ones; without them the page is whole as well. */
static void put_phrases(struct visit *v, struct approve_form *p)
{
    struct phrases own;
    struct approve_choice list[PHRASES_MAX] = {0};
    if (phrases_get(&v->ctx, &own).code) {
        return;
    }
    for (size_t i = 0; i < own.n; i++) {
        list[i] =
            (struct approve_choice){.value = own.text[i], .words = {own.text[i], own.text[i]}};
    }
    p->phrases = choices(v, list, own.n, STR("phrase"), STR(""));
}

static void put_votes(struct visit *v, struct approve_form *p)
{
    static const struct approve_choice votes[] = {
        {{"approve", 7}, WORDS_INIT("同意", "Approve"), WORDS_INIT("", ""), false},
        {{"reject", 6}, WORDS_INIT("拒绝", "Reject"), WORDS_INIT("", ""), false},
        {{"abstain", 7}, WORDS_INIT("弃权", "Abstain"), WORDS_INIT("", ""), false}};
    p->votes = choices(v, votes, 3, STR("vote"), STR(""));
    put_phrases(v, p);
    if (p->run) {
        p->wants_sign = p->run->node->signature;
        p->must_note = p->run->node->opinion == OPINION_MUST;
        p->refusal_note = p->run->node->opinion == OPINION_REFUSAL;
    }
    p->note_words = words_in(WORDS("意见", "Opinion"), v->ctx.lang);
}

static void put_places(struct visit *v, struct approve_form *p)
{
    static const struct approve_choice places[] = {
        {{"before", 6},
         WORDS_INIT("前加签", "Before me"),
         WORDS_INIT("他们先表态，之后由您决定。", "They vote first, then you decide."),
         false},
        {{"beside", 6},
         WORDS_INIT("并加签", "Beside me"),
         WORDS_INIT("与您同在本环节，按本环节的规则计票。",
                    "In this node with you, counted by its rule."),
         false},
        {{"after", 5},
         WORDS_INIT("后加签", "After me"),
         WORDS_INIT("您现在即表示同意，他们也同意才通过。",
                    "You approve now; it passes once they agree, too."),
         false}};
    static const struct approve_choice rules[] = {
        {{"all", 3}, WORDS_INIT("全部同意", "All must agree"), WORDS_INIT("", ""), false},
        {{"any", 3}, WORDS_INIT("一人同意即可", "One is enough"), WORDS_INIT("", ""), false},
        {{"order", 5}, WORDS_INIT("依次", "One after the other"), WORDS_INIT("", ""), false}};
    struct approve_choice list[3];
    bool may[] = {p->seat && p->seat->before, p->seat && p->seat->beside,
                  p->seat && p->seat->after};
    size_t n = 0;
    for (size_t i = 0; i < 3; i++) {
        if (may[i]) {
            list[n++] = places[i];
        }
    }
    p->places = choices(v, list, n, STR("where"), n ? list[0].value : STR(""));
    p->rules = choices(v, rules, 3, STR("rule"), STR("all"));
}

static struct words target_hint(const struct approve_target *t, bool first)
{
    return t->node == TO_AUTHOR ? WORDS("可以修改后重新提交，作为新的一轮。",
                                        "May change it and submit it again, as a new round.")
           : first              ? WORDS("上一环节，重新审批；内容不变。",
                                        "The node before, which decides again; the content stays.")
                                : (struct words){0};
}

/* The node that passed last comes first. */
static void put_targets(struct visit *v, struct approve_form *p)
{
    int n = p->view->ntargets;
    struct approve_choice *list = arena_array(v->ctx.arena, struct approve_choice, (size_t)n + 1);
    for (int i = 0; i < n; i++) {
        list[i] = (struct approve_choice){.value = p->view->targets[i].key,
                                          .words = p->view->targets[i].words,
                                          .hint = target_hint(&p->view->targets[i], i == 0)};
    }
    p->targets = choices(v, list, (size_t)n, STR("node"), STR("author"));
}

/* Where administrators may move it: any node, or the end. */
static void put_jumps(struct visit *v, struct approve_form *p)
{
    const struct route *route = p->view->action->route;
    int n = route->plan.n;
    struct approve_choice *list = arena_array(v->ctx.arena, struct approve_choice, (size_t)n + 2);
    for (int i = 0; i <= n; i++) {
        list[i] = (struct approve_choice){
            .value = str_fmt(v->ctx.arena, "%d", i + 1),
            .words = i < n ? approve_title_words(v->ctx.arena, route, i)
                           : WORDS("结束：视为全部通过", "The end: all is approved")};
    }
    p->targets = choices(v, list, (size_t)n + 1, STR("node"), STR(""));
}

/* What was typed, with some empty inputs behind it. */
static void put_people(struct visit *v, struct approve_form *p)
{
    str name = p->wants_people ? STR("people") : STR("person");
    str *list = arena_array(v->ctx.arena, str, PEOPLE_MAX + PEOPLE_INPUTS);
    size_t n = 0;
    for (size_t i = 0; i < v->x->req.form.len && n < PEOPLE_MAX; i++) {
        const struct http_param *x = &v->x->req.form.ptr[i];
        if (str_eq(x->name, name) && str_trim(x->value).len) {
            list[n++] = x->value;
        }
    }
    size_t shown = p->wants_people ? (n < PEOPLE_INPUTS ? PEOPLE_INPUTS : n + 1) : 1;
    p->people = (struct str_list){list, shown};
}

static void put_asked(struct visit *v, struct approve_form *p)
{
    const struct asks *a = asks_of(p->op);
    p->ask = a->ask;
    p->bad = (a->how & BAD) != 0;
    p->wants_note = (a->how & NOTE) != 0;
    p->must_note = (a->how & MUST) != 0;
    p->wants_people = (a->how & PEOPLE) != 0;
    p->wants_person = (a->how & PERSON) != 0;
    p->wants_restart = p->op == APPROVE_TRANSFER;
    p->restart = visit_param(v, STR("restart")).len > 0;
    p->note = visit_param(v, STR("note"));
    p->signature = visit_param(v, STR("signature"));
    p->drawn = visit_param(v, STR("drawn"));
    p->note_words = words_in(p->op == APPROVE_ADVISE ? WORDS("答复", "Answer")
                             : p->must_note          ? WORDS("理由", "Reason")
                                                     : WORDS("说明", "Remark"),
                             v->ctx.lang);
    put_people(v, p);
    if (p->op == APPROVE_VOTE) {
        put_votes(v, p);
    } else if (p->op == APPROVE_ADD) {
        put_places(v, p);
    } else if (p->op == APPROVE_RETURN) {
        put_targets(v, p);
    } else if (p->op == APPROVE_JUMP_ASK || p->op == APPROVE_JUMP) {
        put_jumps(v, p);
    }
}

/* --- which seat ------------------------------------------------------------------------------ */

static bool seat_in_round(const struct approve_round_view *r, int64_t id, struct approve_form *p)
{
    for (int i = 0; i < r->nruns; i++) {
        for (int k = 0; k < r->runs[i].nseats; k++) {
            if (r->runs[i].seats[k].id == id) {
                p->round = r;
                p->run = &r->runs[i];
                p->seat = &r->runs[i].seats[k];
                return true;
            }
        }
    }
    return false;
}

/* The seat of the address, else one's own that is open. */
static bool find_seat(const struct approve_views *views, int64_t seat, struct approve_form *p)
{
    for (size_t i = 0; i < views->len; i++) {
        const struct approve_view *v = &views->ptr[i];
        int64_t id = seat ? seat : v->own ? v->own->id : 0;
        for (int k = 0; id && k < v->nrounds; k++) {
            if (seat_in_round(&v->rounds[k], id, p)) {
                p->view = v;
                return true;
            }
        }
    }
    return false;
}

static err find(struct visit *v, enum approve_op op, struct approve_form *p,
                struct approve_card *card)
{
    const struct type *t = model_type(v->model, v->seg[0]);
    struct record rec;
    struct approve_views views;
    err e = t ? approve_views(&v->ctx, t, v->num[1], 5, &rec, &views)
              : err_make(ERR_NOT_FOUND, STR("type"));
    if (e.code) {
        return e;
    }
    int64_t seat = 0;
    if (!str_to_i64(visit_param(v, STR("seat")), &seat)) {
        seat = 0;
    }
    *p = (struct approve_form){.visit = v,
                               .type = t->key,
                               .type_title = words_in(t->newest->title, v->ctx.lang),
                               .number = rec.number,
                               .name = rec.name.len ? rec.name : rec.number,
                               .id = rec.id,
                               .op = op,
                               .op_key = approve_op_key(op),
                               .person_type = v->model->person->key};
    p->view = views.len ? &views.ptr[0] : NULL;
    bool found = approve_op_has_seat(op) ? find_seat(&views, seat, p) : views.len > 0;
    if (!found) {
        return err_make(ERR_NOT_FOUND, STR("approval"));
    }
    if (!approve_op_has_seat(op)) {
        p->round = p->view->nrounds ? &p->view->rounds[0] : NULL;
    }
    *card = approve_card_of(v, t, rec.id, p->view, true);
    card->printing = true; /* beside a form no other one is offered */
    p->card = card;
    return op == APPROVE_VOTE ? erase_show(v, t, rec.id, &p->erase) : OK;
}

/* --- the page ------------------------------------------------------------------------------ */

static void render(struct visit *v, struct approve_form *p, int status)
{
    str key = visit_param(v, STR("key"));
    str base = str_fmt(v->ctx.arena, "/r/%.*s/%lld", STR_ARG(p->type), (long long)p->id);
    p->title = approve_op_words(p->op);
    p->button = p->op == APPROVE_VOTE ? WORDS("提交决定", "Submit the decision") : p->title;
    p->csrf = v->session.csrf;
    p->key = key.len
                 ? key
                 : str_fmt(v->ctx.arena, "%llx",
                           (unsigned long long)v->x->req.id ^ (unsigned long long)v->ctx.now << 16);
    p->clause = p->run ? p->run->clause : p->view->action->clause;
    p->target =
        url_local(str_fmt(v->ctx.arena, "%.*s/approval/%.*s", STR_ARG(base), STR_ARG(p->op_key)));
    p->back = url_local(base);
    p->opened = !p->seat || p->seat->seat->viewed || p->seat->seat->state != SEAT_OPEN ||
                p->seat->seat->actor != v->ctx.actor;
    put_asked(v, p);
    str of = p->number.len ? p->number : p->name;
    str title = frame_title(v, p->title, of);
    struct frame f;
    struct html out = frame_begin(
        v, &f, status < 400 ? title : frame_title(v, WORDS("请更正", "Please correct"), title),
        STR("records"));
    approve_form_html(&out, p);
    frame_end(v, &f, &out, status);
}

/* An address out of the inbox says "vote"; what is really waited for may be advice, that it
 * is submitted anew, or nothing any more. */
static void go_where_needed(struct visit *v, const struct approve_form *p)
{
    const struct approve_view *a = p->view;
    bool advises = p->seat && approve_may(p->seat->may, APPROVE_ADVISE);
    bool submits = a && approve_may(a->may, APPROVE_RESUBMIT);
    str tail = advises   ? str_fmt(v->ctx.arena, "/advise?seat=%lld", (long long)p->seat->id)
               : submits ? STR("/resubmit")
                         : STR("");
    visit_redirect(v, str_fmt(v->ctx.arena, "/r/%.*s/%lld/approval%.*s", STR_ARG(v->seg[0]),
                              (long long)v->num[1], STR_ARG(tail)));
}

void page_approval_form(struct visit *v)
{
    struct approve_form p = {0};
    struct approve_card card;
    enum approve_op op = APPROVE_VOTE;
    bool known = approve_op_find(v->seg[2], &op) && op != APPROVE_RESUBMIT;
    err e = known ? find(v, op, &p, &card) : err_make(ERR_NOT_FOUND, STR("operation"));
    bool advises = p.seat && approve_may(p.seat->may, APPROVE_ADVISE);
    if (known && op == APPROVE_VOTE && p.id && (e.code == ERR_NOT_FOUND || advises)) {
        go_where_needed(v, &p);
    } else if (e.code) {
        visit_error(v, e);
    } else {
        render(v, &p, 200);
    }
}

/* --- the act ------------------------------------------------------------------------------- */

static void refused(struct visit *v, err e)
{
    struct approve_form p;
    struct approve_card card;
    enum approve_op op;
    bool again = e.code == ERR_RULE || e.code == ERR_VALUE || e.code == ERR_DENIED ||
                 e.code == ERR_INVALID || e.code == ERR_STALE || e.code == ERR_CONFLICT;
    err e2 = again && approve_op_find(v->seg[2], &op) ? find(v, op, &p, &card)
                                                      : err_make(ERR_NOT_FOUND, STR("approval"));
    if (e2.code) {
        visit_error(v, e);
        return;
    }
    p.refusal = e.why;
    p.error = e.why ? (struct words){0} : err_words(e.code);
    render(v, &p, err_http(e.code));
}

static void done(struct visit *v)
{
    if (v->act.result.code) {
        refused(v, v->act.result);
        return;
    }
    visit_redirect(v, str_fmt(v->ctx.arena, "/r/%.*s/%lld?done=%.*s#approval", STR_ARG(v->seg[0]),
                              (long long)v->num[1], STR_ARG(v->act.action)));
}

/* A page with scripts tells it by itself and stays; without, a button does. */
static void opened(struct visit *v)
{
    if (!visit_is_htmx(v)) {
        if (v->act.result.code) {
            visit_error(v, v->act.result);
        } else {
            visit_redirect(v, STR("/inbox"));
        }
        return;
    }
    visit_html(v, v->act.result.code ? err_http(v->act.result.code) : 200, STR(""));
}

static void put_value(struct value_in *list, size_t *n, const char *field, str text)
{
    if (text.len) {
        list[(*n)++] = (struct value_in){.field = str_from(field), .text = text};
    }
}

static void put_people_value(struct visit *v, enum approve_op op, struct value_in *list, size_t *n)
{
    str *items = arena_array(v->ctx.arena, str, PEOPLE_MAX);
    size_t count = 0;
    for (size_t i = 0; i < v->x->req.form.len && count < PEOPLE_MAX; i++) {
        const struct http_param *x = &v->x->req.form.ptr[i];
        if (str_eq(x->name, STR("people")) && str_trim(x->value).len) {
            items[count++] = str_trim(x->value);
        }
    }
    if (count) {
        list[(*n)++] = (struct value_in){.field = op == APPROVE_ADD ? STR("people") : STR("person"),
                                         .items = items,
                                         .nitems = count};
    }
}

/* What is said: a common phrase, and what was typed behind it. */
static str note_of(struct visit *v)
{
    str phrase = visit_param(v, STR("phrase"));
    str note = str_trim(visit_param(v, STR("note")));
    return !phrase.len ? note
           : !note.len ? phrase
                       : str_fmt(v->ctx.arena, "%.*s %.*s", STR_ARG(phrase), STR_ARG(note));
}

void page_approval_post(struct visit *v)
{
    enum approve_op op = APPROVE_VOTE;
    bool view = str_eq(v->seg[2], STR("view"));
    bool known = approve_op_find(v->seg[2], &op) && op != APPROVE_RESUBMIT;
    if ((!view && !known) || !model_type(v->model, v->seg[0])) {
        visit_error(v, err_make(ERR_NOT_FOUND, STR("operation")));
        return;
    }
    struct value_in *list = arena_array(v->ctx.arena, struct value_in, VALUES_MAX);
    size_t n = 0;
    static const char *const plain[] = {"seat", "vote", "where", "rule", "node", "restart"};
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        put_value(list, &n, plain[i], visit_param(v, str_from(plain[i])));
    }
    if (op == APPROVE_VOTE || op == APPROVE_ADD) {
        str drawn = visit_param(v, STR("drawn"));
        put_value(list, &n, "hash", visit_param(v, STR("hash")));
        put_value(list, &n, "signature", drawn.len ? drawn : visit_param(v, STR("signature")));
    }
    put_value(list, &n, "person", str_trim(visit_param(v, STR("person"))));
    put_people_value(v, op, list, &n);
    v->act = (struct act){.type = v->seg[0],
                          .record = v->num[1],
                          .action = str_fmt(v->ctx.arena, "approve.%.*s", STR_ARG(v->seg[2])),
                          .note = view ? STR("") : note_of(v),
                          .values = list,
                          .nvalues = n,
                          .key = visit_param(v, STR("key"))};
    visit_submit(v, view ? opened : done);
}
