/* err.h - what went wrong, as a value.
 *
 * A function that can fail returns an err and gives its result through a last
 * parameter named `ret`.  It writes *ret only on success.  The caller looks at
 * code; zero means no error.
 *
 *     err e = record_get(ctx, id, &r);
 *     if (e.code) {
 *         return e;
 *     }
 *
 * `detail` is for the log, never for the user.  What the user reads is the
 * fixed text of the code (err_words, in his language) and, for a refusal of
 * a rule, `why`: the engine's explanation with the clause (engine/refusal.h).
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/str.h"
#include "base/words.h"

struct refusal; /* engine/refusal.h; below the engine always NULL */

/* clang-format off */
/*    code       HTTP  what the user reads */
#define ERR_LIST(X) \
    X(NONE,      200, "", "") \
    X(INVALID,   400, "请求无法识别，请返回重试。", "The request could not be understood.  Please go back and try again.") \
    X(SIGNIN,    401, "请先登录。", "Please sign in first.") \
    X(DENIED,    403, "您无权进行此操作。", "You are not allowed to do this.") \
    X(NOT_FOUND, 404, "没有这条记录，或您无权查看。", "There is no such record, or you may not see it.") \
    X(CONFLICT,  409, "与已有内容冲突。", "This conflicts with what is already there.") \
    X(STALE,     412, "他人刚刚修改了这条记录，请查看后重新提交。", "Someone else changed this record meanwhile.  Please look and submit again.") \
    X(TOO_LARGE, 413, "提交的内容过大。", "What was sent is too large.") \
    X(RULE,      422, "制度不允许此操作。", "A rule does not allow this.") \
    X(VALUE,     422, "填写的内容有误。", "Some of what was filled in is not valid.") \
    X(LIMIT,     429, "操作过于频繁，请稍后再试。", "Too many requests.  Please try again later.") \
    X(STORE,     500, "数据库报告了错误，本次操作未生效。", "The database reported an error.  Nothing was changed.") \
    X(DISK,      503, "服务器的磁盘已满或只读，本次操作未生效。", "The server's disk is full or cannot be written.  Nothing was changed.") \
    X(BUSY,      503, "系统繁忙，请稍后再试。", "The server is busy.  Please try again.")
/* clang-format on */

enum err_code {
#define ERR_ENUM(code, http, zh, en) ERR_##code,
    ERR_LIST(ERR_ENUM)
#undef ERR_ENUM
        ERR_COUNT
};

typedef struct err {
    enum err_code code;
    str detail; /* for the log; lives in the request's arena or in a literal */
    const struct refusal *why;
} err;

#define OK ((err){.code = ERR_NONE})
#define MUST_CHECK __attribute__((warn_unused_result))

static inline err err_make(enum err_code code, str detail)
{
    return (err){.code = code, .detail = detail};
}

/* What a call that writes a file is told as when it fails with this errno: ERR_BUSY where
 * memory or open files have run out, else ERR_DISK. */
enum err_code err_of_write(int why);
const char *err_name(enum err_code code); /* "NOT_FOUND" */
int err_http(enum err_code code);         /* 404 */
struct words err_words(enum err_code code);

#endif
