/* midway.c - work that a kill -9 meets half done: a publication, attachments that come in,
 * search text that is put in the index. */
#include "torture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

void midway_begin(struct torture *t, struct midway *m)
{
    char command[900];
    snprintf(m->folder, sizeof(m->folder), "%s.law", t->server.data);
    snprintf(command, sizeof(command), "rm -rf %s && cp -r regulations %s", m->folder, m->folder);
    if (system(command) != 0) {
        die("the regulations cannot be copied", 0, str_from(m->folder));
    }
}

/* Another length of a deadline each time: a new version. */
static void revise(struct midway *m)
{
    char command[900];
    snprintf(command, sizeof(command),
             "sed -i 's/fault.accept: {type: workhours, default: [0-9]* workhours/"
             "fault.accept: {type: workhours, default: %d workhours/'"
             " %s/fault_reporting/definition.yaml",
             2 + (int)(m->revisions++ % 7), m->folder);
    if (system(command) != 0) {
        die("a regulation cannot be revised", 0, str_from(m->folder));
    }
}

/* `zhidu publish` of another version, under way when this returns. */
void midway_publish(struct torture *t, struct midway *m)
{
    revise(m);
    m->pid = fork();
    if (m->pid == 0) {
        int nothing = open("/dev/null", O_RDWR);
        dup2(nothing, STDIN_FILENO);
        dup2(nothing, STDOUT_FILENO);
        dup2(nothing, STDERR_FILENO);
        execl(t->server.program, t->server.program, "publish", m->folder, "--yes", "--data",
              t->server.data, (char *)NULL);
        _exit(127);
    }
}

static void *upload(void *arg)
{
    struct midway *m = arg;
    struct arena a = arena_make(64u << 20);
    int status = load_upload(m->all, &a);
    m->uploads++;
    m->stored += status == 201;
    arena_end(&a);
    return NULL;
}

void midway_upload(struct torture *t, struct midway *m)
{
    m->all = t;
    m->uploading = pthread_create(&m->thread, NULL, upload, m) == 0;
}

/* After the kill: what of it was answered. */
void midway_over(struct midway *m)
{
    int status = 1;
    if (m->pid > 0) {
        waitpid(m->pid, &status, 0);
        m->publications++;
        m->published += status == 0;
        m->pid = 0;
    }
    if (m->uploading) {
        pthread_join(m->thread, NULL);
        m->uploading = false;
    }
}

/* Every attachment that is named has its bytes, whole. */
static int64_t attachments(struct torture *t, struct arena *a)
{
    struct rows r;
    int64_t n = 0;
    err e = db_query(held_look(t, a), a, SQL("select sha256, size from attachment"), NO_ARGS, &r);
    while (!e.code && rows_next(&r)) {
        str sha = rows_text(&r, 0);
        struct stat st;
        str path = str_fmt(a, "%s/blobs/%.2s/%.*s", t->server.data, sha.ptr, (int)sha.len - 2,
                           sha.ptr + 2);
        if (stat(path.ptr, &st) != 0 || st.st_size != rows_i64(&r, 1)) {
            die("the bytes of an attachment are not there", n, path);
        }
        n++;
    }
    return n;
}

/* On a running server: the index catches up, and a version is published as if nothing had been. */
void midway_check(struct torture *t, struct midway *m)
{
    enum { PATIENCE = 1200 };
    struct arena a = arena_make(64u << 20);
    struct db *db = held_look(t, &a);
    int64_t left = 1;
    for (int i = 0; left && i < PATIENCE; i++) {
        left = held_number(db, &a, SQL("select count(*) from search_queue"), NO_ARGS);
        pause_us(left ? 50000 : 0);
    }
    left += held_number(db, &a,
                        SQL("select count(*) from r_fault r where not exists"
                            " (select 1 from search_text s where s.record = r.id)"),
                        NO_ARGS);
    if (left) {
        die("records that cannot be found", left, STR(""));
    }
    int64_t versions = held_number(db, &a, SQL("select count(*) from law"), NO_ARGS);
    midway_publish(t, m);
    midway_over(m);
    int64_t now = held_number(db, &a, SQL("select count(*) from law"), NO_ARGS);
    int64_t had = attachments(t, &a);
    if (now != versions + 1 || had < m->stored) {
        die("after the kills a publication, or attachments", now - versions, STR(""));
    }
    printf("%lld publications met a kill, %lld of them were answered, %lld versions stand; %lld "
           "attachments, %lld answered, %lld there and whole; the index of searching is complete\n",
           (long long)m->publications - 1, (long long)m->published - 1, (long long)now,
           (long long)m->uploads, (long long)m->stored, (long long)had);
    arena_end(&a);
}
