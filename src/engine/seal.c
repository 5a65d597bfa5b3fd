#include "engine/seal.h"

#include "base/arena.h"

enum { EVERY_MS = 1000, PATIENCE_MS = 3000, ANYWAY_MS = 10000 };

void seal_make(struct seal *s, const struct seal_options *opt, struct ledger *log)
{
    *s = (struct seal){
        .line = opt->line, .key = opt->key, .log = log, .from = log->checkpointed, .due_at = -1};
}

void seal_close(struct seal *s)
{
    signer_line_close(&s->line);
}

/* Stores a note when it is the one asked for, under our key.  An answer to an
 * earlier question, which a signer that died left to its successor, is passed over. */
static void believe(struct seal *s, struct db *db, struct arena *a, str note, int64_t now)
{
    struct note_checkpoint cp;
    err e = note_open(note, &s->key, 1, &cp, NULL);
    if (e.code) {
        s->trouble = SIGNER_STRANGE;
        return;
    }
    if (cp.size != s->asked.size || !hash_eq(cp.root, s->asked.root)) {
        return;
    }
    s->on_its_way = false;
    s->from = cp.size;
    s->trouble = SIGNER_WELL;
    e = ledger_checkpoint(s->log, db, a, &cp, note, now);
    (void)e; /* not stored: signed and stored again the next time, as the same note */
}

static void take(struct seal *s, struct db *db, struct arena *a, str packet, int64_t now)
{
    struct wire_answer x;
    err e = wire_get_answer(packet, &x);
    if (e.code || x.key.len) {
        s->on_its_way = false;
        s->trouble = SIGNER_STRANGE;
        return;
    }
    if (x.verdict == VERDICT_SIGNED) {
        believe(s, db, a, x.note, now);
        return;
    }
    if (x.asked.size != s->asked.size || !hash_eq(x.asked.root, s->asked.root)) {
        return;
    }
    s->on_its_way = false;
    if (x.verdict == VERDICT_OLD) { /* it signed for somebody else, or before we remember */
        s->from = x.last.size;
        s->due_at = -1;
        return;
    }
    s->last_size = x.last.size;
    s->trouble = signer_trouble(x.verdict);
}

static void look(struct seal *s, struct db *db, struct arena *a, int64_t now, int64_t mono)
{
    while (s->on_its_way) {
        str packet;
        err e = signer_line_take(&s->line, a, &packet);
        if (!e.code) {
            take(s, db, a, packet, now);
            continue;
        }
        if (e.code == ERR_BUSY) {
            s->on_its_way = false;
            s->trouble = SIGNER_ABSENT;
        } else if (mono - s->asked_at > PATIENCE_MS) {
            s->on_its_way = false;
            s->trouble = SIGNER_SILENT;
        }
        return;
    }
}

static void ask(struct seal *s, struct db *db, struct arena *a, int64_t mono)
{
    struct wire_request r = {.old = s->from};
    r.cp = (struct note_checkpoint){
        .origin = s->log->origin, .size = ledger_size(s->log), .root = ledger_root(s->log)};
    if (r.old > 0 && r.old < r.cp.size && ledger_grown(s->log, db, a, r.old, &r.growth).code) {
        return; /* the database has its own trouble */
    }
    s->asked = r.cp;
    s->asked_at = mono;
    s->on_its_way = signer_line_send(&s->line, wire_put_request(a, &r));
    if (!s->on_its_way) {
        s->trouble = SIGNER_ABSENT;
    }
}

void seal_turn(struct seal *s, struct db *db, struct arena *a, int64_t now, int64_t mono)
{
    look(s, db, a, now, mono);
    /* Also when nothing was added: whether somebody is there, and remembers what we have,
     * is known before it matters. */
    bool grown = ledger_size(s->log) > s->log->checkpointed;
    bool due = mono >= s->due_at + (grown ? 0 : ANYWAY_MS - EVERY_MS) || s->due_at < 0;
    if (!s->on_its_way && due && ledger_size(s->log) > 0) {
        s->due_at = mono + EVERY_MS;
        ask(s, db, a, mono);
    }
}
