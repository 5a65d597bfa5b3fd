/* schema.h - the engine's own tables.  Record tables come from the model
 * (model/ddl.h); accounts are people/'s, leaves are ledger/'s.
 *
 * law(reg, version, epoch, published_at, published_by, text_zh, text_en,
 *     definition, examples, records, overrides)      pk (reg, version)
 * installation(key pk, value)       epoch, origin, created_at, min_binary ...
 * setting_local(reg, key, unit, value)               pk (reg, key, unit)
 * seq(prefix pk, n)                 numbers, gapless, per rendered prefix
 * act(id ID, seq, record, type, law, action, person, principal, at, recorded,
 *     from_state, to_state, parent, cause, flags, note, changes)
 *     One performed action: the history of a record.  `seq` its ledger entry.
 *     at: time of the act (imports: the past); recorded: the clock.
 *     parent: act that caused it by an effect, null at the door.
 *     cause: "term:response/0", "effect:2" ... where it came from, or null.
 *     flags: ACT_IMPORT, ACT_AUTO.  note: text of a comment.
 *     changes: JSON [{"f":"due","o":..,"n":..}] with values as stored.
 *     indexes (record, id); (person, id) of what he began (from no state, to one,
 *     at the door) and of what he did to a record that stood somewhere (act_done)
 * idem(actor, key, hash, act, record, at)            pk (actor, key); 7 days
 * term(record, term, type, run, law, started, due, used, paused_at, mark, mark_at,
 *     fired, last_at, ended, how)
 *     pk (record, term, run); one running or paused row (ended null) per record
 *     and term.  due UTC ms, null: not known yet; used: ms before the last
 *     start or resumption; mark: index of the next mark; mark_at: when it fires,
 *     null: none; fired: bit set of marks that have; last_at: the moment of the
 *     last one.  Partial index on (mark_at).  ended: UTC ms; how: key of the
 *     state that ended it.
 * later(id ID, at, record, type, act, action, effect, x, actor, key unique, law)
 *     effects with `after`, due at `at`.
 * step_job(id ID, act, record, type, law, action, effect, actor, at, next_x, max_x, done,
 *     total, left)
 *     large sets in steps, in order of id, up to max_x; `left` 0 when finished.
 * task(id ID, person, record, type, kind, action, zh, en, due, created_at, key)
 *     what a person has to do now.  kind: TASK_NEXT (an action of `next`),
 *     TASK_EFFECT (made by an effect), TASK_RECEIPT, TASK_APPROVAL (a seat: key
 *     "a:SEAT"; or to be submitted anew: "a:APPROVAL:author").  unique (record, key, person).
 *     Kept for at most 200 people per action; the right itself is judged when
 *     the action is done, so a stale row grants nothing.
 *     indexes (person, due, id), (record)
 * notification(id ID, person, record, type, act, zh, en, at, read_at)
 *     index (person, id)
 * receipt(id ID, record, type, act, person, asked_at, due, hash, read_at, signed_at)
 * attachment(id ID, record, type, act, field, name, mime, size, sha256, at, person, removed_at)
 *     index (record); bytes: blob(sha256 pk, size, body) or files, see attach.h
 * watcher(record, person) · label(record, label)
 * saved_view(id ID, person, type, name, columns, filter, sort, shared, at)
 * phrase(person, no, words)         pk (person, no); see phrase.h
 * search_queue(record pk, type)     waiting to be indexed
 * search_text(record ID, type, body)  what was indexed (external content of
 *     search_fts on SQLite; on PostgreSQL also column tokens, a tsvector)
 * dirty(record pk, type, seq)       marks for controls
 * import_line(import, key, job, record, line, outcome, acts, people, units, reason, at)
 *     pk (import, key); index (record).  One line of an imported file, for ever: what
 *     became of it stands in the same transaction as its acts, so that an import that
 *     was cut short goes on where it stood, and a second run changes nothing.
 *     See connect/import.h.
 * job(id ID, kind, title_zh, title_en, person, state, done, total, message, result,
 *     created_at, changed_at, input)      see job.h
 * unit_above(unit, above) · calendar · calendar_span     see model/contract.h
 * standard · standard_item           lists of standards, see standard.h
 * duty_kind · duty_person · duty_counted · duty_sum · duty_last     see duty_sum.h
 * evidence(seq ID, control, person, at, n)   index (control, seq); see evidence.h
 * approval · approval_round · approval_run · approval_seat · approval_vote ·
 *     approval_copy · approval_event      columns: see approve_int.h
 *     unique (approval, no) of each but the first.
 *     approval: (record, id); unique (record) where state < 2; (next_at) where it is not
 *     null; (author, id).
 *     approval_seat, each (actor, id), for these words of a statement only:
 *         where state = 1                      what he may decide now
 *         where state in (2, 3, 4, 5, 8)       what he decided, transferred or returned
 *     and (principal, id) where state in (0, 1)    whose right it is, for who hands it over
 *     approval_copy: (person, id); the same where read_at = 0, what he has not read.
 */
#ifndef ENGINE_SCHEMA_H
#define ENGINE_SCHEMA_H

#include "store/db.h"

enum {
    ACT_IMPORT = 1,
    ACT_AUTO = 2,
    ACT_SETUP = 4,  /* records brought along: `who` not asked */
    ACT_FOLLOWS = 8 /* what follows an approval: `who` not asked */
};
enum { TASK_NEXT = 1, TASK_EFFECT = 2, TASK_RECEIPT = 3, TASK_APPROVAL = 4 };

/* Rises when older programs can no longer work with the data; stands in the table
 * installation as min_binary, and a program whose number is less is not ready. */
enum { SCHEMA_BINARY = 2 };
/* Rises with every migration that lands: stands in the table installation as `store`, and names
 * the file that an upgrade keeps, so that with an old number the second upgrade would find the
 * first one's.  Data without a number are older: 1. */
enum { SCHEMA_STORE = 12, SCHEMA_MIGRATIONS = 25 };
/* Writes both numbers, never lower ones than stand there. */
MUST_CHECK err schema_put_store(struct db *db, struct arena *a);

/* The engine's migrations, in order, for db_migrate. */
const struct migration *schema_migrations(size_t *n);
/* The full-text index, which differs by database.  May be called again. */
MUST_CHECK err schema_search(struct db *db, struct arena *a);

#endif
