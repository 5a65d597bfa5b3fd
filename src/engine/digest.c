#include "engine/digest.h"

#include "engine/perform_int.h"
#include "ledger/b64.h"

#include <string.h>

struct digest digest_begin(struct hasher *h)
{
    hash_begin(h);
    return (struct digest){.h = h};
}

/* Many small pieces make few calls of the hash. */
static void put(struct digest *d, const void *p, size_t n)
{
    if (n > sizeof(d->held) - d->n) {
        hash_put(d->h, d->held, d->n);
        d->n = 0;
    }
    if (n > sizeof(d->held)) {
        hash_put(d->h, p, n);
    } else if (n) {
        memcpy(d->held + d->n, p, n);
        d->n += n;
    }
}

static void put_number(struct digest *d, uint64_t v, int bytes)
{
    unsigned char b[8];
    for (int i = 0; i < bytes; i++) {
        b[i] = (unsigned char)(v >> (8 * (bytes - 1 - i)));
    }
    put(d, b, (size_t)bytes);
}

static void put_name(struct digest *d, str column, char kind)
{
    put_number(d, column.len, 2);
    put(d, column.ptr, column.len);
    put(d, &kind, 1);
}

void digest_i64(struct digest *d, str column, int64_t v)
{
    put_name(d, column, 'i');
    put_number(d, (uint64_t)v, 8);
}

void digest_text(struct digest *d, str column, str v)
{
    put_name(d, column, 't');
    put_number(d, v.len, 4);
    put(d, v.ptr, v.len);
}

struct hash digest_end(struct digest *d)
{
    hash_put(d->h, d->held, d->n);
    return hash_end(d->h);
}

struct hash digest_row(struct hasher *h, const struct tplan *t, const struct cell *row)
{
    struct digest d = digest_begin(h);
    for (int i = 0; i < t->ncols; i++) {
        int col = t->sorted[i];
        if (row[col].null) {
            continue;
        }
        if (t->is_text[col]) {
            digest_text(&d, t->cols[col], row[col].s);
        } else {
            digest_i64(&d, t->cols[col], row[col].i);
        }
    }
    return digest_end(&d);
}

static void maybe_i64(struct digest *d, str column, bool no, int64_t v)
{
    if (!no) {
        digest_i64(d, column, v);
    }
}

static void maybe_text(struct digest *d, str column, bool no, str v)
{
    if (!no) {
        digest_text(d, column, v);
    }
}

struct hash digest_history(struct hasher *h, const struct history_row *r)
{
    struct digest d = digest_begin(h);
    digest_text(&d, STR("action"), r->action);
    digest_i64(&d, STR("at"), r->at);
    maybe_text(&d, STR("cause"), r->no_cause, r->cause);
    maybe_text(&d, STR("changes"), r->no_changes, r->changes);
    digest_i64(&d, STR("flags"), r->flags);
    maybe_i64(&d, STR("from_state"), r->no_from, r->from);
    digest_i64(&d, STR("id"), r->id);
    digest_i64(&d, STR("law"), r->law);
    maybe_text(&d, STR("note"), r->no_note, r->note);
    maybe_i64(&d, STR("parent"), r->no_parent, r->parent);
    digest_i64(&d, STR("person"), r->person);
    digest_i64(&d, STR("principal"), r->principal);
    digest_i64(&d, STR("record"), r->record);
    digest_i64(&d, STR("recorded"), r->recorded);
    digest_i64(&d, STR("seq"), r->seq);
    maybe_i64(&d, STR("to_state"), r->no_to, r->to);
    digest_i64(&d, STR("type"), r->type);
    return digest_end(&d);
}

struct hash digest_file(struct hasher *h, const struct file_row *f)
{
    struct digest d = digest_begin(h);
    digest_i64(&d, STR("act"), f->act);
    digest_i64(&d, STR("at"), f->at);
    maybe_text(&d, STR("field"), f->no_field, f->field);
    digest_i64(&d, STR("id"), f->id);
    digest_text(&d, STR("mime"), f->mime);
    digest_text(&d, STR("name"), f->name);
    digest_i64(&d, STR("person"), f->person);
    digest_i64(&d, STR("record"), f->record);
    digest_text(&d, STR("sha256"), f->sha256);
    digest_i64(&d, STR("size"), f->size);
    digest_i64(&d, STR("type"), f->type);
    return digest_end(&d);
}

str digest_write(struct arena *a, const struct hash *d)
{
    struct buf b = buf_make(a, 64);
    b64_put(&b, hash_str(d));
    return buf_str(&b);
}

bool digest_read(str text, struct hash *ret)
{
    return b64_get_n(text, ret->b, HASH_LEN);
}
