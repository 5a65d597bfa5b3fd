/* CSV: every step takes something and no more than there is; a cell that was
 * written reads as itself. */
#include "connect/csv.h"

#include "fuzz/fuzz.h"

#include <string.h>

static void written_reads_same(struct arena *a, str cell)
{
    if (cell.len >= CSV_CELL_MAX / 2 || (cell.len && memchr(cell.ptr, 0, cell.len))) {
        return;
    }
    struct buf b = buf_make(a, 2u << 20);
    csv_put(&b, cell);
    buf_put_c(&b, '\n');
    struct csv_row row;
    MUST(csv_parse(a, buf_str(&b), true, ',', &row) == CSV_ROW);
    MUST(row.n == 1 && str_eq(csv_plain(row.cells[0]), cell));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena(512u << 20);
    str text = fuzz_text(data, size);
    for (str rest = text; rest.len;) {
        struct csv_row row = {0};
        enum csv_status s = csv_parse(a, rest, true, ',', &row);
        MUST(s != CSV_MORE && row.bytes > 0 && row.bytes <= rest.len && row.lines > 0);
        MUST(s == CSV_BAD || row.n <= CSV_COLUMNS_MAX);
        rest = str_from_n(rest.ptr + row.bytes, rest.len - row.bytes);
    }
    written_reads_same(a, text);
    return 0;
}
