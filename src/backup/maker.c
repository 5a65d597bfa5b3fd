#include "backup/maker.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "engine/refusal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STEP_MS = 500, PACKET_ARENA = 1 << 20, WORK_ARENA = 512 << 20 };

static void put_words(struct maker_report *r, struct words w)
{
    state_text(r->zh, STATE_TEXT, w.zh);
    state_text(r->en, STATE_TEXT, w.en);
}

static bool send_packet(int line, str packet)
{
    return packet.len && send(line, packet.ptr, packet.len, MSG_NOSIGNAL) == (ssize_t)packet.len;
}

/* --- the server's end -------------------------------------------------------------------- */

bool maker_ask(int line, int zone)
{
    char packet[64];
    int n = snprintf(packet, sizeof(packet), "{\"zone\":%d}", zone);
    return send_packet(line, str_from_n(packet, (size_t)n));
}

bool maker_gone(int line)
{
    char c;
    ssize_t n = recv(line, &c, 1, MSG_PEEK | MSG_DONTWAIT);
    return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

static int64_t number(const struct json_value *v, str key)
{
    int64_t n = json_i64_of(json_get(v, key), 0);
    return n > 0 ? n : 0;
}

static enum maker_said read_report(struct arena *a, str packet, struct maker_report *ret)
{
    const struct json_value *v;
    *ret = (struct maker_report){.failed = true};
    if (json_read(a, packet, &v).code || v->kind != JV_OBJECT) {
        put_words(ret, WORDS("备份进程的答复无法读懂。",
                             "What the process that makes backups said is not understood."));
        return MAKER_DONE;
    }
    const struct json_value *doing = json_get(v, STR("doing"));
    const struct json_value *said = doing ? doing : v;
    *ret = (struct maker_report){
        .made = json_bool_of(json_get(v, STR("made"))),
        .failed = json_bool_of(json_get(v, STR("failed"))),
        .entries = number(v, STR("entries")),
        .missing = number(v, STR("missing")),
        .bytes = number(v, STR("bytes")),
        .removed = number(v, STR("removed")),
        .done = number(v, STR("done")),
        .total = number(v, STR("total")),
    };
    state_text(ret->zh, STATE_TEXT, json_str_of(json_get(said, STR("zh"))));
    state_text(ret->en, STATE_TEXT, json_str_of(json_get(said, STR("en"))));
    return doing ? MAKER_STEP : MAKER_DONE;
}

enum maker_said maker_hear(int line, int wait_ms, struct maker_report *ret)
{
    struct pollfd p = {.fd = line, .events = POLLIN};
    if (poll(&p, 1, wait_ms) <= 0) {
        return MAKER_SILENT;
    }
    char packet[MAKER_PACKET];
    ssize_t n = recv(line, packet, sizeof(packet), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return MAKER_SILENT;
    }
    if (n <= 0) {
        return MAKER_GONE;
    }
    struct arena a = arena_make(PACKET_ARENA);
    enum maker_said said = read_report(&a, str_from_n(packet, (size_t)n), ret);
    arena_end(&a);
    return said;
}

/* --- the child that makes one -------------------------------------------------------------- */

struct making_one {
    int line;
    int64_t told_at; /* monotone ms */
};

static void put_two(struct json *j, struct words w)
{
    JSON_STR(j, "zh", w.zh);
    JSON_STR(j, "en", w.en);
}

static bool step(void *arg, struct words what, int64_t done, int64_t total)
{
    struct making_one *m = arg;
    int64_t now = clock_mono_us() / 1000;
    if (now - m->told_at >= STEP_MS) {
        struct arena a = arena_make(PACKET_ARENA);
        struct json j = json_begin(&a, MAKER_PACKET);
        json_open(&j, '{');
        json_key(&j, STR("doing"));
        json_open(&j, '{');
        put_two(&j, what);
        json_close(&j, '}');
        JSON_I64(&j, "done", done);
        JSON_I64(&j, "total", total);
        json_close(&j, '}');
        str packet = json_end(&j);
        /* nobody has to listen: a full line is no reason to wait */
        send(m->line, packet.ptr, packet.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        arena_end(&a);
        m->told_at = now;
    }
    return !maker_gone(m->line);
}

static bool say(int line, const struct maker_report *r)
{
    struct arena a = arena_make(PACKET_ARENA);
    struct json j = json_begin(&a, MAKER_PACKET);
    json_open(&j, '{');
    JSON_BOOL(&j, "made", r->made);
    JSON_I64(&j, "entries", r->entries);
    JSON_I64(&j, "missing", r->missing);
    JSON_I64(&j, "bytes", r->bytes);
    JSON_I64(&j, "removed", r->removed);
    JSON_BOOL(&j, "failed", r->failed);
    put_two(&j, (struct words){str_from(r->zh), str_from(r->en)});
    json_close(&j, '}');
    bool said = send_packet(line, json_end(&j));
    arena_end(&a);
    return said;
}

static void say_failed(struct maker_report *r, err e)
{
    r->failed = true;
    put_words(r, e.why ? e.why->what : (struct words){e.detail, e.detail});
}

static bool read_request(struct arena *a, int line, int *zone)
{
    char packet[MAKER_PACKET];
    const struct json_value *v;
    ssize_t n = recv(line, packet, sizeof(packet), MSG_DONTWAIT);
    if (n <= 0 || json_read(a, str_from_n(packet, (size_t)n), &v).code) {
        return false;
    }
    int64_t minutes = json_i64_of(json_get(v, STR("zone")), MAKER_ZONE_MOST + 1);
    *zone = (int)minutes;
    return minutes >= -MAKER_ZONE_MOST && minutes <= MAKER_ZONE_MOST;
}

static void make(struct arena *a, int line, const struct maker_plan *plan, int zone,
                 struct maker_report *r)
{
    struct making_one m = {.line = line};
    struct backup_watch watch = {step, &m};
    struct backup_source src = plan->source;
    struct backup_report rep;
    int removed = 0;
    src.now = plan->now(plan->arg);
    str whose = keep_whose(a, src.data_dir);
    str name = keep_name(a, whose, src.now);
    str file = str_fmt(a, "%.*s/%.*s", STR_ARG(plan->folder), STR_ARG(name));
    err e = backup_make(a, &src, file, &plan->key, true, &watch, &rep);
    if (!e.code) {
        r->made = true;
        r->entries = rep.head.entries;
        r->missing = rep.head.missing;
        r->bytes = rep.file_bytes;
        e = keep_tidy(a, plan->folder, whose, plan->keep, zone, &removed);
        r->removed = removed;
    }
    if (e.code) {
        say_failed(r, e);
    }
}

/* Returns the status to leave with. */
static int make_one(int line, const struct maker_plan *plan)
{
    struct arena a = arena_make(WORK_ARENA);
    struct maker_report r = {0};
    int zone = 0;
    err e = plan->confine(plan->arg, &a);
    if (e.code) {
        say_failed(&r, e);
    } else if (!read_request(&a, line, &zone)) {
        put_words(&r, WORDS("向备份进程提的要求无法读懂。",
                            "What the process that makes backups was asked is not understood."));
        r.failed = true;
    } else {
        make(&a, line, plan, zone, &r);
    }
    arena_end(&a); /* the scratch folder goes with it */
    return say(line, &r) ? 0 : 1;
}

/* --- the process that stays ------------------------------------------------------------------- */

/* What it was asked is answered hereby. */
static void say_not(int line, struct words w)
{
    struct maker_report r = {.failed = true};
    char packet[MAKER_PACKET];
    while (recv(line, packet, sizeof(packet), MSG_DONTWAIT) > 0) {
        /* nobody will read it */
    }
    put_words(&r, w);
    say(line, &r);
}

static void say_died(int line, int status)
{
    struct arena a = arena_make(PACKET_ARENA);
    bool killed = WIFSIGNALED(status);
    say_not(line,
            words_fmt(&a, "备份进程中途结束（%s %d），可能内存不足或被终止。",
                      "The process that makes the backup ended before its time (%s %d): out of"
                      " memory, or it was killed.",
                      killed ? "signal" : "status",
                      killed ? WTERMSIG(status) : WEXITSTATUS(status)));
    arena_end(&a);
}

void maker_serve(int line, const struct maker_plan *plan)
{
    pid_t own = getpid();
    for (;;) {
        struct pollfd p = {.fd = line, .events = POLLIN};
        int n = poll(&p, 1, -1);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 || maker_gone(line)) {
            return;
        }
        int status = 0;
        pid_t pid = fork();
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            _exit(getppid() == own ? make_one(line, plan) : 1);
        }
        while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
            /* once more */
        }
        if (pid < 0) {
            say_not(line, WORDS("系统不能再开进程，没有备份。",
                                "The system starts no further process; there is no backup."));
        } else if (status != 0) {
            say_died(line, status);
        }
    }
}
