#include "base/log.h"

#include "base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The one thing that changes here; see tool/statics-allowed.txt. */
static struct {
    _Atomic int least;
    _Atomic int64_t slow_statement_us;
} settings = {LOG_INFO, 0};

void log_set(struct log_settings s)
{
    atomic_store_explicit(&settings.least, (int)s.least, memory_order_relaxed);
    atomic_store_explicit(&settings.slow_statement_us, s.slow_statement_us, memory_order_relaxed);
}

struct log_settings log_settings(void)
{
    return (struct log_settings){
        (enum log_level)atomic_load_explicit(&settings.least, memory_order_relaxed),
        atomic_load_explicit(&settings.slow_statement_us, memory_order_relaxed)};
}

static void put(struct log_line *l, const char *p, size_t n)
{
    size_t room = sizeof(l->text) - 1 - l->len;
    n = n < room ? n : room;
    memcpy(l->text + l->len, p, n);
    l->len += n;
}

static void put_z(struct log_line *l, const char *z)
{
    put(l, z, strlen(z));
}

struct log_line log_line(enum log_level level, const char *event)
{
    static const char *const names[] = {"debug", "info ", "warn ", "error"};
    struct log_line l = {.level = level};
    struct clock_civil c = clock_civil_at(clock_now(), 0);
    char head[64];
    int n = snprintf(head, sizeof(head), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ %s ", c.year, c.month,
                     c.day, c.hour, c.minute, c.second, c.ms, names[level]);
    put(&l, head, n > 0 ? (size_t)n : 0);
    put_z(&l, event);
    return l;
}

void log_str(struct log_line *l, const char *key, str value)
{
    put(l, " ", 1);
    put_z(l, key);
    put(l, "=", 1);
    bool plain = value.len > 0;
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        plain = plain && c > 0x20 && c != '"' && c != 0x7f;
    }
    if (plain) {
        put(l, value.ptr, value.len);
        return;
    }
    put(l, "\"", 1);
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        char shown = c < 0x20 || c == 0x7f ? ' ' : (char)c;
        if (c == '"') {
            shown = '\'';
        }
        put(l, &shown, 1);
    }
    put(l, "\"", 1);
}

void log_i64(struct log_line *l, const char *key, int64_t value)
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%lld", (long long)value);
    log_str(l, key, str_from_n(text, n > 0 ? (size_t)n : 0));
}

void log_write(struct log_line *l)
{
    if ((int)l->level < atomic_load_explicit(&settings.least, memory_order_relaxed)) {
        return;
    }
    l->text[l->len++] = '\n';
    ssize_t done = write(STDERR_FILENO, l->text, l->len);
    (void)done; /* nobody to tell */
}
