/* Dates, times, literals and numbers as people write them: what was read and
 * written again reads as the same. */
#include "base/clock.h"
#include "model/expr.h"

#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena(16u << 20);
    str text = fuzz_text(data, size);
    int64_t n, again;
    if (clock_parse_date(text, &n)) {
        MUST(clock_parse_date(clock_date(a, n), &again) && again == n);
    }
    if (clock_parse_time(text, 480, &n)) {
        MUST(clock_parse_time(clock_iso(a, n, 480), 480, &again) && again == n);
    }
    int zone;
    if (clock_parse_zone(text, &zone)) {
        MUST(zone > -24 * 60 && zone < 24 * 60);
    }
    for (enum vkind k = V_INT; k <= V_WORKHOURS; k++) {
        str t;
        if (expr_literal(text, k, &n, &t) && k != V_TEXT) {
            MUST(expr_literal_words(a, k, n, LANG_ZH).len > 0);
        }
    }
    return 0;
}
