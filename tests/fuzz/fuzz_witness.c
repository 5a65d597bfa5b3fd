/* Requests to a witness: nothing that the log's key did not sign is signed. */
#include "base/arena.h"
#include "ledger/witness.h"

#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char seed[NOTE_SEED_LEN] = {7};
    struct arena *a = fuzz_arena(256u << 20);
    struct hasher *h = hash_make(a);
    struct note_signer log;
    struct witness_request r;
    struct hash none = {{0}};
    MUST(!note_signer(h, STR("fuzz.example/ledger"), seed, &log).code);
    if (witness_read(fuzz_text(data, size), &r)) {
        MUST(r.proof.len <= WITNESS_PROOF_MAX);
        MUST(witness_decide(h, &r, &log.key, 1, r.old, &none) != WITNESS_OK);
    }
    return 0;
}
