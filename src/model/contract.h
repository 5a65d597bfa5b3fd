/* contract.h - the registers the language itself speaks of.
 *
 * `person`, `unit` and `post` are field types and `post('p', x)`, head_of(u),
 * members(u), workdays and the like are functions of the language; some
 * regulation must keep the records behind them.  It does so by defining types
 * with these names and at least these fields; the checker holds it to that.
 *
 *   type person        full_name text · unit unit · states: active + others;
 *                      only state `active` counts as one of us
 *   type unit          title text · parent unit (null at the top); state `active`
 *   type post          an appointment: person person · position choice of a list
 *                      setting · unit unit · of ref to any (may be null) ·
 *                      starts date · ends date (null: open); counts in state
 *                      `in_force` while starts <= today <= ends
 *   type deputy        who acts for whom (may be absent): person person, whose right
 *                      it is · deputy person, who uses it · starts date · ends date;
 *                      counts in state `in_force` while starts <= today <= ends
 *   type finding       something is not as an article demands, until it is mended (may be
 *                      absent): about ref to any (may be null) · control text, key of the
 *                      control that found it (null: somebody else did) · clause text,
 *                      "regulation#clause" · severity choice [low, medium, high, critical] ·
 *                      summary text · reason text · unit unit · due datetime (may be null) ·
 *                      test choice [passed, failed, outside], what the control said last, and
 *                      `waived`, where a waiver is to hold off what was found before ·
 *                      entry int, entries the ledger had then.  One open finding for a control
 *                      and a record: `unique` over both.  What the engine does, who: auto and
 *                      guarded to its own regulation alone:
 *                        open           creates one, when a violation is past its grace
 *                        retest_passed  the control holds of the record again (test: passed), or
 *                                       does not judge it any more (test: outside), or a
 *                                       waiver begins to hold it off (test: waived)
 *                        retest_failed  it was mended, or said to be, and is violated
 *                        reopen         the same of one that is closed: the states it names in
 *                                       `from` are the closed ones, all others are open
 *                      and `raise`, which creates one by hand: effect `finding` does, too
 *   type waiver        that one control, or one clause, does not hold one record for some time
 *                      (may be absent): about ref to any · control text · clause text ·
 *                      starts date · ends date; counts in state `in_force` while
 *                      starts <= today <= ends; action `request` creates one.
 *                      Setting waiver.longest of its regulation, days: no waiver is longer,
 *                      none is without an end, none is about more than a record (engine/register.c)
 *   type calendar_day  day date · kind choice [holiday, workday]; state `active`:
 *                      a day that differs from the week's rule
 *   type attestation   an answer to a manual control (must be there when one is): control
 *                      text, its key · question text · answer choice [yes, no, unknown] ·
 *                      remark text · person person, who answered · due date; states `asked`: the
 *                      engine put the question, and `answered`: at most one of a control
 *                      each; others are past or withdrawn.  Actions: ask (creates, who:
 *                      auto, takes control, question, due) · answer (from asked) · withdraw
 *                      (who: auto, from asked).  answerers(control): who may answer
 *   type erasure       that somebody's personal data be erased (may be absent): person person,
 *                      whose · basis text, in law · erased, entries, held, retained, busy int:
 *                      what came of it; state `approved`: the engine carries it out, by
 *                      action carry_out (from approved, who: auto, takes the five numbers).
 *                      It may have comments, traces, mentions, unlisted int besides: comments
 *                      and traces of signing in that went, records that name the person
 *   type mention       a record whose free texts name him (may be absent: then none is searched
 *                      for): part_of erasure; about ref to any · called text, its kind and
 *                      number · texts, remarks, history int: in how many fields, remarks and
 *                      changes the name stands · entries int; state `masking`: the engine takes
 *                      the name away.  Actions: enter (creates, who: auto, takes about, called,
 *                      texts, remarks, history) · masked (from masking, who: auto, takes
 *                      entries); what leads to `masking` is a person's
 *   type legal_hold    nothing of a record is erased (may be absent): about ref to any; counts
 *                      in state `in_force`
 *   type access        that somebody may read, and does nothing (may be absent): person person ·
 *                      starts date · ends date · since date · until date, the first and last
 *                      day of what he is shown; counts in state `in_force` while starts <=
 *                      today <= ends.  None is open-ended or longer than setting
 *                      access.longest of its regulation, days, and one person has not two at
 *                      a time (engine/register.c; engine/reading.h says what it does)
 *   type duty_run      an occurrence of a duty (may be absent, then there are none): key text,
 *                      unique · duty, title text · about, record ref to any · unit unit ·
 *                      begins, ends, due, closes, done_at datetime · skipped int · owner
 *                      people · doer person; states waiting, done, late, missed, dropped;
 *                      actions open (creates it), assign, met, miss, drop, all of the engine's
 *                      (engine/duty.h)
 *   type heartbeat     a task that reports by itself (may be absent): address text, unique: what
 *                      is kept of the secret in its address (engine/heartbeat.h); state `active`:
 *                      it may report; actions issue (takes address) and revoke (empties it)
 *   type ping          what it reported (there must be heartbeat): part_of heartbeat; kind choice
 *                      [success, start, fail, log] · exit_status int · sender, body text; action
 *                      arrive (creates, who: auto)
 *   settings of the regulation that defines calendar_day, in its newest version:
 *     calendar.week    text "1 2 3 4 5"  (1 = Monday)
 *     calendar.hours   text "08:30-12:00 13:30-17:30"
 *     calendar.zone    text "+08:00"
 *
 * Positions with a meaning in the language: `head` (head_of(u): holds it in u
 * itself), `leader` (leader_of(u): holds it in u or above).  role('x') is
 * position x held anywhere.  In post('p') of regulation R, p is one of R's
 * `posts`; its setting `post.p` (text, default p) names the position.
 *
 * `apart` of any regulation's newest version adds rules to type post, judged like its
 * own: which positions one person does not hold together (load_posts.c).
 *
 * Derived tables, kept by the engine when such records change, in the same act;
 * the calendar not for the days of records.yaml with which an installation begins: it is filled
 * after them (engine/calendar.h), until when nothing counts working days:
 *   unit_above(unit, above)  every unit with itself and all above; both orders indexed
 *   calendar(day ID, start_ms, month, dom, last, workday, working)
 *        one row a day, 2010-01-01 to ten years ahead: local midnight in UTC ms,
 *        months since 1970-01, day of month, last day of that month, running
 *        number of working days up to and including this day, 1/0
 *   calendar_span(start_ms ID, end_ms, before_ms)
 *        one row a span of working time; running working ms before it
 */
#ifndef MODEL_CONTRACT_H
#define MODEL_CONTRACT_H

#include "base/str.h"

#include <stdbool.h>

struct field;
struct model;
struct diags;

#define POSITION_HEAD STR("head")
#define POSITION_LEADER STR("leader")

/* Looks up the registers in the newest laws, checks their fields, and sets
 * m->person, unit, post, deputy, finding, waiver, calendar_day, attestation, erasure, mention,
 * legal_hold, access, zone_minutes; NULL and +08:00 where there is none.  What is missing in one
 * is a mistake in `d`.
 */
void contract_bind(struct model *m, struct diags *d);
/* What their actions must be, once these are read. */
void contract_check(const struct model *m, struct diags *d);

#endif
