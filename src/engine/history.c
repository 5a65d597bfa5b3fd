/* history.c - what an act leaves in the history and in the ledger: a row and an
 * entry for each record it acted on, with the digests of the rows it left. */
#include "base/json.h"
#include "engine/digest.h"
#include "engine/perform_int.h"
#include "ledger/canon.h"

#include <string.h>

enum { LINES_AT_ONCE = 100, ACTS_AT_ONCE = 100 };

bool history_same_cell(const struct cell *a, const struct cell *b, bool text)
{
    if (a->null || b->null) {
        return a->null == b->null;
    }
    return text ? str_eq(a->s, b->s) : a->i == b->i;
}

bool history_cell_changed(const struct touched *x, int col)
{
    return x->created || !history_same_cell(&x->old[col], &x->now[col], x->t->is_text[col]);
}

/* --- rows beside the records' own ------------------------------------------------ */

struct piece *history_piece(struct doing *d, int64_t record, str table, int64_t id)
{
    for (size_t i = 0; i < d->npieces; i++) {
        struct piece *p = &d->pieces[i];
        if (p->id == id && str_eq(p->table, table)) {
            *p = (struct piece){.record = record, .table = table, .id = id};
            return p;
        }
    }
    if (d->npieces == d->pieces_cap) {
        size_t cap = d->pieces_cap ? d->pieces_cap * 2 : 8;
        struct piece *more = arena_array(d->a, struct piece, cap);
        if (d->npieces) {
            memcpy(more, d->pieces, d->npieces * sizeof(*more));
        }
        d->pieces = more;
        d->pieces_cap = cap;
    }
    struct piece *p = &d->pieces[d->npieces++];
    *p = (struct piece){.record = record, .table = table, .id = id};
    return p;
}

struct piece *history_line(struct doing *d, int64_t record, const struct tplan *t, int64_t id)
{
    struct piece *p = history_piece(d, record, t->type->table, id);
    p->line = t;
    return p;
}

/* Lines are read as they are at the end. */
static err read_lines(struct doing *d)
{
    struct batch *b = batch_begin(d->ctx->db, d->a);
    size_t first = 0;
    int n = 0;
    err e = OK;
    for (size_t i = 0; !e.code && i <= d->npieces; i++) {
        bool end = i == d->npieces;
        if (!end && d->pieces[i].line && !d->pieces[i].gone) {
            d->pieces[i].place =
                batch_add(b, d->pieces[i].line->select, ARGS(db_i64(d->pieces[i].id)));
            n++;
        }
        if (!n || (n < LINES_AT_ONCE && !end)) {
            continue;
        }
        e = batch_run(b);
        for (size_t k = first; !e.code && k < d->npieces && k <= i; k++) {
            struct piece *p = &d->pieces[k];
            if (!p->line || p->gone) {
                continue;
            }
            struct rows r = batch_rows(b, p->place);
            struct cell *row = arena_array(d->a, struct cell, (size_t)p->line->ncols + 1);
            p->gone = !rows_next(&r);
            if (!p->gone) {
                perform_read_row(p->line, &r, row);
                p->digest = digest_row(d->e->ledger->hasher, p->line, row);
            }
        }
        b = batch_begin(d->ctx->db, d->a);
        first = i + 1;
        n = 0;
    }
    return e;
}

/* --- the history's row, the ledger's payload ------------------------------------------- */

void history_put_cell(struct json *j, const struct tplan *t, int col, const struct cell *c)
{
    if (c->null) {
        json_nil(j);
    } else if (t->is_text[col]) {
        json_str(j, c->s);
    } else {
        json_i64(j, c->i);
    }
}

static str changes_json(struct doing *d, const struct touched *x)
{
    struct json j = json_begin(d->a, 1 << 20);
    json_open(&j, '[');
    for (size_t i = 0; i < x->t->def->nfields; i++) {
        int col = x->t->field_col[i];
        if (col < 0 || (x->created ? x->now[col].null : !history_cell_changed(x, col))) {
            continue;
        }
        json_open(&j, '{');
        JSON_STR(&j, "f", x->t->def->fields[i].key);
        json_key(&j, STR("o"));
        if (d->erasing) {
            json_nil(&j);
        } else {
            history_put_cell(&j, x->t, col, &x->old[col]);
        }
        json_key(&j, STR("n"));
        history_put_cell(&j, x->t, col, &x->now[col]);
        json_close(&j, '}');
    }
    for (const struct side_change *c = x->sides; c; c = c->next) {
        json_raw(&j, c->json);
    }
    json_close(&j, ']');
    return json_end(&j);
}

static void put_row(struct canon *c, const struct touched *x)
{
    canon_map(c, STR("row"));
    for (int i = 0; i < x->t->ncols; i++) {
        int col = x->t->sorted[i];
        const struct cell *v = &x->now[col];
        if (x->created ? v->null : !history_cell_changed(x, col)) {
            continue;
        }
        if (v->null) {
            canon_null(c, x->t->cols[col]);
        } else if (x->t->is_text[col]) {
            canon_str(c, x->t->cols[col], v->s);
        } else {
            canon_i64(c, x->t->cols[col], v->i);
        }
    }
    canon_close(c);
}

/* Digests of all rows this record's part of the act left behind, by table. */
static void put_rows(struct doing *d, struct canon *c, const struct touched *x)
{
    struct hash own = digest_row(d->e->ledger->hasher, x->t, x->now);
    canon_map(c, STR("rows"));
    canon_map(c, x->t->type->table);
    canon_str(c, str_fmt(d->a, "%lld", (long long)x->id), digest_write(d->a, &own));
    canon_close(c);
    for (size_t i = 0; i < d->npieces; i++) {
        str table = d->pieces[i].table;
        bool first = d->pieces[i].record == x->id;
        for (size_t k = 0; k < i; k++) {
            first = first && !(d->pieces[k].record == x->id && str_eq(d->pieces[k].table, table));
        }
        if (!first) {
            continue;
        }
        canon_map(c, table);
        for (size_t k = i; k < d->npieces; k++) {
            const struct piece *p = &d->pieces[k];
            if (p->record != x->id || !str_eq(p->table, table)) {
                continue;
            }
            str id = str_fmt(d->a, "%lld", (long long)p->id);
            if (p->gone) {
                canon_null(c, id);
            } else {
                canon_str(c, id, p->untold ? STR("") : digest_write(d->a, &p->digest));
            }
        }
        canon_close(c);
    }
    canon_close(c);
}

static err payload(struct doing *d, const struct touched *x, const struct inner *in,
                   const struct history_row *row, bool values, str *ret)
{
    struct canon *c = canon_make(d->a);
    struct hash history = digest_history(d->e->ledger->hasher, row);
    canon_i64(c, STR("act"), in->id);
    canon_str(c, STR("action"), in->action);
    canon_i64(c, STR("at"), d->ctx->now);
    if (x->action && x->action->clause) {
        canon_str(c, STR("clause"), x->action->clause->id);
    }
    canon_str(c, STR("history"), digest_write(d->a, &history));
    canon_i64(c, STR("law"), x->t->def->law->version);
    if (in->note.len) {
        canon_str(c, STR("note"), in->note);
    }
    if (!x->now[COL_NUMBER].null) {
        canon_str(c, STR("number"), x->now[COL_NUMBER].s);
    }
    if (values) {
        put_row(c, x);
        put_rows(d, c, x);
    }
    if (!in->to_null) {
        const struct state *s = type_state(x->t->type, in->to);
        canon_str(c, STR("state"), s ? s->key : STR("?"));
    }
    return canon_end(c, ret);
}

static struct touched *touched_of(struct doing *d, int64_t id)
{
    for (size_t i = 0; i < d->n; i++) {
        if (d->list[i].id == id) {
            return &d->list[i];
        }
    }
    return NULL;
}

static struct history_row row_of(struct doing *d, const struct inner *in, const struct touched *x,
                                 unsigned flags, bool first)
{
    return (struct history_row){
        .id = in->id,
        .seq = ledger_size(d->e->ledger),
        .record = x->id,
        .type = x->t->type->code,
        .law = x->t->def->law->version,
        .person = d->act->actor,
        .principal = d->act->principal,
        .at = d->ctx->now,
        .recorded = d->act->now,
        .from = in->from,
        .to = in->to,
        .parent = in->parent,
        .flags = flags,
        .action = in->action,
        .cause = in->cause,
        .note = in->note,
        .changes = first ? changes_json(d, x) : STR(""),
        .no_from = in->from_null,
        .no_to = in->to_null,
        .no_parent = !in->parent,
        .no_cause = !in->cause.len,
        .no_note = !in->note.len,
        .no_changes = !first,
    };
}

static struct db_arg i64_or_null(bool no, int64_t v)
{
    return no ? db_null_i64() : db_i64(v);
}

static struct db_arg text_or_null(bool no, str v)
{
    return no ? db_null_text() : db_text(v);
}

static void add_row(struct batch *b, const struct history_row *r)
{
    batch_add(b,
              SQL("insert into act(id, seq, record, type, law, action, person, principal, at,"
                  " recorded, from_state, to_state, parent, cause, flags, note, changes)"
                  " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,"
                  " $16, $17)"),
              ARGS(db_i64(r->id), db_i64(r->seq), db_i64(r->record), db_i64(r->type),
                   db_i64(r->law), db_text(r->action), db_i64(r->person), db_i64(r->principal),
                   db_i64(r->at), db_i64(r->recorded), i64_or_null(r->no_from, r->from),
                   i64_or_null(r->no_to, r->to), i64_or_null(r->no_parent, r->parent),
                   text_or_null(r->no_cause, r->cause), db_i64(r->flags),
                   text_or_null(r->no_note, r->note), text_or_null(r->no_changes, r->changes)));
}

/* --- the end of an act ------------------------------------------------------------------ */

static bool is_told(const struct doing *d, int64_t record)
{
    for (size_t i = 0; i < d->nacts; i++) {
        if (d->acts[i].record == record) {
            return true;
        }
    }
    return false;
}

static bool was_changed(const struct doing *d, const struct touched *x)
{
    for (size_t i = 0; i < d->npieces; i++) {
        if (d->pieces[i].record == x->id) {
            return true;
        }
    }
    for (int i = 0; i < x->t->ncols; i++) {
        if (history_cell_changed(x, i)) {
            return true;
        }
    }
    return false;
}

err history_of_the_rest(struct doing *d)
{
    for (size_t i = 0; i < d->n; i++) {
        const struct touched *x = &d->list[i];
        if (is_told(d, x->id) || !was_changed(d, x)) {
            continue;
        }
        if (d->nacts == ACTS_MAX) {
            return err_make(ERR_LIMIT, STR("too many acts in one act"));
        }
        d->acts[d->nacts] = (struct inner){.id = engine_id(d->e, d->act->now),
                                           .record = x->id,
                                           .parent = d->nacts ? d->acts[0].id : 0,
                                           .t = x->t,
                                           .action = STR("set"),
                                           .cause = d->cause,
                                           .from_null = true,
                                           .to_null = true};
        d->nacts++;
    }
    return OK;
}

err history_write(struct doing *d)
{
    struct ledger_act *la = ledger_act(d->e->ledger, d->a, d->act->now);
    str actor =
        d->act->actor ? str_fmt(d->a, "person:%lld", (long long)d->act->actor) : STR("clock");
    unsigned flags = d->act->flags | (d->act->actor ? 0 : ACT_AUTO);
    err e = read_lines(d);
    struct batch *b = batch_begin(d->ctx->db, d->a);
    int added = 0;
    for (size_t i = 0; !e.code && i < d->nacts; i++) {
        struct inner *in = &d->acts[i];
        struct touched *x = touched_of(d, in->record);
        bool first = true;
        for (size_t k = 0; k < i; k++) {
            first = first && d->acts[k].record != in->record;
        }
        struct history_row row = row_of(d, in, x, flags, first);
        str body = STR("");
        e = payload(d, x, in, &row, first, &body);
        if (e.code) {
            return e;
        }
        struct ledger_new entry = {
            .type = (uint16_t)(LEDGER_TYPE_ENGINE + x->t->type->code),
            .flags = (uint16_t)(flags & ACT_IMPORT ? LEDGER_PAST : 0),
            .actor = actor,
            .object = str_fmt(d->a, "%.*s:%lld", STR_ARG(x->t->type->key), (long long)x->id),
            .payload = body};
        ledger_append(la, &entry);
        add_row(b, &row);
        if (++added == ACTS_AT_ONCE) {
            e = batch_run(b);
            b = batch_begin(d->ctx->db, d->a);
            added = 0;
        }
    }
    if (!e.code) {
        ledger_put(la, b);
        e = batch_run(b);
    }
    return e;
}
