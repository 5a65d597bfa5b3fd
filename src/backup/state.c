#include "backup/state.h"

#include "backup/backup_int.h"
#include "base/arena.h"
#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 16 * 1024 };

void state_text(char *to, size_t room, str s)
{
    size_t n = s.len < room - 1 ? s.len : room - 1;
    while (n < s.len && n > 0 && ((unsigned char)s.ptr[n] & 0xc0) == 0x80) {
        n--;
    }
    memcpy(to, s.ptr, n);
    to[n] = '\0';
}

struct backup_state state_read(str data)
{
    struct arena a = arena_make(4u << 20);
    struct backup_state s = {0};
    const struct json_value *v;
    char *text = arena_bytes(&a, FILE_MAX);
    int fd = open(str_fmt(&a, "%.*s/backup.state", STR_ARG(data)).ptr, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, FILE_MAX) : -1;
    if (fd >= 0) {
        close(fd);
    }
    if (n > 0 && !json_read(&a, str_from_n(text, (size_t)n), &v).code) {
        s.tried_at = json_i64_of(json_get(v, STR("tried_at")), 0);
        s.good_at = json_i64_of(json_get(v, STR("good_at")), 0);
        s.due_at = json_i64_of(json_get(v, STR("due_at")), 0);
        s.entries = json_i64_of(json_get(v, STR("entries")), 0);
        s.missing = json_i64_of(json_get(v, STR("missing")), 0);
        s.bytes = json_i64_of(json_get(v, STR("bytes")), 0);
        s.failures = json_i64_of(json_get(v, STR("failures")), 0);
        s.failed = json_bool_of(json_get(v, STR("failed")));
        state_text(s.zh, sizeof(s.zh), json_str_of(json_get(v, STR("zh"))));
        state_text(s.en, sizeof(s.en), json_str_of(json_get(v, STR("en"))));
        state_text(s.by, sizeof(s.by), json_str_of(json_get(v, STR("by"))));
    }
    arena_end(&a);
    return s;
}

err state_write(struct arena *a, str data, const struct backup_state *s)
{
    struct json j = json_begin(a, FILE_MAX);
    json_open(&j, '{');
    JSON_I64(&j, "tried_at", s->tried_at);
    JSON_I64(&j, "good_at", s->good_at);
    JSON_I64(&j, "due_at", s->due_at);
    JSON_I64(&j, "entries", s->entries);
    JSON_I64(&j, "missing", s->missing);
    JSON_I64(&j, "bytes", s->bytes);
    JSON_I64(&j, "failures", s->failures);
    JSON_BOOL(&j, "failed", s->failed);
    JSON_STR(&j, "zh", str_from(s->zh));
    JSON_STR(&j, "en", str_from(s->en));
    JSON_STR(&j, "by", str_from(s->by));
    json_close(&j, '}');
    str text = json_end(&j);
    str path = str_fmt(a, "%.*s/backup.state", STR_ARG(data));
    str fresh = str_fmt(a, "%.*s.new", STR_ARG(path));
    int fd = open(fresh.ptr, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && backup_write_all(fd, text.ptr, text.len) == 0 && fsync(fd) == 0;
    int error = errno;
    if (fd >= 0) {
        close(fd);
    }
    ok = ok && rename(fresh.ptr, path.ptr) == 0;
    return ok ? OK : backup_io(a, path.ptr, error);
}
