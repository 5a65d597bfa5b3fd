/* db_slow.c - statements that took long, for the log: what was asked, never of whom. */
#include "base/log.h"
#include "store/db_int.h"

#include <time.h>

enum { TEXT_MAX = 1700 };

void db_tag(struct db *db, int64_t request)
{
    db->tag = request;
}

int64_t db_slow_clock_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static bool in_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || c == '"';
}

/* The statement with ? for every text and number that stands in it: a filter that
 * somebody typed is part of the text.  Names ("r_fault", f_x1) and $1 stay. */
static size_t without_values(str sql, char *to, size_t room)
{
    size_t n = 0;
    char before = ' ';
    for (size_t i = 0; i < sql.len && n < room; i++) {
        char c = sql.ptr[i];
        if (c == '\'') {
            /* to the closing quote; a doubled one is part of the text */
            for (i++; i < sql.len; i++) {
                bool doubled = i + 1 < sql.len && sql.ptr[i + 1] == '\'';
                if (sql.ptr[i] == '\'' && !doubled) {
                    break;
                }
                i += sql.ptr[i] == '\'';
            }
            c = '?';
        } else if (c >= '0' && c <= '9' && !in_name(before)) {
            while (i + 1 < sql.len &&
                   ((sql.ptr[i + 1] >= '0' && sql.ptr[i + 1] <= '9') || sql.ptr[i + 1] == '.')) {
                i++;
            }
            c = '?';
        }
        to[n++] = before = c;
    }
    return n;
}

void db_slow_look(const struct db *db, const struct batch_stmt *s, int n, int64_t began_us)
{
    int64_t most = log_settings().slow_statement_us;
    int64_t us = most ? db_slow_clock_us() - began_us : 0;
    if (!most || us < most) {
        return;
    }
    char text[TEXT_MAX];
    size_t len = 0;
    for (int i = 0; i < n && len < sizeof(text); i++) {
        len += without_values(s[i].sql.text, text + len, sizeof(text) - len);
        if (i + 1 < n && len < sizeof(text)) {
            text[len++] = ';';
        }
    }
    struct log_line l = log_line(LOG_WARN, "store.slow");
    if (db->tag) {
        log_i64(&l, "id", db->tag);
    }
    log_i64(&l, "us", us);
    log_i64(&l, "statements", n);
    log_str(&l, "text", str_from_n(text, len));
    log_write(&l);
}
