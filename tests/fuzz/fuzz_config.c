/* The configuration file: settings, or the line that is none. */
#include "cli/cli.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena(64u << 20);
    struct config c = {.port = 8080};
    err e = config_parse(a, STR("f"), fuzz_text(data, size), &c);
    MUST(e.code ? str_starts(e.detail, STR("f:")) : c.port > 0 && c.port < 65536);
    return 0;
}
