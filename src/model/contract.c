#include "model/contract.h"

#include "model/diag.h"

/* What a register must have: fields of these types, states of these names. */
struct wanted {
    const char *field;
    enum ftype types[3];
    int ntypes;
    const char *is; /* for the message */
};

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

void contract_bind(struct model *m, struct diags *d)
{
    static const struct wanted person[] = {{"full_name", {F_TEXT}, 1, "text"},
                                           {"unit", {F_UNIT}, 1, "unit"}};
    static const struct wanted unit[] = {{"title", {F_TEXT}, 1, "text"},
                                         {"parent", {F_UNIT}, 1, "unit"}};
    const struct type *t[] = {find(m, "person"), find(m, "unit"),         find(m, "post"),
                              find(m, "deputy"), find(m, "calendar_day"), find(m, "attestation")};
    struct type **to[] = {&m->person, &m->unit,         &m->post,
                          &m->deputy, &m->calendar_day, &m->attestation};
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
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
    static const char *const by_unit[] = {"unit"};
    static const char *const by_parent[] = {"parent"};
    static const char *const of_post[] = {"person", "unit", "position"};
    static const char *const of_deputy[] = {"person", "deputy"};
    look_up(m->person, by_unit, 1);
    look_up(m->unit, by_parent, 1);
    look_up(m->post, of_post, 3);
    static const char *const of_attestation[] = {"control"};
    look_up(m->deputy, of_deputy, 2);
    look_up(m->attestation, of_attestation, 1);
    bind_zone(m, d);
}
