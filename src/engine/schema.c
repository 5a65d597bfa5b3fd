#include "engine/schema.h"

#include "base/arena.h"

/* SQL() makes a value, which cannot initialise a table. */
#define SCRIPT(lit)                                         \
    {                                                       \
        .text = {.ptr = "" lit, .len = sizeof("" lit) - 1 } \
    }

static const struct migration migrations[] = {
    {"engine 0001",
     SCRIPT(
         "create table law(reg text not null, version INT not null, epoch INT not null,"
         " published_at INT not null, published_by INT not null, text_zh text not null,"
         " text_en text not null, definition text not null, examples text not null,"
         " records text not null, overrides text not null, primary key (reg, version));"
         "create unique index law_epoch on law(epoch, reg);"
         "create table installation(key text primary key, value text not null);"
         "create table setting_local(reg text not null, key text not null, unit INT not null,"
         " value text not null, primary key (reg, key, unit));"
         "create table seq(prefix text primary key, n INT not null);"
         "create table act(id ID, seq INT, record INT not null, type INT not null,"
         " law INT not null, action text not null, person INT not null, principal INT not null,"
         " at INT not null, recorded INT not null, from_state INT, to_state INT, parent INT,"
         " cause text, flags INT not null, note text, changes text);"
         "create index act_record on act(record, id);"
         "create index act_person on act(person, id);"
         "create table idem(actor INT not null, key text not null, hash text not null,"
         " act INT not null, record INT not null, at INT not null, primary key (actor, key));"
         "create index idem_at on idem(at);"
         "create table term(record INT not null, term text not null, type INT not null,"
         " run INT not null, law INT not null, started INT not null, due INT,"
         " used INT not null, paused_at INT, mark INT, mark_at INT, fired INT not null,"
         " last_at INT, ended INT, how text, primary key (record, term, run));"
         "create index term_mark_at on term(mark_at) where mark_at is not null;"
         "create table later(id ID, at INT not null, record INT not null, type INT not null,"
         " act INT not null, action text not null, effect INT not null, x INT,"
         " actor INT not null, key text not null unique);"
         "create index later_at on later(at, id);"
         "create table step_job(id ID, act INT not null, record INT not null, type INT not null,"
         " law INT not null, action text not null, effect INT not null, actor INT not null,"
         " at INT not null, next_x INT not null, max_x INT not null, done INT not null,"
         " total INT not null, \"left\" INT not null);"
         "create index step_job_record on step_job(record);"
         "create index step_job_left on step_job(at) where \"left\" > 0;"
         "create table task(id ID, person INT not null, record INT not null, type INT not null,"
         " kind INT not null, action text, zh text, en text, due INT, created_at INT not null,"
         " key text not null);"
         "create index task_person on task(person, due, id);"
         "create unique index task_record on task(record, key, person);"
         "create table notification(id ID, person INT not null, record INT not null,"
         " type INT not null, act INT not null, zh text not null, en text not null,"
         " at INT not null, read_at INT);"
         "create index notification_person on notification(person, id);"
         "create index notification_record on notification(record);"
         "create index notification_unread on notification(person, id) where read_at is null;"
         "create table receipt(id ID, record INT not null, type INT not null, act INT not null,"
         " person INT not null, asked_at INT not null, due INT, hash text not null, read_at INT,"
         " signed_at INT);"
         "create index receipt_record on receipt(record);"
         "create index receipt_person on receipt(person, id);"
         "create table attachment(id ID, record INT not null, type INT not null, act INT not null,"
         " field text, name text not null, mime text not null, size INT not null,"
         " sha256 text not null, at INT not null, person INT not null, removed_at INT);"
         "create index attachment_record on attachment(record);"
         "create table blob(sha256 text primary key, size INT not null, body BLOB not null);"
         "create table watcher(record INT not null, person INT not null,"
         " primary key (record, person));"
         "create index watcher_person on watcher(person, record);"
         "create table label(record INT not null, label text not null,"
         " primary key (record, label));"
         "create index label_label on label(label, record);"
         "create table saved_view(id ID, person INT not null, type INT not null,"
         " name text not null, columns text not null, filter text not null, sort text not null,"
         " shared INT not null, at INT not null);"
         "create unique index saved_view_name on saved_view(person, type, name);"
         "create index saved_view_type on saved_view(type);"
         "create table search_queue(record ID, type INT not null);"
         "create table search_text(record ID, type INT not null, body text not null);"
         "create table dirty(record ID, type INT not null, seq INT not null);"
         "create table job(id ID, kind text not null, title_zh text not null,"
         " title_en text not null, person INT not null, state INT not null, done INT not null,"
         " total INT not null, message text, result text, created_at INT not null,"
         " changed_at INT not null, input text);"
         "create index job_person on job(person, id);"
         "create table unit_above(unit INT not null, above INT not null,"
         " primary key (unit, above));"
         "create index unit_above_above on unit_above(above, unit);"
         "create table calendar(day ID, start_ms INT not null, month INT not null,"
         " dom INT not null, \"last\" INT not null, workday INT not null, working INT not null);"
         "create unique index calendar_start on calendar(start_ms);"
         "create index calendar_workday on calendar(workday, day);"
         "create index calendar_month on calendar(month, dom);"
         "create table calendar_span(start_ms ID, end_ms INT not null, before_ms INT not null);"
         "create index calendar_span_before on calendar_span(before_ms);")},
    {"engine import 0001",
     SCRIPT("create table import_line(import text not null, key text not null, job INT not null,"
            " record INT, line INT not null, outcome INT not null, acts INT not null,"
            " people INT not null, units INT not null, reason text, at INT not null,"
            " primary key (import, key));"
            "create index import_line_record on import_line(record) where record is not null;")},
    {"engine law 0001", SCRIPT("alter table later add column law INT;")},
    /* A person's two lists of acts, each led by an index of its own: among 100,000
     * acts of a service desk the few records it has begun are found at once. */
    {"engine desk 0001",
     SCRIPT("create index act_begun on act(person, id)"
            " where from_state is null and to_state is not null and parent is null;"
            "create index act_done on act(person, id)"
            " where from_state is not null and parent is null;"
            "drop index act_person;")},
    /* Lists of persons are led by an index each, so that ten of ten thousand are found as
     * fast as ten of ten; the numbers are states of approval/approval.h. */
    {"engine approval 0001",
     SCRIPT(
         "create table approval(id ID, record INT not null, type INT not null, law INT not null,"
         " action text not null, act INT not null, author INT not null, opened_at INT not null,"
         " state INT not null, suspended INT not null, events INT not null, ended_at INT not null,"
         " next_at INT, asked text, carried INT not null, trouble_zh text, trouble_en text);"
         "create index approval_record on approval(record, id);"
         "create unique index approval_live on approval(record) where state < 2;"
         "create index approval_next on approval(next_at) where next_at is not null;"
         "create index approval_author on approval(author, id);"
         "create table approval_round(id ID, approval INT not null, no INT not null,"
         " state INT not null, hash text not null, content text, at INT not null,"
         " ended INT not null);"
         "create unique index approval_round_no on approval_round(approval, no);"
         "create table approval_run(id ID, approval INT not null, no INT not null,"
         " round INT not null, node INT not null, state INT not null, opened INT not null,"
         " decided INT not null, decisions INT not null, last_vote INT not null,"
         " needs_vote INT not null, by_system INT not null, stood_in INT not null);"
         "create unique index approval_run_no on approval_run(approval, no);"
         "create table approval_seat(id ID, approval INT not null, record INT not null,"
         " type INT not null, no INT not null, run INT not null, principal INT not null,"
         " actor INT not null, origin INT not null, state INT not null, weight INT not null,"
         " turn INT not null, side INT not null, holder INT not null, source INT not null,"
         " before_rule INT not null, after_rule INT not null, held INT not null,"
         " asker INT not null, depth INT not null, hops INT not null, opened INT not null,"
         " due INT not null, next_at INT not null, left_ms INT not null, late INT not null,"
         " viewed INT not null, urged INT not null, urges INT not null);"
         "create unique index approval_seat_no on approval_seat(approval, no);"
         "create index approval_seat_open on approval_seat(actor, id) where state = 1;"
         "create index approval_seat_done on approval_seat(actor, id)"
         " where state in (2, 3, 4, 5, 8);"
         "create table approval_vote(id ID, approval INT not null, no INT not null,"
         " seat INT not null, vote INT not null, person INT not null, principal INT not null,"
         " at INT not null, hash text not null, cites INT not null, voided INT not null,"
         " act INT not null, note text, signature text);"
         "create unique index approval_vote_no on approval_vote(approval, no);"
         "create table approval_copy(id ID, approval INT not null, record INT not null,"
         " type INT not null, no INT not null, person INT not null, by_person INT not null,"
         " at INT not null, read_at INT not null, round INT not null);"
         "create unique index approval_copy_no on approval_copy(approval, no);"
         "create index approval_copy_person on approval_copy(person, id);"
         "create index approval_copy_unread on approval_copy(person, id) where read_at = 0;"
         "create table approval_event(id ID, approval INT not null, no INT not null,"
         " at INT not null, kind INT not null, by_person INT not null, round INT not null,"
         " run INT not null, seat INT not null, person INT not null, number INT not null,"
         " act INT not null);"
         "create unique index approval_event_no on approval_event(approval, no);")},
    /* Whose right it is: what somebody who leaves still holds. */
    {"engine approval 0002",
     SCRIPT("create index approval_seat_right on approval_seat(principal, id)"
            " where state in (0, 1);")},
    {"engine phrase 0001",
     SCRIPT("create table phrase(person INT not null, no INT not null, words text not null,"
            " primary key (person, no));")},
    {"engine control 0001",
     SCRIPT("create table control_vector(record ID, type INT not null, vector BLOB not null);"
            "create index control_vector_type on control_vector(type, record);"
            "create table control_row(control INT not null, record INT not null,"
            " verdict INT not null, since INT not null, grace_at INT,"
            " primary key (control, record));"
            "create index control_row_since on control_row(control, since, record);"
            "create index control_row_record on control_row(record);"
            "create index control_row_grace on control_row(control, grace_at)"
            " where grace_at is not null;"
            "create table control_dirty(record ID, type INT not null, act INT not null);"
            "create table control_seen(one INT primary key, at INT not null, size INT not null);"
            "create index control_dirty_act on control_dirty(act);"
            "create index term_due on term(due) where ended is null;"
            "create table control_result(control INT primary key, as_of INT not null,"
            " size INT not null, n INT not null, ok INT not null, violation INT not null,"
            " unknown INT not null, took_us INT not null, trouble text not null);")},
    /* Which node judges, and until when nobody else does (control_judge.c). */
    {"engine control 0002",
     SCRIPT("alter table control_seen add column judge INT;"
            "alter table control_seen add column judge_until INT not null default 0;")},
    /* What the program found of itself, in words (control_self.c). */
    {"engine control 0003",
     SCRIPT("alter table control_result add column note_zh text not null default '';"
            "alter table control_result add column note_en text not null default '';")},
    /* From when a violation is to be a finding, and which it is; whose re-test is due. */
    {"engine finding 0001",
     SCRIPT("alter table control_row add column finding INT;"
            "alter table control_row add column find_at INT;"
            "create index control_row_find on control_row(control, find_at, record)"
            " where find_at is not null;"
            "alter table control_result add column key text;"
            "create table control_retest(control INT not null, record INT not null,"
            " finding INT not null, primary key (control, record));")},
    {"engine standard 0001",
     SCRIPT("create table standard(standard text not null, edition INT not null,"
            " zh text not null, en text not null, source text not null, note_zh text not null,"
            " note_en text not null, hash text not null, at INT not null,"
            " primary key (standard, edition));"
            "create table standard_item(standard text not null, edition INT not null,"
            " place INT not null, item text not null, parent text not null, kind INT not null,"
            " zh text not null, en text not null, primary key (standard, edition, place));")},
    /* Of the entries that are snapshots of controls, so that they are found by control. */
    {"engine evidence 0001",
     SCRIPT("create table evidence(seq ID, control text not null, person INT not null,"
            " at INT not null, n INT not null);"
            "create index evidence_control on evidence(control, seq);")},
    /* What controls were (control_history.h). */
    {"engine history 0001",
     SCRIPT("alter table control_row add column seq INT not null default 0;"
            "create table control_interval(control INT not null, record INT not null,"
            " kind INT not null, from_ms INT not null, from_seq INT not null,"
            " to_ms INT not null, to_seq INT not null);"
            "create index control_interval_control on control_interval(control, to_ms);"
            "create index control_interval_to on control_interval(to_ms);"
            "create table control_untested(control INT not null, kind INT not null,"
            " from_ms INT not null, to_ms INT, primary key (control, kind, from_ms));"
            "create table control_day(day INT not null, control INT not null,"
            " state INT not null, controls INT not null, good INT not null, n INT not null,"
            " ok INT not null, violation INT not null, in_grace INT not null,"
            " waived INT not null, unknown INT not null, primary key (control, day));")},
    {"engine erasure 0001",
     SCRIPT("create table erasure_work(erasure ID, type INT not null, record INT not null,"
            " erased INT not null, entries INT not null, held INT not null, retained INT not null,"
            " busy INT not null);"
            "create table erasure_file(sha256 text primary key);"
            "create index attachment_sha256 on attachment(sha256);")},
    {"engine duty 0001", SCRIPT("create table duty_seen(one INT primary key, at INT not null);")},
    /* Verdicts by unit (control_unit.c); the next full look fills it. */
    {"engine unit 0001",
     SCRIPT("create table control_unit(type INT not null, unit INT not null, n INT not null,"
            " primary key (type, unit));")},
    /* What one person is asked at one record: few, while each record has tasks of its step. */
    {"engine task 0001",
     SCRIPT("create index task_asked on task(record, person, key) where kind in (2, 3);")},
    /* Which actions were ever done (compliance_lived.h). */
    {"engine lived 0001", SCRIPT("create index act_kind on act(type, action);")},
    /* What a person said, and how far an erasure is in the rest (erase.h). */
    {"engine erasure 0002",
     SCRIPT("create index act_comment on act(person, record) where action = 'comment';"
            "alter table erasure_work add column phase INT not null default 0;"
            "alter table erasure_work add column comments INT not null default 0;"
            "alter table erasure_work add column traces INT not null default 0;"
            "alter table erasure_work add column mentions INT not null default 0;"
            "alter table erasure_work add column unlisted INT not null default 0;")},
    /* Rows lie by record, as they are written: by control each verdict of a record changed
     * another page of each index.  No question led intervals by control. */
    {"engine control 0004",
     SCRIPT("create table control_row_by_record(record INT not null, control INT not null,"
            " verdict INT not null, since INT not null, grace_at INT, finding INT, find_at INT,"
            " seq INT not null, primary key (record, control));"
            "insert into control_row_by_record(record, control, verdict, since, grace_at, finding,"
            " find_at, seq) select record, control, verdict, since, grace_at, finding, find_at,"
            " seq from control_row order by record, control;"
            "drop table control_row;"
            "alter table control_row_by_record rename to control_row;"
            "create index control_row_since on control_row(control, since, record);"
            "create index control_row_grace on control_row(control, grace_at)"
            " where grace_at is not null;"
            "create index control_row_find on control_row(control, find_at, record)"
            " where find_at is not null;"
            "drop index control_interval_control;")},
    /* Ended occurrences of duties, counted (duty_sum.h); the next start fills it. */
    {"engine duty 0002",
     SCRIPT("create table duty_kind(id ID, duty text not null, state INT not null,"
            " unit INT not null, of_unit INT not null, doer INT not null, people text not null);"
            "create index duty_kind_duty on duty_kind(duty, state, unit, doer);"
            "create table duty_person(owner INT not null, target INT not null,"
            " primary key (owner, target));"
            "create table duty_counted(record ID, kind INT not null, duty text not null,"
            " about INT not null, begins INT not null);"
            "create index duty_counted_about on duty_counted(duty, about, begins);"
            "create index duty_counted_begins on duty_counted(begins, kind);"
            "create index duty_counted_kind on duty_counted(kind, record, begins);"
            "create table duty_sum(span INT not null, from_ms INT not null, kind INT not null,"
            " n INT not null, primary key (span, from_ms, kind));"
            "create table duty_last(duty text not null, about INT not null, begins INT not null,"
            " state INT not null, primary key (duty, about));"
            "create index duty_last_state on duty_last(state, begins, duty);")},
    /* What control_result says, by unit (control_unit.c); the next full look, at the start, fills
     * both.  The table of "engine unit 0001" is read by no program any more. */
    {"engine unit 0002",
     SCRIPT("create table control_figure(control INT not null, unit INT not null, n INT not null,"
            " ok INT not null, violation INT not null, unknown INT not null,"
            " primary key (control, unit));"
            "alter table control_vector add column unit INT not null default 0;")},
    /* Those that wait, run or failed are few among all that were. */
    {"engine job 0001", SCRIPT("create index job_state on job(state, id);")},
    /* What was found, and is due to be looked at again; each once after the upgrade. */
    {"engine finding 0002",
     SCRIPT("create index control_row_again on control_row(find_at, control, record)"
            " where finding > 0;"
            "update control_row set find_at = 0 where find_at is null and finding > 0;")},
};

_Static_assert(sizeof(migrations) / sizeof(migrations[0]) == SCHEMA_MIGRATIONS,
               "another migration: raise SCHEMA_STORE, too");

const struct migration *schema_migrations(size_t *n)
{
    *n = sizeof(migrations) / sizeof(migrations[0]);
    return migrations;
}

err schema_put_store(struct db *db, struct arena *a)
{
    const struct {
        str key;
        int64_t n;
    } rows[] = {{STR("store"), SCHEMA_STORE}, {STR("min_binary"), SCHEMA_BINARY}};
    err e = OK;
    for (size_t i = 0; !e.code && i < sizeof(rows) / sizeof(rows[0]); i++) {
        e = db_exec(db, a,
                    SQL("insert into installation(key, value) values ($1, $2)"
                        " on conflict (key) do update set value = excluded.value"
                        " where cast(installation.value as bigint) < $3"),
                    ARGS(db_text(rows[i].key), db_text(str_fmt(a, "%lld", (long long)rows[i].n)),
                         db_i64(rows[i].n)));
    }
    return e;
}

/* The full-text index is the one table the two databases build differently. */
err schema_search(struct db *db, struct arena *a)
{
    if (db_kind(db) == DB_SQLITE) {
        return db_ddl(db, a,
                      SQL("create virtual table if not exists search_fts using fts5(body,"
                          " content='search_text', content_rowid='record', tokenize='bigram',"
                          " detail=none);"));
    }
    return db_ddl(
        db, a,
        SQL("alter table search_text add column if not exists tokens tsvector;"
            "create index if not exists search_tokens on search_text using gin(tokens);"));
}
