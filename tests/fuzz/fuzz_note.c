/* Checkpoints and keys: form is judged without believing anything. */
#include "ledger/note.h"

#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena(64u << 20);
    struct hasher *h = hash_make(a);
    str text = fuzz_text(data, size);
    struct note_checkpoint cp;
    if (!note_parse(text, &cp).code) {
        MUST(cp.size >= 0 && note_name_ok(cp.origin));
    }
    struct note_key key;
    if (!note_key_parse(h, a, text, &key).code) {
        MUST(str_eq(note_vkey(a, &key), text));
        MUST(note_open(text, &key, 1, &cp, NULL).code != ERR_NONE);
    }
    return 0;
}
