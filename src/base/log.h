/* log.h - one line per event, to standard error: key=value, for people and grep.
 *
 *   2026-11-24T02:30:00.123Z info  http.request id=42 method=GET path=/fault/7 status=200 us=312
 *
 * No allocation, one write per line, safe from any thread.  Values with spaces
 * or quotes are quoted; lines are cut at 2,000 bytes.  Never log passwords,
 * tokens or the content of records.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_line {
    char text[2000];
    size_t len;
};

struct log_line log_line(enum log_level level, const char *event);
void log_str(struct log_line *l, const char *key, str value);
void log_i64(struct log_line *l, const char *key, int64_t value);
void log_write(struct log_line *l);

#endif
