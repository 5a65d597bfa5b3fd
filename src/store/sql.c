#include "store/sql.h"

#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More than any definition leads to: 192 rules of 64 KB (engine/room.c).  What passes it is
 * a fault of ours and aborts in sqlb_end. */
enum { SQL_TEXT_MAX = 16 << 20, NAME_MAX_BYTES = 63 };

static _Noreturn void sql_bug(const char *what, str s)
{
    fprintf(stderr, "sql: %s: '%.*s'\n", what, (int)(s.len > 200 ? 200 : s.len),
            s.ptr ? s.ptr : "");
    abort();
}

struct sqlb sqlb_make(struct arena *a)
{
    return (struct sqlb){.buf = buf_make(a, SQL_TEXT_MAX)};
}

void sqlb_put_trusted(struct sqlb *b, str literal)
{
    buf_put(&b->buf, literal);
}

static bool name_start(char c)
{
    return (c >= 'a' && c <= 'z') || c == '_';
}

static bool name_char(char c)
{
    return name_start(c) || (c >= '0' && c <= '9');
}

static bool name_ok(str s)
{
    if (s.len == 0 || s.len > NAME_MAX_BYTES || !name_start(s.ptr[0])) {
        return false;
    }
    for (size_t i = 1; i < s.len; i++) {
        if (!name_char(s.ptr[i])) {
            return false;
        }
    }
    return true;
}

void sqlb_ident(struct sqlb *b, str name)
{
    if (!name_ok(name)) {
        sql_bug("not a name", name);
    }
    buf_put_c(&b->buf, '"');
    buf_put(&b->buf, name);
    buf_put_c(&b->buf, '"');
}

void sqlb_ident2(struct sqlb *b, const char *prefix, str name)
{
    char both[NAME_MAX_BYTES + 1];
    size_t n = strlen(prefix);
    if (n + name.len > NAME_MAX_BYTES) {
        sql_bug("name too long", name);
    }
    memcpy(both, prefix, n);
    if (name.len) {
        memcpy(both + n, name.ptr, name.len);
    }
    sqlb_ident(b, str_from_n(both, n + name.len));
}

void sqlb_i64(struct sqlb *b, int64_t v)
{
    if (v < 0) {
        /* Both read -9223372036854775808 as minus of a number that does not
         * fit, so the least value is written as a difference. */
        if (v == INT64_MIN) {
            BUF_LIT(&b->buf, "(-9223372036854775807-1)");
            return;
        }
        buf_put_c(&b->buf, '(');
        buf_put_i64(&b->buf, v);
        buf_put_c(&b->buf, ')');
        return;
    }
    buf_put_i64(&b->buf, v);
}

void sqlb_text(struct sqlb *b, str s)
{
    if (s.len && memchr(s.ptr, 0, s.len)) {
        sql_bug("NUL in a text", s);
    }
    buf_put_c(&b->buf, '\'');
    for (str rest = s; rest.ptr;) {
        str part = str_cut(rest, '\'', &rest);
        buf_put(&b->buf, part);
        if (rest.ptr) {
            BUF_LIT(&b->buf, "''");
        }
    }
    buf_put_c(&b->buf, '\'');
}

void sqlb_param(struct sqlb *b, int n)
{
    if (n < 1) {
        sql_bug("parameters count from 1", STR(""));
    }
    buf_put_c(&b->buf, '$');
    buf_put_i64(&b->buf, n);
}

void sqlb_sql(struct sqlb *b, struct sql part)
{
    buf_put(&b->buf, part.text);
}

struct sql sqlb_end(struct sqlb *b)
{
    str text = buf_str(&b->buf);
    if (b->buf.full) {
        sql_bug("statement too long", text);
    }
    return (struct sql){.text = text, .hash = sql_hash(text)};
}

uint64_t sql_hash(str text)
{
    uint64_t h = 0x9e3779b97f4a7c15u ^ text.len;
    const char *p = text.ptr;
    size_t n = text.len;
    while (n) {
        uint64_t w = 0;
        size_t k = n < sizeof(w) ? n : sizeof(w);
        memcpy(&w, p, k);
        h = (h ^ w) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
        p += k;
        n -= k;
    }
    return h ? h : 1; /* 0 says: not computed */
}
