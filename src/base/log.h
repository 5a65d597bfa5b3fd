/* log.h - one line per event, to standard error: key=value, for people and grep.
 *
 *   2026-11-24T02:30:00.123Z info  http.request id=42 method=GET route=/r/~/# status=200 us=312
 *
 * No allocation, one write per line, safe from any thread.  Values with spaces
 * or quotes are quoted; lines are cut at 2,000 bytes.  Never log passwords,
 * tokens, names of people or the content of records: addresses of routes,
 * numbers of records and texts of statements without their values are enough.
 *
 * Two settings of the whole process (the stream it writes to is one, too) may
 * be changed at any time; what is below the level is dropped by log_write.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_line {
    char text[2000];
    size_t len;
    enum log_level level;
};

struct log_settings {
    enum log_level least;      /* INFO at the start */
    int64_t slow_statement_us; /* SQL that takes as long is logged (store/db.h); 0, as at the
                                  start: none */
};
void log_set(struct log_settings s);
struct log_settings log_settings(void);

/* Begin a line, put values into it in the order they shall stand, write it.  `event` and
 * `key` are words of ours, without spaces. */
struct log_line log_line(enum log_level level, const char *event);
void log_str(struct log_line *l, const char *key, str value);
void log_i64(struct log_line *l, const char *key, int64_t value);
void log_write(struct log_line *l);

#endif
