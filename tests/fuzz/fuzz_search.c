/* What a person types to search, and the text it is looked for in: at most 64
 * words, and a text holds each of its own words. */
#include "store/bigram.h"

#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena(64u << 20);
    str typed;
    str text = str_cut(fuzz_text(data, size), '\n', &typed);
    struct bigram_query phrase;
    struct bigram_query all;
    bool some = bigram_query(a, typed, BIGRAM_PHRASE, &phrase);
    MUST(some == bigram_query(a, typed, BIGRAM_ALL, &all));
    MUST(!some || (phrase.match.len && phrase.tsquery.len && all.match.len && all.tsquery.len));
    str tokens = bigram_tokens(a, text);
    MUST(tokens.len <= 1u << 20);
    bool found = bigram_match(a, text, typed);
    MUST(!found || some);
    MUST(!bigram_query(a, text, BIGRAM_PHRASE, &phrase) || tokens.len);
    return 0;
}
