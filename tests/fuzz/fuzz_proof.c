/* Proof files: nothing that was not signed by the key holds. */
#include "ledger/proof.h"

#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char seed[NOTE_SEED_LEN] = {7};
    struct arena *a = fuzz_arena(256u << 20);
    struct hasher *h = hash_make(a);
    struct note_signer signer;
    MUST(!note_signer(h, STR("fuzz.example/ledger"), seed, &signer).code);
    str file = fuzz_text(data, size);
    struct proof_entry p;
    struct proof_growth g;
    str why;
    MUST(proof_check(h, a, file, &signer.key, 1, &p, &why) != PROOF_OK);
    MUST(proof_growth_check(h, file, file, &signer.key, 1, &g, &why) != PROOF_OK);
    struct ledger_entry e;
    if (ledger_leaf_parse(file, &e)) {
        MUST(str_eq(ledger_leaf_bytes(a, &e), file));
    }
    return 0;
}
