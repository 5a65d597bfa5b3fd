/* mapping_value.c - values of a mapping: texts with columns in them, lists,
 * joins, rows. */
#include "base/buf.h"
#include "connect/mapping_int.h"

#include <string.h>

enum { PIECES_MAX = 64, TEXT_LIMIT = 64 << 10 };

static const struct map_table *find_table(struct map_load *l, str name, struct pos at)
{
    str names[64];
    size_t n = 0;
    for (size_t i = 0; i < l->m->ntables; i++) {
        if (str_eq(l->m->tables[i].name, name)) {
            return &l->m->tables[i];
        }
        if (n < 64) {
            names[n++] = l->m->tables[i].name;
        }
    }
    map_no_such(l, at, WORDS("对照表", "table"), name, names, n);
    return NULL;
}

/* "column", "column@last", "column@first|table". */
static void cell_piece(struct map_load *l, str inside, struct pos at, struct map_piece *p)
{
    str table;
    str column = str_cut(inside, '|', &table);
    str which;
    column = str_trim(str_cut(column, '@', &which));
    if (!column.len) {
        diag_error(l->d, at, "花括号里应写列名", "a column's name stands in the brackets");
        return;
    }
    p->column = map_column(l, column, at);
    if (which.ptr) {
        str names[] = {STR("first"), STR("last")};
        which = str_trim(which);
        p->which = str_eq(which, names[0]) ? CELL_FIRST : CELL_LAST;
        if (!str_eq(which, names[0]) && !str_eq(which, names[1])) {
            map_no_such(l, at, WORDS("位置", "cell"), which, names, 2);
        }
    }
    if (table.ptr) {
        p->table = find_table(l, str_trim(table), at);
    }
}

static void put_literal(struct map_load *l, struct buf *b, struct map_piece *pieces, size_t *n)
{
    if (b->len && *n < PIECES_MAX) {
        pieces[(*n)++] = (struct map_piece){.literal = buf_str(b), .column = -1};
    }
    *b = buf_make(l->a, TEXT_LIMIT);
}

static struct map_value text_value(struct map_load *l, const struct ynode *node)
{
    struct map_piece *pieces = arena_array(l->a, struct map_piece, PIECES_MAX);
    size_t n = 0;
    str t = node->text;
    struct buf b = buf_make(l->a, TEXT_LIMIT);
    for (size_t i = 0; i < t.len; i++) {
        if (t.ptr[i] != '{') {
            buf_put_c(&b, t.ptr[i]);
            continue;
        }
        if (i + 1 < t.len && t.ptr[i + 1] == '{') {
            buf_put_c(&b, '{');
            i++;
            continue;
        }
        struct pos at = node->pos;
        at.col += (int)str_utf8_len(str_from_n(t.ptr, i));
        const char *end = memchr(t.ptr + i, '}', t.len - i);
        put_literal(l, &b, pieces, &n);
        if (!end || n == PIECES_MAX) {
            diag_error(l->d, at, "花括号没有闭合，或列过多；文字“{”要写成“{{”",
                       "the bracket is not closed, or there are too many; the character \"{\" is "
                       "written \"{{\"");
            break;
        }
        pieces[n] = (struct map_piece){0};
        cell_piece(l, str_from_n(t.ptr + i + 1, (size_t)(end - t.ptr) - i - 1), at, &pieces[n++]);
        i = (size_t)(end - t.ptr);
    }
    put_literal(l, &b, pieces, &n);
    return (struct map_value){.kind = VALUE_TEXT, .pos = node->pos, .pieces = pieces, .npieces = n};
}

static const struct map_value *values(struct map_load *l, const struct ynode *n)
{
    struct map_value *list = arena_array(l->a, struct map_value, n->len + 1);
    for (size_t i = 0; i < n->len; i++) {
        list[i] = map_value(l, n->items[i]);
    }
    return list;
}

static struct map_value join_value(struct map_load *l, const struct ynode *n)
{
    struct map_value v = {.kind = VALUE_JOIN, .pos = n->pos};
    const struct ynode *join = yaml_get(n, STR("join"));
    const struct ynode *rest = yaml_get(n, STR("else"));
    if (!map_keys(l, n, "join else")) {
        return (struct map_value){0};
    }
    if (!join || join->kind != Y_LIST) {
        diag_error(l->d, n->pos, "join 应是一个列表", "join takes a list");
        return (struct map_value){0};
    }
    v.items = values(l, join);
    v.nitems = join->len;
    if (rest) {
        struct map_value *o = arena_new(l->a, struct map_value);
        *o = map_value(l, rest);
        v.otherwise = o;
    }
    return v;
}

struct map_value map_value(struct map_load *l, const struct ynode *n)
{
    if (n->kind == Y_TEXT) {
        return text_value(l, n);
    }
    if (n->kind == Y_MAP) {
        return join_value(l, n);
    }
    return (struct map_value){
        .kind = VALUE_LIST, .pos = n->pos, .items = values(l, n), .nitems = n->len};
}

/* --- with ----------------------------------------------------------------------------------- */

static bool several(const struct field *f)
{
    return f->type == F_CHOICES || f->type == F_REFS || f->type == F_PEOPLE;
}

/* What can be known without a line: a literal must be a value of the field. */
static void check_literal(struct map_load *l, const struct field *f, const struct map_value *v)
{
    for (size_t i = 0; i < v->nitems; i++) {
        check_literal(l, f, &v->items[i]);
    }
    if (v->kind != VALUE_TEXT || (f->type != F_CHOICE && f->type != F_CHOICES)) {
        return;
    }
    str names[64];
    size_t n = 0;
    for (size_t i = 0; i < f->nkeys && n < 64; i++) {
        if (!f->keys[i].retired) {
            names[n++] = f->keys[i].key;
        }
    }
    const struct map_piece *p = v->pieces;
    if (v->npieces == 1 && p->column < 0 && !field_choice(f, p->literal)) {
        map_no_such(l, v->pos, WORDS("选项", "choice"), p->literal, names, n);
    }
    if (v->npieces != 1 || p->column < 0 || !p->table) {
        return;
    }
    for (size_t i = 0; i < p->table->len + p->table->has_rest; i++) {
        str to = i < p->table->len ? p->table->entries[i].to : p->table->rest;
        if (!field_choice(f, to)) {
            map_no_such(l, v->pos, WORDS("选项", "choice"), to, names, n);
        }
    }
}

static struct map_value rows_value(struct map_load *l, const struct ynode *n, const struct field *f)
{
    struct map_value v = {.kind = VALUE_ROWS, .pos = n->pos};
    if (n->kind != Y_LIST) {
        diag_error(l->d, n->pos, "明细应写成行的列表", "lines take a list of rows");
        return (struct map_value){0};
    }
    struct map_row *rows = arena_array(l->a, struct map_row, n->len + 1);
    for (size_t i = 0; i < n->len; i++) {
        rows[i].values = map_with(l, n->items[i], NULL, f->part->newest, &rows[i].len);
    }
    v.rows = rows;
    v.nrows = n->len;
    return v;
}

static const struct field *with_field(struct map_load *l, const struct ypair *p,
                                      const struct action *action, const struct tdef *def)
{
    str names[200];
    size_t n = 0;
    size_t total = action ? action->nasks : def->nfields;
    for (size_t i = 0; i < total; i++) {
        const struct field *f = action ? action->asks[i].field : &def->fields[i];
        if (str_eq(f->key, p->key)) {
            return f;
        }
        if (n < 200 && !(def && f->type == F_LINES)) {
            names[n++] = f->key;
        }
    }
    map_no_such(l, p->pos, WORDS("字段", "field"), p->key, names, n);
    return NULL;
}

const struct map_with *map_with(struct map_load *l, const struct ynode *n,
                                const struct action *action, const struct tdef *def, size_t *len)
{
    *len = 0;
    if (!n || yaml_empty(n)) {
        return NULL;
    }
    if (n->kind != Y_MAP) {
        diag_error(l->d, n->pos, "应写成“字段: 值”", "fields and their values are wanted here");
        return NULL;
    }
    struct map_with *list = arena_array(l->a, struct map_with, n->len + 1);
    for (size_t i = 0; i < n->len; i++) {
        const struct ypair *p = &n->pairs[i];
        const struct field *f = with_field(l, p, action, def);
        if (!f) {
            continue;
        }
        struct map_with *w = &list[(*len)++];
        w->field = f;
        w->value = f->type == F_LINES ? rows_value(l, p->value, f) : map_value(l, p->value);
        if (f->type == F_ATTACHMENT || f->type == F_POST) {
            diag_error(l->d, p->pos, "这种字段不能导入", "a field of this kind cannot be imported");
        }
        if (w->value.kind == VALUE_JOIN && several(f)) {
            diag_error(l->d, p->pos, "join 得到的是文字，此字段要列表",
                       "join gives a text; this field takes a list");
        }
        check_literal(l, f, &w->value);
    }
    return list;
}

bool map_has(const struct map_with *with, size_t n, const struct field *f)
{
    for (size_t i = 0; i < n; i++) {
        if (with[i].field == f) {
            return true;
        }
    }
    return false;
}
