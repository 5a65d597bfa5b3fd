#include "store/db_pg_int.h"

#include <poll.h>
#include <string.h>

/* Types of PostgreSQL's catalogue (pg_type.oid), fixed for ever. */
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_OID = 26,
    OID_NUMERIC = 1700
};

/* --- errors ----------------------------------------------------------------------- */

static enum err_code code_of(const char *state)
{
    static const struct {
        const char *prefix;
        enum err_code code;
    } rows[] = {
        {"23505", ERR_CONFLICT}, /* unique_violation */
        {"08P01", ERR_STORE},    /* protocol_violation: arguments are missing */
        {"57014", ERR_BUSY},     /* query_canceled */
        {"55P03", ERR_BUSY},     /* lock_not_available */
        {"40", ERR_BUSY},        /* serialization, deadlock */
        {"57P", ERR_BUSY},       /* the server goes down */
        {"08", ERR_BUSY},        /* connection */
        {"53100", ERR_DISK},     /* disk_full */
        {"25006", ERR_DISK},     /* read_only_sql_transaction: a standby, or a full disk's guard */
        {"53", ERR_BUSY},        /* too many connections, no memory */
        {"25P03", ERR_BUSY},     /* idle_in_transaction_session_timeout */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (str_starts(str_from(state), str_from(rows[i].prefix))) {
            return rows[i].code;
        }
    }
    return ERR_STORE;
}

err pg_lost_err(void)
{
    return err_make(ERR_BUSY, STR("the connection to PostgreSQL is lost"));
}

/* The error of p->held. */
static err held_err(struct pg *p, struct arena *a, str text)
{
    const char *state = PQresultErrorField(p->held, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(p->held, PG_DIAG_MESSAGE_PRIMARY);
    str cut = str_from_n(text.ptr, text.len < 300 ? text.len : 300);
    if (!state) {
        return err_make(ERR_BUSY, str_fmt(a, "postgresql: %s", PQresultErrorMessage(p->held)));
    }
    return err_make(code_of(state), str_fmt(a, "postgresql %s: %s: %.*s", state,
                                            message ? message : "", STR_ARG(cut)));
}

/* --- receiving ------------------------------------------------------------------------- */

static void cancel(struct pg *p)
{
    char why[256];
    PGcancel *c = PQgetCancel(p->c);
    if (c) {
        PQcancel(c, why, sizeof(why));
        PQfreeCancel(c);
    }
}

/* Waits until an answer is there, or the limit of a statement that only reads
 * has passed: then that statement is cancelled, and its error waited for. */
static void wait_answer(struct pg *p, bool reads)
{
    bool cancelled = false;
    while (PQisBusy(p->c)) {
        int64_t left_ms = (p->deadline_us - db_now_us()) / 1000;
        bool over = reads && !cancelled && left_ms <= 0;
        if (over) {
            cancel(p);
            cancelled = true;
        }
        struct pollfd fd = {.fd = PQsocket(p->c), .events = POLLIN};
        poll(&fd, 1, reads && !cancelled ? (int)left_ms + 1 : 1000);
        if ((fd.revents || cancelled) && !PQconsumeInput(p->c)) {
            return;
        }
    }
}

static bool next_result(struct pg *p, bool reads)
{
    PQclear(p->held);
    p->held = NULL;
    if (p->deadline_us) {
        wait_answer(p, reads);
    }
    p->held = PQgetResult(p->c);
    if (!p->held && PQstatus(p->c) == CONNECTION_BAD) {
        p->lost = true;
    }
    return p->held != NULL;
}

/* Reads over the answer to one item.  `taken`: a jump came while it was held. */
static void skip_item(struct pg *p)
{
    struct pg_item item = p->items[p->read++];
    bool good = false;
    if (!p->taken) {
        p->lost = !next_result(p, false) || p->lost;
        ExecStatusType status = PQresultStatus(p->held);
        good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    }
    p->taken = false;
    if (!good && item.kind == PG_PREPARE) {
        cache_remove(&p->db.cache, &p->db.cache.entries[item.index]);
    }
    while (!p->lost && next_result(p, false)) {
    }
}

/* Reads what a jump, or an end that did not wait, left unread. */
void pg_settle(struct db *db)
{
    struct pg *p = pg_of(db);
    p->deadline_us = 0;
    while (p->unread && p->read < p->nitems && !p->lost) {
        skip_item(p);
    }
    if (p->unread && !p->lost) {
        bool sync = next_result(p, false) && PQresultStatus(p->held) == PGRES_PIPELINE_SYNC;
        p->lost = !sync;
    }
    PQclear(p->held);
    p->held = NULL;
    p->unread = false;
    p->nitems = 0;
    p->read = 0;
    p->forget = p->forget || p->texts.held > TEXTS_KEEP;
}

static int unhex(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* Bytes as \x0a1b, PostgreSQL's own form. */
static uint32_t take_hex(char *out, const char *in, size_t len)
{
    uint32_t n = 0;
    for (size_t i = 2; i + 1 < len; i += 2) {
        out[n++] = (char)(unhex(in[i]) << 4 | unhex(in[i + 1]));
    }
    out[n] = '\0';
    return n;
}

static void take_cell(struct pg *p, struct cell *c, int row, int col, char **bytes)
{
    if (PQgetisnull(p->held, row, col)) {
        c->type = CELL_NULL;
        return;
    }
    const char *text = PQgetvalue(p->held, row, col);
    size_t len = (size_t)PQgetlength(p->held, row, col);
    Oid type = PQftype(p->held, col);
    c->type = CELL_I64;
    if (type == OID_BOOL) {
        c->v.i64 = text[0] == 't';
        return;
    }
    bool number = type == OID_INT8 || type == OID_INT4 || type == OID_INT2 || type == OID_OID ||
                  type == OID_NUMERIC;
    if (number && str_to_i64(str_from_n(text, len), &c->v.i64)) {
        return;
    }
    c->type = CELL_TEXT;
    c->v.ptr = *bytes;
    if (type == OID_BYTEA) {
        c->len = take_hex(*bytes, text, len);
    } else {
        memcpy(*bytes, text, len + 1);
        c->len = (uint32_t)len;
    }
    *bytes += c->len + 1;
}

static err take_rows(struct pg *p, struct batch_stmt *s)
{
    struct rows_data *d = &s->result;
    int rows = PQntuples(p->held);
    d->cols = PQnfields(p->held);
    if (rows > s->max_rows) {
        return err_make(ERR_STORE, str_fmt(d->arena, "more than %lld rows: %.*s",
                                           (long long)s->max_rows, STR_ARG(s->sql.text)));
    }
    if (str_starts(str_from(PQcmdStatus(p->held)), STR("SELECT")) ||
        !str_to_i64(str_from(PQcmdTuples(p->held)), &d->changed)) {
        d->changed = 0;
    }
    size_t total = 0;
    for (int i = 0; i < rows; i++) {
        for (int k = 0; k < d->cols; k++) {
            total += (size_t)PQgetlength(p->held, i, k) + 1;
        }
    }
    d->cells = arena_array(d->arena, struct cell, (size_t)rows * (size_t)d->cols);
    char *bytes = arena_bytes(d->arena, total);
    for (int i = 0; i < rows; i++) {
        for (int k = 0; k < d->cols; k++) {
            take_cell(p, &d->cells[(size_t)i * (size_t)d->cols + (size_t)k], i, k, &bytes);
        }
    }
    d->rows = rows;
    return OK;
}

static str item_text(const struct pg *p, const struct batch *b, const struct pg_item *item)
{
    if (item->kind == PG_PREPARE) {
        return p->db.cache.entries[item->index].text;
    }
    return item->kind == PG_STMT && b ? b->stmts[item->index].sql.text : STR("");
}

/* The answer to one item.  An item the server skipped after an error answers
 * nothing. */
static err read_item(struct pg *p, struct batch *b, struct arena *a)
{
    struct pg_item item = p->items[p->read];
    if (!next_result(p, item.reads)) {
        p->lost = true;
        return pg_lost_err();
    }
    p->taken = true;
    err e = OK;
    ExecStatusType status = PQresultStatus(p->held);
    bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (good) {
        if (item.kind == PG_STMT) {
            e = take_rows(p, &b->stmts[item.index]);
        } else if (item.kind == PG_STEP) {
            db_step_done(&p->db);
        } else if (item.kind == PG_COMMIT &&
                   !str_eq(str_from(PQcmdStatus(p->held)), STR("COMMIT"))) {
            e = err_make(ERR_STORE, STR("the transaction had failed and was undone"));
        }
    } else if (status != PGRES_PIPELINE_ABORTED) {
        e = held_err(p, a, item_text(p, b, &item));
    }
    p->taken = false;
    p->read++;
    if (!good && item.kind == PG_PREPARE) {
        cache_remove(&p->db.cache, &p->db.cache.entries[item.index]);
    }
    if (PQstatus(p->c) == CONNECTION_BAD) {
        p->lost = true;
        return e.code ? e : pg_lost_err();
    }
    if (next_result(p, item.reads)) {
        p->lost = true; /* each item has one answer; anything else is beyond us */
        return e.code ? e : pg_lost_err();
    }
    return e;
}

err pg_read(struct pg *p, struct batch *b, struct arena *a)
{
    err first = OK;
    while (p->read < p->nitems && !p->lost) {
        err e = read_item(p, b, a);
        first = first.code ? first : e;
    }
    pg_settle(&p->db);
    if (p->lost && !first.code) {
        first = pg_lost_err();
    }
    return first;
}
