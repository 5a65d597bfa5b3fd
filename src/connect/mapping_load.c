#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "connect/csv_file.h"
#include "connect/import.h"
#include "connect/mapping_int.h"

enum { NAMES_MAX = 200, SHOWN_MAX = 24 };

/* --- small things ------------------------------------------------------------------------ */

void map_no_such(struct map_load *l, struct pos at, struct words what, str name, const str *names,
                 size_t n)
{
    str near = diag_nearest(name, names, n);
    if (near.len) {
        diag_error(l->d, at, "没有%s%.0s“%.*s”，是否指“%.*s”？",
                   "there is no %.0s%s \"%.*s\"; did you mean \"%.*s\"?", what.zh.ptr, what.en.ptr,
                   STR_ARG(name), STR_ARG(near));
        return;
    }
    struct buf b = buf_make(l->a, 2000);
    for (size_t i = 0; i < n && i < SHOWN_MAX; i++) {
        buf_put(&b, i ? STR(" ") : STR(""));
        buf_put(&b, names[i]);
    }
    if (n > SHOWN_MAX) {
        buf_put(&b, STR(" ..."));
    }
    str all = buf_str(&b);
    diag_error(l->d, at, "没有%s%.0s“%.*s”；可用：%.*s",
               "there is no %.0s%s \"%.*s\"; there is: %.*s", what.zh.ptr, what.en.ptr,
               STR_ARG(name), STR_ARG(all));
}

bool map_keys(struct map_load *l, const struct ynode *n, const char *allowed)
{
    if (n->kind != Y_MAP) {
        diag_error(l->d, n->pos, "应写成“键: 值”", "keys and values are wanted here");
        return false;
    }
    str names[32];
    size_t len = 0;
    for (str rest = str_from(allowed); rest.ptr && len < 32;) {
        names[len++] = str_cut(rest, ' ', &rest);
    }
    for (size_t i = 0; i < n->len; i++) {
        bool known = false;
        for (size_t k = 0; k < len; k++) {
            known = known || str_eq(names[k], n->pairs[i].key);
        }
        if (!known) {
            map_no_such(l, n->pairs[i].pos, WORDS("键", "key"), n->pairs[i].key, names, len);
        }
    }
    return true;
}

str map_scalar(struct map_load *l, const struct ynode *n)
{
    if (n->kind == Y_TEXT) {
        return n->text;
    }
    diag_error(l->d, n->pos, "应为一个值", "one value is wanted here");
    return (str){0};
}

const str *map_scalars(struct map_load *l, const struct ynode *n, size_t *len)
{
    *len = n->kind == Y_LIST ? n->len : 1;
    str *list = arena_array(l->a, str, *len + 1);
    for (size_t i = 0; i < *len; i++) {
        list[i] = map_scalar(l, n->kind == Y_LIST ? n->items[i] : n);
    }
    return list;
}

int map_column(struct map_load *l, str name, struct pos at)
{
    struct mapping *m = l->m;
    for (size_t i = 0; i < m->ncolumns; i++) {
        if (str_eq(m->columns[i].name, name)) {
            return (int)i;
        }
    }
    if (m->ncolumns == COLUMNS_MAX) {
        diag_error(l->d, at, "列过多", "too many columns");
        return 0;
    }
    m->columns[m->ncolumns] = (struct map_column){.name = name, .pos = at, .at = -1};
    return (int)m->ncolumns++;
}

/* --- sections ------------------------------------------------------------------------------- */

static void source_format(struct map_load *l, const struct ynode *n)
{
    const struct ynode *x = yaml_get(n, STR("format"));
    if (x && !str_eq(map_scalar(l, x), STR("csv"))) {
        diag_error(l->d, x->pos, "目前只支持 csv", "only csv is known");
    }
    x = yaml_get(n, STR("encoding"));
    if (x) {
        str e = map_scalar(l, x);
        l->m->gb18030 = str_eq(e, STR("gb18030"));
        if (!l->m->gb18030 && !str_eq(e, STR("utf-8"))) {
            diag_error(l->d, x->pos, "编码只能是 utf-8 或 gb18030",
                       "the encoding is utf-8 or gb18030");
        }
    }
    x = yaml_get(n, STR("separator"));
    if (x) {
        str s = map_scalar(l, x);
        bool ok = s.len == 1 && s.ptr[0] != '"' && s.ptr[0] != '\n' && s.ptr[0] != '\r';
        l->m->separator = ok ? s.ptr[0] : ',';
        if (!ok) {
            diag_error(l->d, x->pos, "分隔符应是一个字符", "the separator is one character");
        }
    }
}

static void source(struct map_load *l, const struct ynode *n)
{
    struct mapping *m = l->m;
    if (!n || !map_keys(l, n, "format unknown time zone encoding separator")) {
        return;
    }
    source_format(l, n);
    const struct ynode *x = yaml_get(n, STR("unknown"));
    if (x) {
        m->unknown = map_scalars(l, x, &m->nunknown);
    }
    x = yaml_get(n, STR("time"));
    str wrong;
    if (x) {
        m->time = map_scalar(l, x);
        if (!map_time_form(m->time, &wrong)) {
            diag_error(l->d, x->pos, "时间格式“%.*s”不能识别；可用 %%d %%m %%Y %%y %%H %%M %%S %%b",
                       "the form of times \"%.*s\" is not known; there is %%d %%m %%Y %%y %%H "
                       "%%M %%S %%b",
                       STR_ARG(wrong));
        }
    }
    x = yaml_get(n, STR("zone"));
    if (x && !clock_parse_zone(map_scalar(l, x), &m->zone)) {
        diag_error(l->d, x->pos, "时区应如 +08:00", "a zone is written like +08:00");
    }
}

static void table(struct map_load *l, const struct ynode *n, struct map_table *t)
{
    if (n->kind != Y_MAP) {
        diag_error(l->d, n->pos, "对照表应写成“值: 值”", "a table takes values and values");
        return;
    }
    struct map_entry *list = arena_array(l->a, struct map_entry, n->len + 1);
    for (size_t i = 0; i < n->len; i++) {
        str to = map_scalar(l, n->pairs[i].value);
        if (str_eq(n->pairs[i].key, STR("*"))) {
            t->has_rest = true;
            t->rest = to;
        } else {
            list[t->len++] = (struct map_entry){n->pairs[i].key, to};
        }
    }
    t->entries = list;
}

static void tables(struct map_load *l, const struct ynode *n)
{
    if (!n || n->kind != Y_MAP) {
        if (n) {
            diag_error(l->d, n->pos, "tables 应写成“名称: 对照表”",
                       "tables takes names and tables");
        }
        return;
    }
    struct map_table *list = arena_array(l->a, struct map_table, n->len + 1);
    for (size_t i = 0; i < n->len; i++) {
        list[i].name = n->pairs[i].key;
        table(l, n->pairs[i].value, &list[i]);
    }
    l->m->tables = list;
    l->m->ntables = n->len;
}

static void case_field(struct map_load *l, const struct ynode *n)
{
    const struct tdef *d = l->m->into ? l->m->into->newest : NULL;
    str names[NAMES_MAX];
    size_t len = 0;
    str name = map_scalar(l, n);
    for (size_t i = 0; d && i < d->nfields; i++) {
        const struct field *f = &d->fields[i];
        bool unique = f->unique;
        for (size_t k = 0; k < d->nuniques; k++) {
            const struct unique *u = &d->uniques[k];
            unique = unique || (u->nof == 1 && u->of[0] == f && !u->while_.tree);
        }
        if (!unique || f->type != F_TEXT) {
            continue;
        }
        if (str_eq(f->key, name)) {
            l->m->field = f;
            return;
        }
        if (len < NAMES_MAX) {
            names[len++] = f->key;
        }
    }
    if (d) {
        map_no_such(l, n->pos, WORDS("唯一的文字字段", "unique text field"), name, names, len);
    }
}

static void cases(struct map_load *l, const struct ynode *root)
{
    struct mapping *m = l->m;
    const struct ynode *n = yaml_get(root, STR("case"));
    static const char *const wanted[] = {"key", "field", "at", "by"};
    if (!n) {
        diag_error(l->d, root->pos, "缺少 case", "case is missing");
        return;
    }
    if (!map_keys(l, n, "key order field at by")) {
        return;
    }
    for (size_t i = 0; i < 4; i++) {
        if (!yaml_get(n, str_from(wanted[i]))) {
            diag_error(l->d, n->pos, "case 缺少 %s", "case lacks %s", wanted[i]);
        }
    }
    const struct ynode *x = yaml_get(n, STR("key"));
    m->key = x ? map_column(l, map_scalar(l, x), x->pos) : 0;
    x = yaml_get(n, STR("at"));
    m->at = x ? map_column(l, map_scalar(l, x), x->pos) : 0;
    x = yaml_get(n, STR("field"));
    if (x) {
        case_field(l, x);
    }
    x = yaml_get(n, STR("by"));
    if (x) {
        m->by = map_value(l, x);
    }
    x = yaml_get(n, STR("order"));
    if (x) {
        const str *names = map_scalars(l, x, &m->norder);
        int *list = arena_array(l->a, int, m->norder + 1);
        for (size_t i = 0; i < m->norder; i++) {
            list[i] = map_column(l, names[i], x->kind == Y_LIST ? x->items[i]->pos : x->pos);
        }
        m->order = list;
    }
}

static void registers(struct map_load *l, const struct ynode *root, const char *key,
                      const struct type *t, struct map_register *ret)
{
    const struct ynode *n = yaml_get(root, str_from(key));
    ret->type = t;
    if (!n || !map_keys(l, n, "create name with")) {
        return;
    }
    ret->given = true;
    const struct ynode *create = yaml_get(n, STR("create"));
    const struct ynode *name = yaml_get(n, STR("name"));
    if (!create || !name || !t) {
        diag_error(l->d, n->pos, "%s 须写 create 和 name", "%s needs create and name", key);
        return;
    }
    ret->create = map_action(l, create, t, true);
    str field = map_scalar(l, name);
    str names[NAMES_MAX];
    size_t len = 0;
    for (size_t i = 0; ret->create && i < ret->create->nasks; i++) {
        const struct field *f = ret->create->asks[i].field;
        if (f->type == F_TEXT && len < NAMES_MAX) {
            names[len++] = f->key;
        }
        ret->name = f->type == F_TEXT && str_eq(f->key, field) ? f : ret->name;
    }
    if (ret->create && !ret->name) {
        map_no_such(l, name->pos, WORDS("字段", "field"), field, names, len);
    }
    if (ret->create) {
        ret->with = map_with(l, yaml_get(n, STR("with")), ret->create, NULL, &ret->nwith);
    }
}

static void ways(struct map_load *l, const struct ynode *n)
{
    if (!n) {
        return;
    }
    if (n->kind != Y_MAP) {
        diag_error(l->d, n->pos, "ways 应写成“名称: 步骤”", "ways takes names and steps");
        return;
    }
    l->ways = arena_array(l->a, struct map_way, n->len + 1);
    l->m->ways = l->ways;
    l->m->nways = n->len;
    for (size_t i = 0; i < n->len; i++) {
        l->ways[i] = (struct map_way){.name = n->pairs[i].key, .pos = n->pairs[i].pos};
    }
    for (size_t i = 0; i < n->len; i++) {
        size_t len;
        l->ways[i].steps = map_steps(l, n->pairs[i].value, &len);
        l->ways[i].len = len;
    }
    map_ways_check(l);
}

static void compare(struct map_load *l, const struct ynode *n)
{
    struct mapping *m = l->m;
    if (!n || !m->into || !map_keys(l, n, "field terms")) {
        return;
    }
    const struct tdef *d = m->into->newest;
    const struct ynode *field = yaml_get(n, STR("field"));
    const struct ynode *terms = yaml_get(n, STR("terms"));
    if (!field || !terms) {
        diag_error(l->d, n->pos, "compare 须写 field 和 terms", "compare needs field and terms");
        return;
    }
    const struct field *f = tdef_field(d, map_scalar(l, field));
    if (!f || f->type != F_BOOL) {
        diag_error(l->d, field->pos, "field 应是一个是非字段", "field names a field of yes or no");
        return;
    }
    size_t len;
    const str *names = map_scalars(l, terms, &len);
    if (len > IMPORT_TERMS) {
        diag_error(l->d, terms->pos, "至多八个时限", "at most eight terms");
        return;
    }
    const struct term **list = arena_array(l->a, const struct term *, len + 1);
    str all[NAMES_MAX];
    size_t nall = 0;
    for (size_t i = 0; i < d->nterms && nall < NAMES_MAX; i++) {
        all[nall++] = d->terms[i].key;
    }
    for (size_t i = 0; i < len; i++) {
        list[m->compare.len] = tdef_term(d, names[i]);
        if (list[m->compare.len]) {
            m->compare.len++;
        } else {
            map_no_such(l, terms->kind == Y_LIST ? terms->items[i]->pos : terms->pos,
                        WORDS("时限", "term"), names[i], all, nall);
        }
    }
    m->compare.field = f;
    m->compare.terms = list;
}

static void target(struct map_load *l, const struct ynode *root)
{
    const struct ynode *into = yaml_get(root, STR("into"));
    const struct ynode *name = yaml_get(root, STR("import"));
    if (!into || !name) {
        diag_error(l->d, root->pos, "须写 import 和 into", "import and into are needed");
        return;
    }
    l->m->name = map_scalar(l, name);
    if (!l->m->name.len || l->m->name.len > NAME_MAX_LEN) {
        diag_error(l->d, name->pos, "名称为 1 至 40 个字符", "a name has 1 to 40 characters");
    }
    str key = map_scalar(l, into);
    str names[NAMES_MAX];
    size_t len = 0;
    for (size_t i = 0; i < l->m->model->ntypes; i++) {
        const struct type *t = l->m->model->types[i];
        if (t->lines || t->part_of) {
            continue;
        }
        l->m->into = str_eq(t->key, key) ? t : l->m->into;
        if (len < NAMES_MAX) {
            names[len++] = t->key;
        }
    }
    if (!l->m->into) {
        map_no_such(l, into->pos, WORDS("单据类型", "record type"), key, names, len);
    }
}

struct mapping *mapping_load(struct arena *a, str text, str file, const struct model *model,
                             struct diags *d)
{
    static const str empty[] = {{0}};
    size_t before = d->errors;
    const struct ynode *root = yaml_parse(a, text, file, d);
    if (!root) {
        if (d->errors == before) {
            diag_error(d, (struct pos){.file = file, .line = 1, .col = 1}, "文件是空的",
                       "the file is empty");
        }
        return NULL;
    }
    struct mapping *m = arena_new(a, struct mapping);
    *m = (struct mapping){.model = model,
                          .separator = ',',
                          .unknown = empty,
                          .nunknown = 1,
                          .time = STR("%Y-%m-%d %H:%M:%S"),
                          .zone = model->zone_minutes,
                          .columns = arena_array(a, struct map_column, COLUMNS_MAX)};
    struct map_load l = {.a = a, .d = d, .m = m};
    if (!map_keys(&l, root,
                  "import into source case people units tables accept ways events otherwise "
                  "compare")) {
        return NULL;
    }
    target(&l, root);
    source(&l, yaml_get(root, STR("source")));
    tables(&l, yaml_get(root, STR("tables")));
    cases(&l, root);
    registers(&l, root, "people", model->person, &m->people);
    registers(&l, root, "units", model->unit, &m->units);
    m->accept = map_cells(&l, yaml_get(root, STR("accept")), &m->naccept);
    if (m->into) {
        ways(&l, yaml_get(root, STR("ways")));
        const struct ynode *events = yaml_get(root, STR("events"));
        m->events = map_events(&l, events ? events : root, &m->nevents);
        m->otherwise = map_steps(&l, yaml_get(root, STR("otherwise")), &m->notherwise);
        compare(&l, yaml_get(root, STR("compare")));
    }
    return d->errors == before ? m : NULL;
}

void mapping_bind(struct mapping *m, const struct csv_file *f, struct diags *d)
{
    struct map_load l = {.a = d->arena, .d = d, .m = m};
    struct str_list names = csv_file_columns(f);
    for (size_t i = 0; i < m->ncolumns; i++) {
        struct map_column *c = &m->columns[i];
        c->at = csv_file_column(f, c->name);
        if (c->at < 0) {
            map_no_such(&l, c->pos, WORDS("列", "column"), c->name, names.ptr, names.len);
        }
    }
}
