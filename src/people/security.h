/* security.h - the security log: what was tried at the door and refused behind it,
 * and what changed about how somebody gets in.
 *
 * Refused acts leave no trace in the business tables; they leave it here.  The log
 * cannot be used against the server: the same thing by the same person from the same
 * network is one row a minute that counts; at most SECURITY_ROWS_MINUTE new rows a
 * minute are written, what is beyond them is counted in one row of its own; the table
 * keeps SECURITY_ROWS_MAX rows and `days` days.  Noting costs the caller no wait: rows
 * go to the writer as facts.  Of a failed sign-in the typed name is never kept (people
 * type passwords there): the person, where the name is known, else nobody.
 *
 * Counts wait in memory up to a minute; security_turn writes them, and so does the
 * end of the server.  Each first note also goes to the program's log (base/log.h,
 * event "security"), for whoever collects those.
 *
 * Table security_log(id, at, until, kind, person 0: unknown, peer, detail, times).
 */
#ifndef PEOPLE_SECURITY_H
#define PEOPLE_SECURITY_H

#include "people/people.h"

enum { SECURITY_ROWS_MINUTE = 120, SECURITY_ROWS_MAX = 200000, SECURITY_DAYS = 365 };

/* So long the law wants it kept: addresses in it are not erased before (people_traces). */
enum { SECURITY_BY_LAW_DAYS = 183 };

/* clang-format off */
/*    name           number, for ever    what the reader sees */
#define SECURITY_LIST(X) \
    X(PASSWORD,      1,  "登录失败：用户名或密码不对", "Sign-in failed: name or password") \
    X(CODE,          2,  "登录失败：验证码不对", "Sign-in failed: code") \
    X(SLOWED,        3,  "尝试过多，已放慢", "Too many tries, slowed down") \
    X(OWN_PASSWORD,  4,  "本人密码核对失败", "One's own password was given wrongly") \
    X(FORGED,        5,  "表单不是从本人页面提交的", "A form from elsewhere (CSRF)") \
    X(TOKEN,         6,  "无效的接口令牌", "An API token that is none") \
    X(SCOPE,         7,  "令牌权限不足", "A token without the scope") \
    X(DENIED,        8,  "无权访问", "No right to it") \
    X(ACT,           9,  "操作被拒绝", "An act was refused") \
    X(FAST,          10, "请求过于频繁", "Too many requests") \
    X(HEARTBEAT,     11, "无效的报到地址", "An address of reports that is none") \
    X(SECOND_ON,     20, "启用第二因素", "Second factor switched on") \
    X(SECOND_OFF,    21, "停用第二因素", "Second factor switched off") \
    X(SECOND_CODES,  22, "重新生成恢复码", "New recovery codes") \
    X(SECOND_RESET,  23, "第二因素被重置", "Second factor reset") \
    X(RECOVERY,      24, "用恢复码登录", "Signed in with a recovery code") \
    X(PASSWORD_SET,  25, "修改密码", "Password changed") \
    X(ACCOUNT_SET,   26, "账号被建立或重置", "Account made or reset") \
    X(TOKEN_MADE,    27, "签发接口令牌", "API token made") \
    X(ENDED,         28, "全部登录被结束", "All sign-ins ended") \
    X(MORE,          99, "还有更多（超出记录上限）", "More than is written down")
/* clang-format on */

enum security_kind {
    SECURITY_NONE,
#define SECURITY_ENUM(name, number, zh, en) SECURITY_##name = number,
    SECURITY_LIST(SECURITY_ENUM)
#undef SECURITY_ENUM
};
struct words security_words(enum security_kind k);
/* The i-th kind, for a list to choose from; SECURITY_NONE after the last. */
enum security_kind security_kind_at(size_t i);

struct security_event {
    enum security_kind kind;
    int64_t person; /* who did it; 0: unknown */
    str peer;
    str detail; /* path, "by person 12"; cut at 200 bytes */
};
/* From any thread; never fails, never waits. */
void security_note(struct accounts *p, int64_t now, const struct security_event *e);
/* Every few seconds: writes counts whose minute is over, and now and then takes away
 * what is too old or too much.  `last`: all counts, at the end. */
void security_turn(struct accounts *p, int64_t now, bool last);
/* How long rows are kept; 0: SECURITY_DAYS. */
void security_keep(struct accounts *p, int64_t days);

struct security_filter {
    enum security_kind kind; /* SECURITY_NONE: all */
    str login;               /* exactly; empty: all */
    str peer;                /* exactly; empty: all */
    int64_t from, to;        /* UTC ms, [from, to); 0: open */
    int64_t before;          /* id to go on from; 0: the newest */
    int64_t limit;           /* 1 .. 10,000 */
};
struct security_row {
    int64_t id, at, until, person, times;
    enum security_kind kind;
    str login, peer, detail; /* login: empty where unknown */
};
/* Newest first. */
MUST_CHECK err security_list(struct db *db, struct arena *a, const struct security_filter *f,
                             struct security_row **ret, size_t *n);

#endif
