/* timers.c - kill -9 aimed at what the clock does: deadlines just falling due, a checkpoint
 * being signed, a backup being made.  A demonstration's clock is moved by a day and the server
 * killed a moment later; in the end every mark of a deadline has told its people exactly
 * once, and the backups are whole. */
#include "base/clock.h"

#include "torture.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STEP_US = 50000, PATIENCE = 4800 /* steps: four minutes */ };

struct tried {
    char folder[160];                    /* of the backups */
    int64_t marks, checkpoints, backups; /* rounds, by what the kill was aimed at */
    int64_t fired, told, checked;        /* marks; notifications; backups verified */
};

/* `zhidu clock 1d`, under way when this returns. */
static pid_t move_clock(const struct torture *t)
{
    pid_t pid = fork();
    if (pid == 0) {
        int nothing = open("/dev/null", O_RDWR);
        dup2(nothing, STDOUT_FILENO);
        dup2(nothing, STDERR_FILENO);
        execl(t->server.program, t->server.program, "clock", "1d", "--data", t->server.data,
              (char *)NULL);
        _exit(127);
    }
    return pid;
}

/* Some reports; their deadlines, and those of the rounds before, fall due; killed. */
static void one_round(struct torture *t, struct tried *n, int round)
{
    enum { MARK_US = 120000, CHECKPOINT_US = 1200000, BACKUP_US = 3500000 };
    static const long within[] = {MARK_US, CHECKPOINT_US, BACKUP_US};
    int64_t *const counts[] = {&n->marks, &n->checkpoints, &n->backups};
    town_start(t);
    load_start(t);
    pause_us(roll(t, 150000, 400000));
    load_finish(t);
    pid_t mover = move_clock(t);
    pause_us(roll(t, 0, within[round % 3]));
    server_stop(&t->server, SIGKILL);
    waitpid(mover, NULL, 0);
    ++*counts[round % 3];
}

/* The server's time: the machine's, and by how much it was moved. */
static int64_t its_now(const struct torture *t)
{
    char path[200];
    long long moved = 0;
    snprintf(path, sizeof(path), "%s/clock-moved", t->server.data);
    FILE *f = fopen(path, "re");
    if (f) {
        int read = fscanf(f, "%lld", &moved);
        moved = read == 1 ? moved : 0;
        fclose(f);
    }
    return clock_now() + moved;
}

/* On a running server: until nothing is due any more, and today's backup is made. */
static void settle(struct torture *t)
{
    struct arena a = arena_make(32 << 20);
    const char *args[] = {"clock", "5d", NULL};
    server_run(&t->server, &a, args);
    struct db *db = held_look(t, &a);
    int64_t left = 1;
    for (int i = 0; left && i < PATIENCE; i++) {
        struct arena one = arena_make(1 << 20);
        left = held_number(db, &one,
                           SQL("select count(*) from term where mark_at is not null"
                               " and mark_at <= $1"),
                           ARGS(db_i64(its_now(t))));
        arena_end(&one);
        pause_us(left ? STEP_US : 0);
    }
    if (left) {
        die("marks of deadlines that nobody works off", left, STR(""));
    }
    town_sign_in(t); /* days have passed */
    says(t, "的备份已恢复到临时目录并核验", "", "was restored on trial and verified", "");
    arena_end(&a);
}

/* Each mark that fired has told, and nobody was told the same of the same record twice. */
static void told_once(struct torture *t, struct tried *n)
{
    struct arena a = arena_make(64 << 20);
    struct db *db = held_look(t, &a);
    int64_t twice =
        held_number(db, &a,
                    SQL("select count(*) from (select person, record, zh from notification"
                        " where zh like '% 逾期未受理' or zh like '% 长时间未受理'"
                        " group by person, record, zh having count(*) > 1) q"),
                    NO_ARGS);
    int64_t missing =
        held_number(db, &a,
                    SQL("select count(*) from term t where t.term = 'acceptance'"
                        " and ((t.fired & 1 = 1 and not exists (select 1 from notification n"
                        " where n.record = t.record and n.zh like '% 逾期未受理'))"
                        " or (t.fired & 2 = 2 and not exists (select 1 from notification n"
                        " where n.record = t.record and n.zh like '% 长时间未受理')))"),
                    NO_ARGS);
    int64_t refused =
        held_number(db, &a, SQL("select count(*) from job where kind = 'clock'"), NO_ARGS);
    n->fired = held_number(db, &a,
                           SQL("select count(*) from term where term = 'acceptance'"
                               " and fired & 1 = 1"),
                           NO_ARGS);
    n->told = held_number(db, &a,
                          SQL("select count(*) from notification where zh like '% 逾期未受理'"
                              " or zh like '% 长时间未受理'"),
                          NO_ARGS);
    arena_end(&a);
    if (twice || missing || refused || !n->fired) {
        die("people told twice of a deadline", twice,
            missing   ? STR("others never")
            : refused ? STR("refused")
                      : STR(""));
    }
}

/* Nothing half made is left, and each backup there is verifies. */
static void backups_whole(struct torture *t, struct tried *n)
{
    struct arena a = arena_make(16 << 20);
    DIR *d = opendir(n->folder);
    for (struct dirent *x = d ? readdir(d) : NULL; x; x = readdir(d)) {
        str name = str_from(x->d_name);
        if (str_eq(name, STR(".")) || str_eq(name, STR(".."))) {
            continue;
        }
        if (!str_ends(name, STR(".backup")) || name.ptr[0] == '.') {
            die("left of a backup that was cut off", 0, name);
        }
        const char *file = str_fmt(&a, "%s/%s", n->folder, x->d_name).ptr;
        const char *args[] = {"backup", "--verify", file, NULL};
        server_run(&t->server, &a, args);
        unlink(file);
        n->checked++;
    }
    if (d) {
        closedir(d);
    }
    if (!n->checked) {
        die("no backup was made", 0, str_from(n->folder));
    }
    rmdir(n->folder);
    arena_end(&a);
}

void part_timers(struct torture *t, int rounds)
{
    struct tried n = {0};
    snprintf(n.folder, sizeof(n.folder), "%s.backups", t->server.data);
    mkdir(n.folder, 0700);
    setenv("ZHIDU_BACKUP_FOLDER", n.folder, 1);
    setenv("ZHIDU_BACKUP_DAILY", "100", 1);
    t->pace_us = 40000;
    for (int i = 0; i < rounds; i++) {
        one_round(t, &n, i);
    }
    town_start(t);
    settle(t);
    if (server_stop(&t->server, SIGTERM) != 0) {
        die("the server did not end well", 0, STR(""));
    }
    unsetenv("ZHIDU_BACKUP_FOLDER");
    unsetenv("ZHIDU_BACKUP_DAILY");
    held_all(t);
    told_once(t, &n);
    backups_whole(t, &n);
    printf("%lld kills when deadlines fell due, %lld while a checkpoint was signed, %lld while a "
           "backup was made: %lld deadlines passed, %lld notifications, none missing, none twice; "
           "%lld backups, all whole; %lld acts acknowledged and there exactly once\n",
           (long long)n.marks, (long long)n.checkpoints, (long long)n.backups, (long long)n.fired,
           (long long)n.told, (long long)n.checked, (long long)t->nacked);
    printf("%d passed, 0 failed\n", rounds);
}
