/* approve.h - operations on approvals, as the door knows them.
 *
 * Each is an act (act.h) on the record, by its name; values are texts, an opinion or a
 * reason is the act's note.  Who sees the record may try; the machine (approval/approval.h)
 * says who may.  A refusal cites the clause of the node, else of the action.
 *
 *   approve.vote        seat, vote (approve reject abstain), hash; signature where the
 *                       node asks for it.  `hash`: of the content that was shown
 *   approve.add         seat, where (before beside after), rule (all any order), people,
 *                       hash; note
 *   approve.cancel_add  seat            approve.remove    seat; note
 *   approve.transfer    seat, person, restart (true); note
 *   approve.ask         seat, person; note            approve.advise  seat; note
 *   approve.ask_end     seat            approve.take_back  seat
 *   approve.return      seat, node (author, previous, or its number from 1); note
 *   approve.withdraw    by who asked    approve.view      seat
 *   approve.resubmit    the values of the action anew (none: as they were); or only
 *                       straight (true): goes on where it was returned
 *   approve.copy        person (one or several)       approve.read
 *   approve.urge        seat
 *   by who minds approvals (holds the position `administrator`):
 *   approve.suspend approve.resume; approve.end (note; also who asked, of what is with him)
 *   approve.place       person: where a node stands without anybody
 *   approve.jump_ask    node; note, and by another within a day approve.jump  node
 *   approve.retry       what was approved and could not be carried out; also who asked
 *
 * `approval` names one by its id where there are several; else the one that runs is meant.
 * `seat` is the id of its row.  approve.tick and approve.not_carried are the clock's.  A vote
 * that a rule or the lack of a right refuses leaves approve.vote_refused, by who cast it, with
 * the reason: an act of its own; everything else that is refused leaves nothing.
 */
#ifndef ENGINE_APPROVE_H
#define ENGINE_APPROVE_H

#include "base/str.h"

/* The operations in this order, for lists of what a program may do; NULL after the last. */
const char *approve_op_name(int i);

#endif
