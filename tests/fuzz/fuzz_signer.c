/* The signer's socket, both ends: no packet makes it sign what does not continue
 * what it signed, and none is read that would not be written the same. */
#include "fuzz/fuzz.h"
#include "signer/signer.h"

static void ask(struct arena *a, struct hasher *h, str packet)
{
    static const unsigned char seed[NOTE_SEED_LEN] = {7};
    struct signer s = {.dir = -1, .lock = -1, .hasher = h};
    struct wire_request r;
    struct wire_answer x;
    MUST(!note_signer(h, STR("fuzz.example/ledger"), seed, &s.key).code);
    s.last = (struct note_checkpoint){.origin = s.key.key.name, .size = 5};
    s.last.root = hash_of(h, STR("some tree"));
    bool is_request = !wire_get_request(packet, &r).code;
    MUST(!wire_get_answer(signer_answer(&s, a, packet), &x).code);
    if (!is_request) {
        MUST(x.verdict == VERDICT_FORM && s.last.size == 5);
        return;
    }
    MUST(str_eq(wire_put_request(a, &r), packet));
    bool same = r.cp.size == 5 && hash_eq(r.cp.root, hash_of(h, STR("some tree")));
    MUST(r.key || same || x.verdict != VERDICT_SIGNED); /* no proof leads from "some tree" */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = arena_make(64u << 20);
    struct hasher *h = hash_make(&a);
    str packet = fuzz_text(data, size);
    struct wire_answer x;
    struct signer_back back;
    ask(&a, h, packet);
    if (!wire_get_answer(packet, &x).code) {
        MUST(str_eq(wire_put_answer(&a, &x), packet));
    }
    signer_back(packet, &back);
    arena_end(&a);
    return 0;
}
