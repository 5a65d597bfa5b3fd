#include "backup/attachments.h"

#include "base/enc.h"

#include <string.h>

struct attachments attachments_begin(struct db *db)
{
    return (struct attachments){.db = db, .page = arena_make(64u << 20), .rows = {.row = -1}};
}

void attachments_end(struct attachments *x)
{
    arena_end(&x->page);
}

static err next_page(struct attachments *x)
{
    arena_reset(&x->page);
    struct batch *b = batch_begin(x->db, &x->page);
    int place = batch_add(b,
                          SQL("select sha256, max(size) from attachment where sha256 > $1"
                              " group by sha256 order by sha256 limit $2"),
                          ARGS(db_text(str_from(x->last)), db_i64(ATTACHMENTS_PAGE)));
    batch_max_rows(b, place, ATTACHMENTS_PAGE);
    err e = batch_run(b);
    if (!e.code) {
        x->rows = batch_rows(b, place);
        x->over = rows_count(&x->rows) < ATTACHMENTS_PAGE;
    } else {
        e.detail = STR("the attachments cannot be listed");
    }
    return e;
}

err attachments_next(struct attachments *x, struct hash *ret_sha, int64_t *ret_size, bool *more)
{
    *more = x->rows.data && rows_next(&x->rows);
    if (!*more && !x->over) {
        err e = next_page(x);
        if (e.code) {
            return e;
        }
        *more = rows_next(&x->rows);
    }
    if (!*more) {
        return OK;
    }
    str bytes;
    str hex = rows_text(&x->rows, 0);
    if (hex.len != 2 * (size_t)HASH_LEN || !dec_hex(&x->page, hex, &bytes) ||
        !hash_from(bytes, ret_sha)) {
        return err_make(ERR_STORE, STR("an attachment without a hash"));
    }
    memcpy(x->last, hex.ptr, hex.len);
    *ret_size = rows_i64(&x->rows, 1);
    return OK;
}
