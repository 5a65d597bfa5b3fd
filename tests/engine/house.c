#include "house.h"

#include "engine/verify.h"

#include <string.h>

static const char town[] =
    "regulation: town\n"
    "title: {zh: 组织, en: Town}\n"
    "owner: keeper\n"
    "posts:\n"
    "  keeper: {zh: 管理员, en: Keeper}\n"
    "settings:\n"
    "  town.positions:\n"
    "    type: list\n"
    "    clause: c\n"
    "    zh: 岗位\n"
    "    en: Positions\n"
    "    default:\n"
    "      head: {zh: 负责人, en: Head}\n"
    "      leader: {zh: 领导, en: Leader}\n"
    "      keeper: {zh: 管理员, en: Keeper}\n"
    "      auditor: {zh: 审计员, en: Auditor}\n"
    "      administrator: {zh: 系统管理员, en: Administrator}\n"
    "  calendar.week: {type: text, default: 1 2 3 4 5, clause: c, zh: 周, en: Week}\n"
    "  calendar.hours: {type: text, default: \"08:30-12:00 13:30-17:30\", clause: c, zh: 时, en: "
    "Hours}\n"
    "  calendar.zone: {type: text, default: \"+08:00\", clause: c, zh: 区, en: Zone}\n"
    "types:\n"
    "  unit:\n"
    "    title: {zh: 部门, en: Unit}\n"
    "    follows: newest\n"
    "    name: \"{title}\"\n"
    "    see: everyone\n"
    "    fields:\n"
    "      title: {type: text, max: 100, zh: 名称, en: Name}\n"
    "      parent: {type: unit, zh: 上级, en: Parent}\n"
    "    states:\n"
    "      active: {zh: 在用, en: Active}\n"
    "      closed: {zh: 已撤销, en: Closed, final: true}\n"
    "    actions:\n"
    "      close: {from: active, to: closed, who: everyone, clause: c, zh: 撤销, en: Close}\n"
    "      open: {to: active, who: everyone, asks: [title], may: [parent], clause: c, zh: 设立, "
    "en: "
    "Open}\n"
    "      move: {from: active, who: everyone, may: [parent], clause: c, zh: 调整, en: Move}\n"
    "  person:\n"
    "    title: {zh: 人员, en: Person}\n"
    "    follows: newest\n"
    "    name: \"{full_name}\"\n"
    "    unit: unit\n"
    "    see: everyone\n"
    "    fields:\n"
    "      full_name: {type: text, max: 60, zh: 姓名, en: Name}\n"
    "      login: {type: text, max: 60, unique: true, zh: 登录名, en: Login, clause: c}\n"
    "      unit: {type: unit, zh: 部门, en: Unit}\n"
    "    states:\n"
    "      active: {zh: 在岗, en: Active}\n"
    "      left: {zh: 离职, en: Left}\n"
    "    actions:\n"
    "      add: {to: active, who: everyone, asks: [full_name, unit], may: [login], clause: c, zh: "
    "登记, en: Add}\n"
    "      transfer: {from: active, who: everyone, asks: [unit], clause: c, zh: 调动, en: "
    "Transfer}\n"
    "      leave: {from: active, to: left, who: everyone, clause: c, zh: 离职, en: Leave}\n"
    "  post:\n"
    "    title: {zh: 任职, en: Appointment}\n"
    "    follows: newest\n"
    "    name: \"{person.name} {position}\"\n"
    "    unit: unit\n"
    "    see: everyone\n"
    "    fields:\n"
    "      person: {type: person, zh: 人, en: Person}\n"
    "      position: {type: choice, of: setting('town.positions'), zh: 岗位, en: Position}\n"
    "      unit: {type: unit, zh: 部门, en: Unit}\n"
    "      of: {type: ref, to: any, zh: 对象, en: For}\n"
    "      starts: {type: date, default: today, zh: 起, en: From}\n"
    "      ends: {type: date, zh: 止, en: Until}\n"
    "    states:\n"
    "      in_force: {zh: 在任, en: In force}\n"
    "      ended: {zh: 已免, en: Ended, final: true}\n"
    "    actions:\n"
    "      appoint: {to: in_force, who: everyone, asks: [person, position, unit, starts], may: "
    "[ends, of], clause: c, zh: 任命, en: Appoint}\n"
    "      end: {from: in_force, to: ended, who: everyone, clause: c, zh: 免任, en: End}\n"
    "  deputy:\n"
    "    title: {zh: 代理, en: Deputy}\n"
    "    follows: newest\n"
    "    name: \"{person.name} {deputy.name}\"\n"
    "    see: everyone\n"
    "    fields:\n"
    "      person: {type: person, default: actor, zh: 人, en: Person}\n"
    "      deputy: {type: person, zh: 代理人, en: Deputy}\n"
    "      starts: {type: date, default: today, zh: 起, en: From}\n"
    "      ends: {type: date, zh: 止, en: Until}\n"
    "    states:\n"
    "      in_force: {zh: 生效, en: In force}\n"
    "      ended: {zh: 终止, en: Ended, final: true}\n"
    "    actions:\n"
    "      name_deputy: {to: in_force, who: everyone, asks: [person, deputy], may: [starts, ends],"
    " clause: c, zh: 指定, en: Name}\n"
    "      end_deputy: {from: in_force, to: ended, who: everyone, clause: c, zh: 终止, en: End}\n"
    "  calendar_day:\n"
    "    title: {zh: 日历, en: Calendar day}\n"
    "    follows: newest\n"
    "    name: \"{day}\"\n"
    "    see: everyone\n"
    "    fields:\n"
    "      day: {type: date, zh: 日期, en: Day}\n"
    "      kind: {type: choice, of: {holiday: {zh: 放假, en: Holiday}, workday: {zh: 上班, en: "
    "Workday}}, zh: 安排, en: Kind}\n"
    "    states:\n"
    "      active: {zh: 有效, en: Active}\n"
    "    actions:\n"
    "      add: {to: active, who: everyone, asks: [day, kind], clause: c, zh: 登记, en: Add}\n";

/* --- making it ---------------------------------------------------------------------------- */

int64_t house_time(void *arg)
{
    (void)arg;
    return HOUSE_NOW;
}

static bool known(const str *ids, size_t n, str id)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(ids[i], id)) {
            return true;
        }
    }
    return false;
}

/* A text with one article for each clause the definition cites. */
static str text_of(struct arena *a, str name, str definition, bool en)
{
    struct buf b = buf_make(a, 1 << 20);
    str ids[200];
    size_t n = 0;
    buf_put_fmt(&b, "---\ntitle: %.*s\n---\n\n", STR_ARG(name));
    for (size_t i = 0; i + 8 < definition.len && n < 200; i++) {
        str rest = str_from_n(definition.ptr + i, definition.len - i);
        if (!str_starts(rest, STR("clause: "))) {
            continue;
        }
        size_t len = 0;
        while (i + 8 + len < definition.len &&
               strchr("abcdefghijklmnopqrstuvwxyz0123456789-_", definition.ptr[i + 8 + len])) {
            len++;
        }
        str id = str_from_n(definition.ptr + i + 8, len);
        if (len && !known(ids, n, id)) {
            ids[n++] = id;
            if (en) {
                buf_put_fmt(&b, "### Article %zu {#%.*s}\n\nThe text of %.*s.\n\n", n, STR_ARG(id),
                            STR_ARG(id));
            } else {
                buf_put_fmt(&b, "### 第%zu条 {#%.*s}\n\n本条内容。\n\n", n, STR_ARG(id));
            }
        }
    }
    return buf_str(&b);
}

struct source house_source(struct arena *a, str definition)
{
    str rest;
    str line = str_cut(definition, '\n', &rest);
    str key;
    str_cut(line, ':', &key);
    str name = str_trim(key);
    return (struct source){.name = name,
                           .text_zh = text_of(a, name, definition, false),
                           .text_en = text_of(a, name, definition, true),
                           .definition = definition,
                           .version = 1};
}

struct source house_town(struct arena *a)
{
    return house_source(a, str_from(town));
}

static int64_t person(struct house *h, const char *name, int64_t unit)
{
    int64_t id = house_create(h, 0, "person", "full_name", name, "login", name, "unit",
                              house_text(h, unit), NULL);
    assert_done(h, id);
    return id;
}

static int64_t unit(struct house *h, const char *title, int64_t parent)
{
    int64_t id = house_create(h, 0, "unit", "title", title, parent ? "parent" : NULL,
                              parent ? house_text(h, parent) : NULL, NULL);
    assert_done(h, id);
    return id;
}

struct house house_make(struct dbs *t, const char *definition)
{
    struct house h = {.t = t, .a = t->life, .now = HOUSE_NOW};
    struct source list[2] = {house_town(h.a)};
    struct sources s = {.ptr = list, .len = 1};
    if (definition) {
        list[s.len++] = house_source(h.a, str_from(definition));
    }
    struct diags d = diags_make(h.a);
    struct engine_options opt = {.url = t->url, .db = t->options, .clock = house_time};
    opt.db.writer = true;
    err e = engine_open_memory(t->life, &s, &opt, &d, &h.e);
    for (size_t i = 0; i < d.len; i++) {
        if (d.errors) {
            str line = diag_print(h.a, &d.ptr[i], LANG_EN);
            print_message("%.*s\n", STR_ARG(line));
        }
    }
    dbs_ok(e);
    h.top = unit(&h, "top", 0);
    h.north = unit(&h, "north", h.top);
    h.south = unit(&h, "south", h.top);
    h.south_1 = unit(&h, "south_1", h.south);
    h.amy = person(&h, "amy", h.north);
    h.bob = person(&h, "bob", h.north);
    h.cat = person(&h, "cat", h.south);
    h.dan = person(&h, "dan", h.south_1);
    h.eve = person(&h, "eve", h.top);
    return h;
}

void house_reopen(struct house *h)
{
    struct engine_options opt = {.url = h->t->url, .db = h->t->options, .clock = house_time};
    engine_stop(h->e);
    dbs_ok(engine_open(h->a, &opt, &h->e));
    dbs_ok(engine_reader(h->e, h->a, &h->reader));
}

const struct model *house_model(struct house *h)
{
    return h->e->current->model; /* held by the engine; nothing is published meanwhile */
}

const struct type *house_type(struct house *h, const char *key)
{
    const struct type *t = model_type(house_model(h), str_from(key));
    assert_non_null(t);
    return t;
}

struct db *house_db(struct house *h)
{
    return h->reader ? h->reader : engine_db(h->e);
}

struct ctx house_ctx(struct house *h, int64_t actor)
{
    return ctx_make(h->e, house_model(h), house_db(h), h->a, h->now, actor, LANG_EN);
}

/* --- acts ----------------------------------------------------------------------------------- */

const char *house_text(struct house *h, int64_t n)
{
    return str_fmt(h->a, "%lld", (long long)n).ptr;
}

err house_act(struct house *h, struct act *act)
{
    struct act *own = arena_new(h->a, struct act); /* what it answers lives as long as it does */
    act->arena = h->a;
    act->now = act->now ? act->now : h->now;
    act->lang = LANG_EN;
    *own = *act;
    h->last = act_call(h->e, own);
    *act = *own;
    h->last_act = act->ret_act;
    return h->last;
}

static int64_t with(struct house *h, struct act *act, va_list list)
{
    struct value_in *vals = arena_array(h->a, struct value_in, 40);
    for (const char *field = va_arg(list, const char *); field;
         field = va_arg(list, const char *)) {
        const char *text = va_arg(list, const char *);
        bool null = strcmp(text, "*") == 0;
        vals[act->nvalues++] = (struct value_in){
            .field = str_from(field), .null = null, .text = null ? STR("") : str_from(text)};
    }
    act->values = vals;
    return house_act(h, act).code ? 0 : act->ret_record;
}

int64_t house_create(struct house *h, int64_t actor, const char *type, ...)
{
    struct act act = {.actor = actor, .type = str_from(type)};
    va_list list;
    va_start(list, type);
    int64_t id = with(h, &act, list);
    va_end(list);
    return id;
}

bool house_do(struct house *h, int64_t actor, const char *type, int64_t record, const char *action,
              ...)
{
    struct act act = {
        .actor = actor, .type = str_from(type), .record = record, .action = str_from(action)};
    va_list list;
    va_start(list, action);
    with(h, &act, list);
    va_end(list);
    return h->last.code == ERR_NONE;
}

int64_t house_appoint(struct house *h, int64_t who, const char *position, int64_t where)
{
    int64_t id = house_create(h, 0, "post", "person", house_text(h, who), "position", position,
                              "unit", house_text(h, where), NULL);
    assert_done(h, id);
    return id;
}

void house_clock(struct house *h, int64_t to)
{
    for (int i = 0; i < 1000; i++) {
        int64_t due = engine_next_due(h->e, house_db(h), h->a);
        if (!due || due > to) {
            break;
        }
        h->now = due > h->now ? due : h->now;
        engine_tick(h->e, h->now);
    }
    h->now = to;
    engine_tick(h->e, to);
}

bool house_refused(struct house *h, const char *clause)
{
    const struct refusal *why = h->last.why;
    return h->last.code && why && why->clause && str_eq(why->clause->id, str_from(clause)) &&
           why->what.zh.len && why->what.en.len;
}

/* --- questions ------------------------------------------------------------------------------- */

int64_t house_i64(struct house *h, struct sql sql, struct db_args args)
{
    return dbs_i64(house_db(h), h->a, sql, args);
}

const char *house_state(struct house *h, const char *type, int64_t record)
{
    const struct type *t = house_type(h, type);
    struct sqlb b = sqlb_make(h->a);
    SQLB_LIT(&b, "select state from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " where id = $1");
    const struct state *s = type_state(t, house_i64(h, sqlb_end(&b), ARGS(db_i64(record))));
    return s ? str_copy(h->a, s->key).ptr : "?";
}

void house_verify(struct house *h)
{
    struct ledger_verify_options opt = {0};
    struct verify_report r;
    dbs_ok(engine_verify(house_db(h), h->a, &opt, &r));
    if (r.bad) {
        fail_msg("not in order: entry %lld %.*s; %.*s %lld: %.*s", (long long)r.ledger.seq,
                 STR_ARG(r.ledger.what.en), STR_ARG(r.table), (long long)r.id, STR_ARG(r.what.en));
    }
}
