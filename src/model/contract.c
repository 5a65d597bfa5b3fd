#include "model/contract.h"

#include "model/diag.h"

/* What a register must have: fields of these types, states of these names. */
struct wanted {
    const char *field;
    enum ftype types[3];
    int ntypes;
    const char *is; /* for the message */
};

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct type *find(const struct model *m, const char *key)
{
    const struct type *t = model_type(m, str_from(key));
    return t && t->newest && !t->lines ? t : NULL;
}

static void check_fields(const struct type *t, const struct wanted *w, size_t n, struct diags *d)
{
    for (size_t i = 0; i < n; i++) {
        const struct field *f = tdef_field(t->newest, str_from(w[i].field));
        bool ok = false;
        for (int j = 0; f && j < w[i].ntypes; j++) {
            ok = ok || f->type == w[i].types[j];
        }
        if (!ok) {
            diag_error(d, f ? f->pos : t->newest->pos,
                       "类型“%.*s”是语言所用的台账，须有字段 %s：%s",
                       "type \"%.*s\" is a register of the language and needs field %s: %s",
                       STR_ARG(t->key), w[i].field, w[i].is);
        }
    }
}

static void check_state(const struct type *t, const char *state, struct diags *d)
{
    if (!tdef_state(t->newest, str_from(state))) {
        diag_error(d, t->newest->pos, "类型“%.*s”是语言所用的台账，须有状态 %s",
                   "type \"%.*s\" is a register of the language and needs state %s",
                   STR_ARG(t->key), state);
    }
    if (!t->newest->newest) {
        diag_error(d, t->newest->pos, "类型“%.*s”是台账，须写 follows: newest",
                   "type \"%.*s\" is a register and needs follows: newest", STR_ARG(t->key));
    }
}

static void check_post(const struct type *t, struct diags *d)
{
    static const struct wanted fields[] = {
        {"person", {F_PERSON}, 1, "person"},
        {"position", {F_CHOICE}, 1, "choice, of: setting('..')"},
        {"unit", {F_UNIT}, 1, "unit"},
        {"of", {F_REF}, 1, "ref"},
        {"starts", {F_DATE}, 1, "date"},
        {"ends", {F_DATE}, 1, "date"},
    };
    check_fields(t, fields, sizeof fields / sizeof fields[0], d);
    check_state(t, "in_force", d);
    const struct field *f = tdef_field(t->newest, STR("position"));
    if (f && f->type == F_CHOICE && !f->list) {
        diag_error(d, f->pos, "字段 position 的选项须来自类型为 list 的设定",
                   "the choices of field position come from a setting of type list");
    }
    const struct field *of = tdef_field(t->newest, STR("of"));
    if (of && of->type == F_REF && of->to) {
        diag_error(d, of->pos, "字段 of 须能指向任何记录（不写 to）",
                   "field of points to any record (no to)");
    }
}

static void check_deputy(const struct type *t, struct diags *d)
{
    static const struct wanted fields[] = {
        {"person", {F_PERSON}, 1, "person"},
        {"deputy", {F_PERSON}, 1, "person"},
        {"starts", {F_DATE}, 1, "date"},
        {"ends", {F_DATE}, 1, "date"},
    };
    check_fields(t, fields, sizeof fields / sizeof fields[0], d);
    check_state(t, "in_force", d);
}

static void check_choices(const struct type *t, const char *field, const char *const *keys,
                          size_t n, struct diags *d)
{
    const struct field *f = tdef_field(t->newest, str_from(field));
    for (size_t i = 0; f && f->type == F_CHOICE && i < n; i++) {
        if (!field_choice(f, str_from(keys[i]))) {
            diag_error(d, f->pos, "字段 %s 的选项须有 %s", "the choices of field %s hold %s", field,
                       keys[i]);
        }
    }
}

/* About one record of whatever type. */
static void check_any(const struct type *t, struct diags *d)
{
    const struct field *f = tdef_field(t->newest, STR("about"));
    if (f && f->type == F_REF && f->to) {
        diag_error(d, f->pos, "字段 about 须能指向任何记录（不写 to）",
                   "field about points to any record (no to)");
    }
}

static void check_finding(const struct type *t, struct diags *d)
{
    static const struct wanted fields[] = {
        {"about", {F_REF}, 1, "ref"},      {"control", {F_TEXT}, 1, "text"},
        {"clause", {F_TEXT}, 1, "text"},   {"severity", {F_CHOICE}, 1, "choice"},
        {"summary", {F_TEXT}, 1, "text"},  {"reason", {F_TEXT}, 1, "text"},
        {"unit", {F_UNIT}, 1, "unit"},     {"due", {F_DATETIME}, 1, "datetime"},
        {"test", {F_CHOICE}, 1, "choice"}, {"entry", {F_INT}, 1, "int"},
    };
    static const char *const severities[] = {"low", "medium", "high", "critical"};
    static const char *const tests[] = {"passed", "failed", "outside"};
    check_fields(t, fields, COUNT(fields), d);
    check_any(t, d);
    check_choices(t, "severity", severities, COUNT(severities), d);
    check_choices(t, "test", tests, COUNT(tests), d);
    if (!t->newest->newest) {
        diag_error(d, t->newest->pos, "类型“%.*s”是台账，须写 follows: newest",
                   "type \"%.*s\" is a register and needs follows: newest", STR_ARG(t->key));
    }
}

static void check_waiver(const struct type *t, struct diags *d)
{
    static const struct wanted fields[] = {
        {"about", {F_REF}, 1, "ref"},    {"control", {F_TEXT}, 1, "text"},
        {"clause", {F_TEXT}, 1, "text"}, {"starts", {F_DATE}, 1, "date"},
        {"ends", {F_DATE}, 1, "date"},
    };
    check_fields(t, fields, COUNT(fields), d);
    check_any(t, d);
    check_state(t, "in_force", d);
    const struct setting *v = law_setting(t->newest->law, STR("waiver.longest"));
    if (!v || v->kind != V_DAYS || v->list || v->null || v->i64 < 1) {
        diag_error(
            d, v ? v->pos : t->newest->pos,
            "定义 waiver 的制度须有类型为 days 的设定 waiver.longest，至少一天：例外总有期限",
            "the regulation that defines waiver needs setting waiver.longest of type days, "
            "one day at least: every waiver ends");
    }
}

static void check_access(const struct type *t, struct diags *d)
{
    static const struct wanted fields[] = {
        {"person", {F_PERSON}, 1, "person"}, {"starts", {F_DATE}, 1, "date"},
        {"ends", {F_DATE}, 1, "date"},       {"since", {F_DATE}, 1, "date"},
        {"until", {F_DATE}, 1, "date"},
    };
    if (!t) {
        return;
    }
    check_fields(t, fields, COUNT(fields), d);
    check_state(t, "in_force", d);
    const struct setting *v = law_setting(t->newest->law, STR("access.longest"));
    if (!v || v->kind != V_DAYS || v->list || v->null || v->i64 < 1) {
        diag_error(
            d, v ? v->pos : t->newest->pos,
            "定义 access 的制度须有类型为 days 的设定 access.longest，至少一天：查阅总有期限",
            "the regulation that defines access needs setting access.longest of type days, "
            "one day at least: every access to read ends");
    }
}

static void check_calendar(const struct type *t, struct diags *d)
{
    static const struct wanted fields[] = {
        {"day", {F_DATE}, 1, "date"},
        {"kind", {F_CHOICE}, 1, "choice, of: [holiday, workday]"},
    };
    static const char *const settings[] = {"calendar.week", "calendar.hours", "calendar.zone"};
    check_fields(t, fields, 2, d);
    check_state(t, "active", d);
    const struct field *f = tdef_field(t->newest, STR("kind"));
    if (f && f->type == F_CHOICE &&
        (!field_choice(f, STR("holiday")) || !field_choice(f, STR("workday")))) {
        diag_error(d, f->pos, "字段 kind 的选项须有 holiday 和 workday",
                   "the choices of field kind hold holiday and workday");
    }
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        const struct setting *v = law_setting(t->newest->law, str_from(settings[i]));
        if (!v || v->kind != V_TEXT || v->list) {
            diag_error(d, t->newest->pos, "定义 calendar_day 的制度须有类型为 text 的设定 %s",
                       "the regulation that defines calendar_day needs setting %s of type text",
                       settings[i]);
        }
    }
}

static void check_action(const struct type *t, const char *action, bool creates, const char *is,
                         struct diags *d)
{
    const struct action *a = tdef_action(t->newest, str_from(action));
    if (!a || a->creates != creates || a->route) {
        diag_error(d, t->newest->pos, "类型“%.*s”是语言所用的台账，须有不经审批的操作 %s（%s）",
                   "type \"%.*s\" is a register of the language and needs action %s, without an "
                   "approval: %s",
                   STR_ARG(t->key), action, is);
    }
}

static void check_attestation(const struct type *t, struct diags *d)
{
    static const struct wanted fields[] = {
        {"control", {F_TEXT}, 1, "text"},    {"question", {F_TEXT}, 1, "text"},
        {"remark", {F_TEXT}, 1, "text"},     {"answer", {F_CHOICE}, 1, "choice"},
        {"person", {F_PERSON}, 1, "person"}, {"due", {F_DATE}, 1, "date"},
    };
    static const char *const keys[] = {"yes", "no", "unknown"};
    check_fields(t, fields, sizeof fields / sizeof fields[0], d);
    check_state(t, "asked", d);
    check_state(t, "answered", d);
    const struct field *f = tdef_field(t->newest, STR("answer"));
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (f && f->type == F_CHOICE && !field_choice(f, str_from(keys[i]))) {
            diag_error(d, f->pos, "字段 answer 的选项须有 %s",
                       "the choices of field answer hold %s", keys[i]);
        }
    }
    check_action(t, "ask", true, "create", d);
    check_action(t, "answer", false, "from: asked", d);
    check_action(t, "withdraw", false, "from: asked", d);
}

static void check_erasing(const struct model *m, struct diags *d)
{
    static const struct wanted erasure[] = {
        {"person", {F_PERSON}, 1, "person"}, {"basis", {F_TEXT}, 1, "text"},
        {"erased", {F_INT}, 1, "int"},       {"entries", {F_INT}, 1, "int"},
        {"held", {F_INT}, 1, "int"},         {"retained", {F_INT}, 1, "int"},
        {"busy", {F_INT}, 1, "int"},
    };
    static const struct wanted hold[] = {{"about", {F_REF}, 1, "ref, to: any"}};
    static const struct wanted mention[] = {
        {"called", {F_TEXT}, 1, "text"}, {"about", {F_REF}, 1, "ref, to: any"},
        {"texts", {F_INT}, 1, "int"},    {"remarks", {F_INT}, 1, "int"},
        {"history", {F_INT}, 1, "int"},  {"entries", {F_INT}, 1, "int"},
    };
    if (m->mention) {
        check_fields(m->mention, mention, sizeof mention / sizeof mention[0], d);
        check_any(m->mention, d);
        check_state(m->mention, "masking", d);
        check_action(m->mention, "enter", true, "create", d);
        check_action(m->mention, "masked", false, "from: masking", d);
        if (!m->erasure || m->mention->part_of != m->erasure) {
            diag_error(d, m->mention->newest->pos, "类型 mention 须写 part_of: erasure",
                       "type mention needs part_of: erasure");
        }
    }
    if (m->erasure) {
        check_fields(m->erasure, erasure, sizeof erasure / sizeof erasure[0], d);
        check_state(m->erasure, "approved", d);
        check_action(m->erasure, "carry_out", false, "from: approved", d);
    }
    if (m->legal_hold) {
        check_fields(m->legal_hold, hold, 1, d);
        check_state(m->legal_hold, "in_force", d);
    }
}

static void check_heartbeat(const struct type *t, struct diags *d)
{
    static const struct wanted fields[] = {{"address", {F_TEXT}, 1, "text"}};
    check_fields(t, fields, 1, d);
    check_state(t, "active", d);
    check_action(t, "issue", false, "from: active", d);
    check_action(t, "revoke", false, "from: active", d);
    const struct field *f = tdef_field(t->newest, STR("address"));
    if (f && !f->unique) {
        diag_error(d, f->pos, "字段 address 须写 unique: true", "field address needs unique: true");
    }
}

static void check_ping(const struct type *beat, const struct type *t, struct diags *d)
{
    static const struct wanted fields[] = {
        {"kind", {F_CHOICE}, 1, "choice"},
        {"exit_status", {F_INT}, 1, "int"},
        {"sender", {F_TEXT}, 1, "text"},
        {"body", {F_TEXT}, 1, "text"},
    };
    static const char *const keys[] = {"success", "start", "fail", "log"};
    check_fields(t, fields, COUNT(fields), d);
    check_choices(t, "kind", keys, COUNT(keys), d);
    check_action(t, "arrive", true, "create", d);
    if (!beat || t->part_of != beat) {
        diag_error(d, t->newest->pos, "类型 ping 须写 part_of: heartbeat",
                   "type ping needs part_of: heartbeat");
    }
}

static void check_duty_run(const struct type *t, struct diags *d)
{
    static const struct wanted fields[] = {
        {"key", {F_TEXT}, 1, "text"},
        {"duty", {F_TEXT}, 1, "text"},
        {"title", {F_TEXT}, 1, "text"},
        {"about", {F_REF}, 1, "ref"},
        {"unit", {F_UNIT}, 1, "unit"},
        {"begins", {F_DATETIME}, 1, "datetime"},
        {"ends", {F_DATETIME}, 1, "datetime"},
        {"due", {F_DATETIME}, 1, "datetime"},
        {"closes", {F_DATETIME}, 1, "datetime"},
        {"skipped", {F_INT}, 1, "int"},
        {"owner", {F_PEOPLE}, 1, "people"},
        {"record", {F_REF}, 1, "ref"},
        {"done_at", {F_DATETIME}, 1, "datetime"},
        {"doer", {F_PERSON}, 1, "person"},
    };
    static const char *const states[] = {"waiting", "missed", "done", "late", "dropped"};
    static const char *const actions[] = {"open", "assign", "met", "miss", "drop"};
    check_fields(t, fields, sizeof fields / sizeof fields[0], d);
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        check_state(t, states[i], d);
    }
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (!tdef_action(t->newest, str_from(actions[i]))) {
            diag_error(d, t->newest->pos, "类型“%.*s”是语言所用的台账，须有操作 %s",
                       "type \"%.*s\" is a register of the language and needs action %s",
                       STR_ARG(t->key), actions[i]);
        }
    }
    const struct field *key = tdef_field(t->newest, STR("key"));
    if (key && !key->unique) {
        diag_error(d, key->pos, "字段 key 须写 unique: true", "field key needs unique: true");
    }
}

static void check_recurring(const struct model *m, struct diags *d)
{
    if (m->duty_run) {
        check_duty_run(m->duty_run, d);
    }
    const struct type *beat = find(m, "heartbeat");
    const struct type *ping = find(m, "ping");
    if (beat) {
        check_heartbeat(beat, d);
    }
    if (ping) {
        check_ping(beat, ping, d);
    }
}

/* "+08:00" in minutes. */
static bool zone_minutes(str s, int *ret)
{
    int64_t h;
    int64_t m;
    if (s.len != 6 || (s.ptr[0] != '+' && s.ptr[0] != '-') || s.ptr[3] != ':' ||
        !str_to_i64(str_from_n(s.ptr + 1, 2), &h) || !str_to_i64(str_from_n(s.ptr + 4, 2), &m) ||
        h < 0 || h > 14 || m < 0 || m > 59) {
        return false;
    }
    *ret = (int)(h * 60 + m) * (s.ptr[0] == '-' ? -1 : 1);
    return true;
}

/* The language itself looks people, units and appointments up by these. */
static void look_up(struct type *t, const char *const *keys, size_t n)
{
    for (size_t i = 0; t && i < n; i++) {
        for (size_t k = 0; k < t->newest->nfields; k++) {
            struct field *f = &t->newest->fields[k];
            f->looked_up = f->looked_up || str_eq(f->key, str_from(keys[i]));
        }
    }
}

static const struct field *stored(const struct type *t, const char *key)
{
    const struct field *f = tdef_field(t->newest, str_from(key));
    return f && f->column.len ? f : NULL;
}

/* When did the last occurrence of a duty about something end? */
static void look_up_last(struct type *t)
{
    if (t) {
        t->last[0] = stored(t, "duty");
        t->last[1] = stored(t, "about");
        t->last[2] = stored(t, "ends");
    }
}

static void bind_zone(struct model *m, struct diags *d)
{
    m->zone_minutes = 8 * 60;
    const struct setting *v =
        m->calendar_day ? law_setting(m->calendar_day->reg->newest, STR("calendar.zone")) : NULL;
    if (v && !zone_minutes(v->text, &m->zone_minutes)) {
        diag_error(d, v->pos, "时区“%.*s”应写成 +08:00 的样子",
                   "time zone \"%.*s\" is written like +08:00", STR_ARG(v->text));
    }
}

/* What records of the registers are looked up by. */
static void bind_look_ups(struct model *m)
{
    static const char *const of_run[] = {"duty", "begins"};
    look_up(m->duty_run, of_run, 2);
    look_up_last(m->duty_run);
    static const char *const by_unit[] = {"unit"};
    static const char *const by_parent[] = {"parent"};
    static const char *const of_post[] = {"person", "unit", "position"};
    static const char *const of_deputy[] = {"person", "deputy"};
    look_up(m->person, by_unit, 1);
    look_up(m->unit, by_parent, 1);
    look_up(m->post, of_post, 3);
    static const char *const of_attestation[] = {"control"};
    look_up(m->deputy, of_deputy, 2);
    static const char *const of_hold[] = {"about"};
    look_up(m->attestation, of_attestation, 1);
    static const char *const of_about[] = {"about", "control", "clause", "unit"};
    look_up(m->finding, of_about, 4);
    look_up(m->waiver, of_about, 3);
    look_up(m->legal_hold, of_hold, 1);
    look_up(m->mention, of_hold, 1);
    look_up(m->access, of_post, 1);
}

void contract_bind(struct model *m, struct diags *d)
{
    static const struct wanted person[] = {{"full_name", {F_TEXT}, 1, "text"},
                                           {"unit", {F_UNIT}, 1, "unit"}};
    static const struct wanted unit[] = {{"title", {F_TEXT}, 1, "text"},
                                         {"parent", {F_UNIT}, 1, "unit"}};
    const struct type *t[] = {
        find(m, "person"),       find(m, "unit"),        find(m, "post"),     find(m, "deputy"),
        find(m, "calendar_day"), find(m, "attestation"), find(m, "finding"),  find(m, "waiver"),
        find(m, "erasure"),      find(m, "legal_hold"),  find(m, "duty_run"), find(m, "access"),
        find(m, "mention")};
    struct type **to[] = {&m->person,      &m->unit,    &m->post,   &m->deputy,  &m->calendar_day,
                          &m->attestation, &m->finding, &m->waiver, &m->erasure, &m->legal_hold,
                          &m->duty_run,    &m->access,  &m->mention};
    for (size_t i = 0; i < COUNT(t); i++) {
        *to[i] = t[i] ? m->types[t[i]->code] : NULL;
    }
    if (m->person) {
        check_fields(m->person, person, 2, d);
        check_state(m->person, "active", d);
    }
    if (m->unit) {
        check_fields(m->unit, unit, 2, d);
        check_state(m->unit, "active", d);
    }
    if (m->post) {
        check_post(m->post, d);
    }
    if (m->deputy) {
        check_deputy(m->deputy, d);
    }
    if (m->calendar_day) {
        check_calendar(m->calendar_day, d);
    }
    if (m->attestation) {
        check_attestation(m->attestation, d);
    }
    if (m->finding) {
        check_finding(m->finding, d);
    }
    if (m->waiver) {
        check_waiver(m->waiver, d);
    }
    check_access(m->access, d);
    check_erasing(m, d);
    check_recurring(m, d);
    bind_look_ups(m);
    bind_zone(m, d);
}

/* --- actions -------------------------------------------------------------------------- */

static bool takes(const struct action *x, str field)
{
    for (size_t i = 0; i < x->nasks; i++) {
        if (str_eq(x->asks[i].field->key, field)) {
            return true;
        }
    }
    return false;
}

/* The action of this name, which creates or not, and takes these fields. */
static const struct action *wanted_action(const struct type *t, const char *key, bool creates,
                                          const char *const *fields, struct diags *d)
{
    const struct action *x = tdef_action(t->newest, str_from(key));
    if (!x || x->creates != creates) {
        diag_error(d, x ? x->pos : t->newest->pos,
                   creates ? "类型“%.*s”是语言所用的台账，须有新建记录的操作 %s（不写 from）"
                           : "类型“%.*s”是语言所用的台账，须有操作 %s（写明 from）",
                   creates ? "type \"%.*s\" is a register of the language and needs action %s, "
                             "which creates a record (no from)"
                           : "type \"%.*s\" is a register of the language and needs action %s, "
                             "with a from",
                   STR_ARG(t->key), key);
        return NULL;
    }
    for (size_t i = 0; fields[i]; i++) {
        if (!takes(x, str_from(fields[i]))) {
            diag_error(d, x->pos, "操作 %.*s.%s 须要求或接受字段 %s",
                       "action %.*s.%s asks for field %s, or may take it", STR_ARG(t->key), key,
                       fields[i]);
        }
    }
    return x;
}

/* What the engine alone says: no person, and no effect of another regulation. */
static void check_engines(const struct type *t, const char *key, bool creates,
                          const char *const *fields, struct diags *d)
{
    const struct action *x = wanted_action(t, key, creates, fields, d);
    bool only_auto = x && x->who.may_auto && !x->who.everyone && !x->who.who.text.len;
    bool own = x && x->guarded && x->nguards == 1 && x->guards[0] == t->reg;
    if (x && (!only_auto || !own || x->route)) {
        diag_error(d, x->pos,
                   "操作 %.*s.%s 只由系统办理：须写 who: auto 和 guarded: [%.*s]，不写 approval",
                   "action %.*s.%s is the engine's alone: who: auto, guarded: [%.*s], no approval",
                   STR_ARG(t->key), key, STR_ARG(t->reg->key));
    }
}

static bool has_unique(const struct type *t)
{
    for (size_t i = 0; i < t->newest->nuniques; i++) {
        const struct unique *u = &t->newest->uniques[i];
        size_t found = 0;
        for (size_t k = 0; k < u->nof; k++) {
            found += str_eq(u->of[k]->key, STR("control")) || str_eq(u->of[k]->key, STR("about"));
        }
        if (found == 2 && u->nof == 2) {
            return true;
        }
    }
    return false;
}

static void check_finding_acts(const struct type *t, struct diags *d)
{
    static const char *const opens[] = {"about",  "control", "clause", "severity", "summary",
                                        "reason", "unit",    "due",    NULL};
    static const char *const raised[] = {"about", "clause", "severity", "summary", "unit", NULL};
    static const char *const tested[] = {"test", "entry", NULL};
    static const char *const again[] = {"test", "entry", "reason", "due", NULL};
    check_engines(t, "open", true, opens, d);
    check_engines(t, "retest_passed", false, tested, d);
    check_engines(t, "retest_failed", false, again, d);
    check_engines(t, "reopen", false, again, d);
    const struct action *raise = wanted_action(t, "raise", true, raised, d);
    if (raise && raise->route) {
        diag_error(d, raise->pos, "操作 %.*s.raise 不得经审批：结果 finding 用它，而结果不能等人",
                   "action %.*s.raise has no approval: effect `finding` performs it, and no effect "
                   "waits for people",
                   STR_ARG(t->key));
    }
    const struct action *reopen = tdef_action(t->newest, STR("reopen"));
    if (reopen && reopen->from_any) {
        diag_error(d, reopen->pos, "操作 %.*s.reopen 的 from 须写明哪些状态是已销号的，不能写 any",
                   "from of %.*s.reopen names the closed states, not any", STR_ARG(t->key));
    }
    if (!has_unique(t)) {
        diag_error(d, t->newest->pos,
                   "类型“%.*s”须有 unique: [{of: [control, about], while: ..}]：同一问题不得重复",
                   "type \"%.*s\" needs unique: [{of: [control, about], while: ..}]: nothing is "
                   "found twice",
                   STR_ARG(t->key));
    }
}

void contract_check(const struct model *m, struct diags *d)
{
    static const char *const asked[] = {"about", "control", "clause", "starts", "ends", NULL};
    if (m->finding) {
        check_finding_acts(m->finding, d);
    }
    const struct type *beat = find(m, "heartbeat");
    if (beat) {
        static const char *const address[] = {"address", NULL};
        wanted_action(beat, "issue", false, address, d);
    }
    if (m->waiver) {
        wanted_action(m->waiver, "request", true, asked, d);
    }
}
