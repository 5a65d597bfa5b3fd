#include "base/arena.h"
#include "engine/attach.h"
#include "engine/engine_int.h"
#include "engine/reading.h"
#include "engine/view_int.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The bytes: a file under data_dir/blobs, or a row where there is no folder. */
static err open_bytes(const struct ctx *ctx, struct attachment *a, int *ret_fd, str *ret_bytes)
{
    str dir = ctx->engine->opt.data_dir;
    if (!dir.len) {
        struct rows r;
        err e = db_query(ctx->db, ctx->arena,
                         SQL("select \"body\" from \"blob\" where \"sha256\" = $1"),
                         ARGS(db_text(a->sha256)), &r);
        if (e.code || !rows_next(&r)) {
            return e.code ? e : err_make(ERR_STORE, STR("the bytes of an attachment are missing"));
        }
        *ret_bytes = rows_text(&r, 0);
        return OK;
    }
    str path = attach_path(ctx->arena, dir, a->sha256);
    int fd = open(path.ptr, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;
    if (fd < 0 && err_of_write(errno) == ERR_BUSY) {
        return err_make(ERR_BUSY, STR("no more files can be opened"));
    }
    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size != a->size) {
        if (fd >= 0) {
            close(fd);
        }
        return err_make(ERR_STORE, STR("the bytes of an attachment are missing or changed"));
    }
    *ret_fd = fd;
    return OK;
}

err attach_open(const struct ctx *ctx, int64_t id, struct attachment *ret, int *ret_fd,
                str *ret_bytes)
{
    struct rows r;
    err e = db_query(ctx->db, ctx->arena,
                     SQL("select \"record\", \"type\", \"field\", \"name\", \"mime\", \"size\","
                         " \"sha256\", \"at\" from \"attachment\" where \"id\" = $1"
                         " and \"removed_at\" is null"),
                     ARGS(db_i64(id)), &r);
    if (e.code) {
        return e;
    }
    const struct type *t = rows_next(&r) ? model_type_at(ctx->model, (int)rows_i64(&r, 1)) : NULL;
    struct record rec;
    e = t ? view_row(ctx, t, rows_i64(&r, 0), LOAD_NONE, &rec) : view_nothing(ctx);
    if (!e.code && !reading_covers(ctx, rows_i64(&r, 7))) {
        e = err_make(ERR_NOT_FOUND, STR("attachment"));
    }
    if (e.code) {
        return e;
    }
    str rest; /* "sheet.4711.photo" goes with the lines it belongs to */
    str key = str_cut(rows_text(&r, 2), '.', &rest);
    const struct field *f = key.len ? tdef_field(t->newest, key) : NULL;
    if (f && f->see.tree) { /* the file goes with its field */
        struct record_view v;
        e = record_view(ctx, t, rec.id, &v);
        bool seen = false;
        for (size_t i = 0; !e.code && i < v.rec.nfields; i++) {
            seen = seen || v.rec.fields[i].field == f;
        }
        if (e.code || !seen) {
            return e.code ? e : err_make(ERR_NOT_FOUND, STR("attachment"));
        }
    }
    *ret = (struct attachment){.id = id,
                               .name = rows_text(&r, 3),
                               .mime = rows_text(&r, 4),
                               .size = rows_i64(&r, 5),
                               .sha256 = rows_text(&r, 6),
                               .at = rows_i64(&r, 7)};
    *ret_fd = -1;
    *ret_bytes = STR("");
    return open_bytes(ctx, ret, ret_fd, ret_bytes);
}
