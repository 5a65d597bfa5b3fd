/* cli.h - the command line: one function per command.
 *
 * A command that needs the installation gets it open in `engine`.  Those that
 * write talk to a running server through <data>/control.sock: the server runs
 * the very same function and its output comes back; where none runs, the
 * command opens the data folder itself (under the folder's lock).
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "backup/maker.h"
#include "backup/schedule.h"
#include "backup/upgrade.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/words.h"
#include "engine/engine.h"
#include "people/people.h"
#include "store/secret.h"

#include <stdatomic.h>
#include <stdio.h>
#include <sys/types.h>

struct config {
    str data;     /* folder */
    str database; /* URL; empty: sqlite in the data folder */
    str address;
    int port;
    str public_url, organisation, origin;
    str tls_cert, tls_key; /* files */
    str secret_key;        /* file; empty: secret.key in the data folder */
    str proxies;           /* addresses, separated by commas */
    str signer;            /* socket of a zhidu-signer; empty: one is started */
    str monitors;          /* addresses that may read /metrics, likewise */
    str monitor_token;     /* who brings it may, too; empty: nobody does */
    enum log_level log_level;
    bool log_requests; /* every one, not only the slow and the failed */
    int slow_request_ms, slow_statement_ms;
    int request_seconds;         /* for a request to be complete */
    int connections_per_address; /* open at once */
    int stop_seconds;            /* for what is in work when the server stops */
    str backup_folder;           /* where the server puts its backups; empty: it makes none */
    str backup_recipient;        /* public key for which they are sealed; empty: they are not */
    int signins_per_minute, searches_per_minute, suggestions_per_minute; /* web/rate.h */
    int exports_per_minute, uploads_per_minute, pings_per_minute;
    int security_days;                               /* how long the security log is kept */
    str backup_at;                                   /* "02:30", in the installation's zone */
    int backup_daily, backup_weekly, backup_monthly; /* of how many one stays */
    bool demo;
    bool sandbox; /* a server gives up what it does not need */
    str file;     /* what was read; empty: none */
};

struct demo_clock;
struct health;

struct cli {
    struct arena *arena; /* of the whole command */
    struct config config;
    enum lang lang;
    FILE *out;
    bool marked; /* `out` goes to a caller elsewhere, to whom errors are marked (CLI_TO_ERR) */
    int argc;    /* options of the call */
    char **argv;
    struct engine *engine; /* open for commands that need it */
    struct accounts *people;
    struct demo_clock *clock; /* in a running demonstration; else NULL */
    struct health *health;    /* of a running server: checks are added here; else NULL */
    int64_t (*now)(void);
    str cwd; /* folder names of the caller are relative to it */
    /* Opens a file of the caller's, who may be in another process with other rights:
     * see cli_open. */
    int (*open)(struct cli *c, str path, bool write, void *arg);
    const atomic_bool *stop; /* long work looks at it: the server is ending; NULL: never */
    /* Reads a line from whoever called, who is elsewhere; NULL: standard input.  `secret`: it is
     * not shown where it is typed. */
    str (*line)(struct cli *c, bool secret, void *arg);
    void *line_arg;
};

struct command {
    const char *name;
    struct words what;
    struct words help;                                /* usage and examples */
    int (*run)(struct cli *c, int argc, char **argv); /* exit code */
    enum { NEEDS_NOTHING, NEEDS_ENGINE } needs;
    bool writes; /* a running server does it */
};

extern const struct command cli_commands[];
extern const size_t cli_commands_len;

/* What this call's options, environment and file say now: config_read, then --data, --address
 * and --port; ret->data is a whole path. */
MUST_CHECK err cli_configure(struct cli *c, struct config *ret);
/* Defaults, then the file (--config, $ZHIDU_CONFIG, /etc/zhidu/zhidu.conf when
 * it is there), then ZHIDU_* of the environment.  ERR_INVALID names file and line, or the
 * variable; ERR_NOT_FOUND or ERR_STORE: a file that was named cannot be read; ERR_TOO_LARGE. */
MUST_CHECK err config_read(struct arena *a, str file, struct config *ret);
/* Those that differ and take effect with a restart only, separated by commas. */
str config_needs_restart(struct arena *a, const struct config *was, const struct config *is);
/* The text of a file into *c, what it does not set staying; on its own for fuzzing. */
MUST_CHECK err config_parse(struct arena *a, str file, str text, struct config *c);

/* A process of our own with less or other rights than ours, and our end of the line to it
 * (child.c).  It ends when the line does. */
enum { CHILD_LINE = 3 /* its end, in it */ };
struct child {
    pid_t pid; /* 0: none */
    int fd;
};
/* ERR_STORE: no process can be begun.  That the program cannot be run shows in the line, which
 * ends at once. */
MUST_CHECK err child_start(struct arena *life, const char *program, char *const *argv,
                           char *const *env, struct child *ret);
/* Closes the line, and waits until it has gone; after three seconds it is killed, and waited
 * for three more at most.  Nothing where there is none. */
void child_end(struct child *c);

/* A zhidu-signer.  `make`: with a key of its own for cfg->origin where there is none
 * yet.  ERR_NOT_FOUND: the program is not beside this one. */
MUST_CHECK err signer_child_start(struct arena *life, const struct config *cfg, bool make,
                                  struct child *ret);
/* Who makes the backups (backup/maker.h): this program as `backup-maker`, with the configuration
 * of `c`. */
MUST_CHECK err maker_child_start(struct cli *c, struct child *ret);

/* The engine of a data folder: its keys, its lock. */
struct installation {
    struct engine *engine;
    struct accounts *people;
    struct secrets secrets; /* the key of what is sealed in the database */
    struct demo_clock *clock;
    struct child signer;
    int lock;                      /* fd; -1 */
    struct upgrade_found upgraded; /* when it was opened; `kept`: the old database */
    str kept;
    bool made; /* installation_make has begun to write into the folder */
};
/* Older data are made ready first (backup/upgrade.h).  `background`: with the engine's clock.
 * `server`: gives up rights (confine) before the first thread begins; NULL: does not.  After
 * an error nothing stays open, and *ret is as it was.  ERR_NOT_FOUND: no installation there;
 * ERR_BUSY: another process has it. */
MUST_CHECK err installation_open(struct arena *life, const struct config *cfg, bool background,
                                 struct cli *server, struct installation *ret);
/* The setting `database`, or the file in the data folder. */
str cli_database_url(struct arena *a, const struct config *cfg);
/* Looks, without making anything, whether there is one that was made to its end: its key and, on
 * SQLite, its database.  What opens none by installation_open asks here.  In words. */
MUST_CHECK err installation_there(struct arena *a, const struct config *cfg);
/* Makes one of the folders of regulations; its clock runs `back_ms` behind until it is
 * closed.  ERR_CONFLICT where there is one already.  *ret is to be closed after an error
 * too, and tells whether there is something to unmake. */
MUST_CHECK err installation_make(struct arena *life, const struct config *cfg,
                                 const struct sources *s, int64_t back_ms, struct diags *d,
                                 struct installation *ret);
/* Stops the engine, ends the signer, gives up the lock; again: nothing. */
void installation_close(struct installation *i);
/* Only what is sealed in the database, and its key: without an engine, a signer or a
 * thread.  `alone`: under the folder's lock, and as a writer.  Ends with `life`. */
struct sealed {
    struct db *db;
    struct secrets secrets;
};
MUST_CHECK err installation_sealed(struct arena *life, const struct config *cfg, bool alone,
                                   struct sealed *ret);

/* --- a folder while its installation is made (making.c) ----------------------------------
 * It is made whole or not at all, also by a program that is killed: from making_begin to
 * making_end a mark stands in the folder.  What carries it is not opened, and the next
 * `zhidu init` clears it away and begins anew; what does not is never written over. */

/* The folder, made where there is none.  ERR_CONFLICT: it holds an installation. */
MUST_CHECK err making_look(struct arena *a, str data);
/* Under the lock: sets the mark, or removes what one that was broken off has left. */
MUST_CHECK err making_begin(struct arena *a, str data);
/* All is there, and closed. */
MUST_CHECK err making_end(struct arena *a, str data);
/* Removes what was made since making_begin, and the folder when nothing else is in it. */
void making_undo(struct arena *a, str data);
/* ERR_CONFLICT, in words, for whoever would open it: the mark stands there. */
MUST_CHECK err making_refuses(struct arena *a, str data);
/* A file that must not be there yet, on the disk. */
MUST_CHECK err cli_write_new(struct arena *a, str path, str bytes, mode_t mode);

/* The machine's clock (UTC ms), moved forward where a demonstration was told to. */
struct demo_clock *demo_clock_open(struct arena *life, str data);
int64_t demo_clock_now(void *arg);
/* Sets it back while a demonstration's past is played; kept nowhere. */
void demo_clock_back(struct demo_clock *clock, int64_t ms);

/* Gives up, for good, what a server on c->config does not need (base/sandbox.h), and
 * says what the kernel could not take.  In the only thread. */
MUST_CHECK err confine(struct cli *c);
/* The same of a process that makes one backup: it may read the data, write below the backup
 * folder as it is mounted now, and talk to the database. */
MUST_CHECK err confine_maker(struct cli *c, struct arena *a);

/* The server's end of the control socket, on a thread of its own. */
struct control;
MUST_CHECK err control_start(struct arena *life, const struct cli *base, struct control **ret);
/* Tells long commands to end, and waits for them. */
void control_stop(struct control *c);
/* The caller's end: true when a server took the command; *code is its answer, 1 when the line
 * broke before it came. */
bool control_send(struct cli *c, int argc, char **argv, int *code);
/* The bytes of `from`, read from where it stands, into `to` (cli_open; below 0: it could not be
 * opened), which then holds nothing else.  Closes both.  In words. */
MUST_CHECK err cli_copy_out(struct cli *c, int from, int to, str path);
/* The exit code at the end: what was said has come where it was sent, or the command did not do
 * its work (a token that is shown once, a list half of which is missing). */
int cli_all_written(struct cli *c, int code);

/* The whole program; its exit code. */
int cli_main(int argc, char **argv);
/* Says how a command is used, or a topic, or with "" what there is.  2: no such name. */
int cli_help(struct cli *c, const char *name);

/* --- for commands ---------------------------------------------------------- */
/* A line in the caller's language. */
void cli_say(struct cli *c, const char *zh, const char *en, ...)
    __attribute__((format(printf, 2, 4), format(printf, 3, 4)));
/* The same where errors go: standard error. */
void cli_complain(struct cli *c, const char *zh, const char *en, ...)
    __attribute__((format(printf, 2, 4), format(printf, 3, 4)));
/* Prints it where errors go; exit code 1. */
int cli_fail(struct cli *c, err e);
enum { CLI_TO_OUT = 17, CLI_TO_ERR = 18 }; /* DC1, DC2: where what follows goes at the caller's */
/* An error in words, and what would help: what cli_fail prints instead of the detail. */
err cli_refuse(struct arena *a, enum err_code code, struct words what, struct words remedy);
/* A folder named on the command line, as a whole path; refused when there is none. */
MUST_CHECK err cli_folder(struct cli *c, str given, str *ret);
err cli_no_folder(struct cli *c, str path); /* the same refusal */
/* The refusal of a folder that holds no folder of a regulation; it may be one itself. */
err cli_no_regulations(struct cli *c, str path);
void cli_diags(struct cli *c, const struct diags *d);
/* Loads the lists in the folder `standards` of the regulations, where there is one. */
MUST_CHECK err cli_standards(struct cli *c, str regulations, struct diags *d);
/* The demonstration beside the regulations: an organisation (demo.yaml), and what
 * happened in it until `present` (demo_cases.yaml).  Nothing where there is none. */
MUST_CHECK err cli_demo_organisation(struct engine *e, struct arena *a, str folder, struct diags *d,
                                     int64_t *ret_acts);
MUST_CHECK err cli_demo_cases(struct engine *e, struct arena *a, str folder, int64_t present,
                              struct diags *d, int64_t *ret_acts);
#define DEMO_PASSWORD "zhidu-demo-2026"       /* of everybody in it; on loopback only */
#define DEMO_BACK_MS (INT64_C(28) * 86400000) /* it begins four weeks ago */
/* A line that the caller types, without its end; empty where there is none. */
str cli_ask(struct cli *c, str question);
/* The same of a password or passphrase, which a terminal does not show. */
str cli_ask_secret(struct cli *c, str question);
/* A line of standard input with its end into line[size]; false where there is none. */
bool cli_read_line(char *line, int size, bool secret);
/* A person by name, login, account, number or id, or a refusal. */
MUST_CHECK err cli_person(struct cli *c, str who, int64_t *ret);
/* Whose account it is, or a refusal. */
MUST_CHECK err cli_account(struct cli *c, str login, int64_t *ret_person);
/* The value of --name VALUE or --name=VALUE; empty when absent.  Is --name there? */
str cli_option(int argc, char **argv, const char *name);
bool cli_flag(int argc, char **argv, const char *name);
/* The n-th argument that is no option (from 0), or empty. */
str cli_word(int argc, char **argv, int n);
str cli_path(struct cli *c, str path); /* absolute: relative to the caller's folder */
#define REJECTS_END ".rejects.csv"     /* of a file that is imported */
/* A file of the caller's, for reading, or for writing (made when absent); -1 when he
 * cannot open it. */
int cli_open(struct cli *c, str path, bool write);

/* What is backed up. */
struct backup_source cli_backup_source(struct arena *a, const struct config *cfg, int64_t now);
/* From the settings: when, and where to, for whom, what stays.  Refused when one is wrong. */
MUST_CHECK err cli_backup_plans(struct cli *c, struct schedule_plan *ret_when,
                                struct maker_plan *ret_how);

int cmd_serve(struct cli *c, int argc, char **argv);
int cmd_init(struct cli *c, int argc, char **argv);
int cmd_check(struct cli *c, int argc, char **argv);
int cmd_publish(struct cli *c, int argc, char **argv);
int cmd_standards(struct cli *c, int argc, char **argv);
int cmd_import(struct cli *c, int argc, char **argv);
int cmd_evidence(struct cli *c, int argc, char **argv);
int cmd_export(struct cli *c, int argc, char **argv);
int cmd_user(struct cli *c, int argc, char **argv);
int cmd_token(struct cli *c, int argc, char **argv);
int cmd_reading(struct cli *c, int argc, char **argv);
int cmd_ledger(struct cli *c, int argc, char **argv);
int cmd_clock(struct cli *c, int argc, char **argv);
int cmd_backup(struct cli *c, int argc, char **argv);
int cmd_backup_maker(struct cli *c, int argc, char **argv); /* not for people */
int cmd_restore(struct cli *c, int argc, char **argv);
int cmd_key(struct cli *c, int argc, char **argv);
int cmd_version(struct cli *c, int argc, char **argv);

#endif
