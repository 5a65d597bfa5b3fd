/* find_law.h - the types of findings and waivers, below `types:` of a test's own regulation
 * `desk`: as short as model/contract.h lets them be; and a look that opens and tests findings. */
#ifndef TESTS_ENGINE_FIND_LAW_H
#define TESTS_ENGINE_FIND_LAW_H

#include "engine/control_int.h"
#include "engine/house.h"

/* How a regulation with findings begins. */
#define FIND_DESK                                                                                  \
    HOUSE_DESK "settings:\n"                                                                       \
               "  waiver.longest: {type: days, default: 30, clause: term, zh: 长, en: Longest}\n" \
               "types:\n"
/* What is judged: things of a unit; `states:` follow. */
#define FIND_THING                                           \
    "  thing:\n"                                             \
    "    title: {zh: 物品, en: Thing}\n"                   \
    "    name: \"{what}\"\n"                                 \
    "    see: everyone\n"                                    \
    "    unit: unit\n"                                       \
    "    fields:\n"                                          \
    "      what: {type: text, max: 50, zh: 名, en: What}\n" \
    "      n: {type: int, zh: 数, en: N}\n"                 \
    "      unit: {type: unit, default: actor.unit, zh: 部门, en: Unit}\n"

#define FINDING                                                                                 \
    "  finding:\n"                                                                              \
    "    title: {zh: 问题, en: Finding}\n"                                                    \
    "    follows: newest\n"                                                                     \
    "    name: \"{summary}\"\n"                                                                 \
    "    unit: unit\n"                                                                          \
    "    see: everyone\n"                                                                       \
    "    fields:\n"                                                                             \
    "      about: {type: ref, to: any, zh: 关于, en: About}\n"                                \
    "      control: {type: text, max: 40, zh: 控制点, en: Control, clause: finding}\n"       \
    "      clause: {type: text, max: 90, zh: 条款, en: Article, clause: finding}\n"           \
    "      severity: {type: choice, of: [low, medium, high, critical], zh: 级, en: Grade}\n"   \
    "      summary: {type: text, max: 8, zh: 概况, en: Summary}\n"                            \
    "      reason: {type: text, max: 60, zh: 理由, en: Reason}\n"                             \
    "      unit: {type: unit, zh: 部门, en: Unit}\n"                                          \
    "      due: {type: datetime, zh: 限, en: Due}\n"                                           \
    "      test: {type: choice, of: [passed, failed, outside, waived], zh: 复查, en: Test}\n" \
    "      entry: {type: int, zh: 条, en: Entry}\n"                                            \
    "      times: {type: int, default: 0, zh: 次, en: Times}\n"                                \
    "    unique: [{of: [control, about], while: \"state != 'closed'\", clause: finding}]\n"     \
    "    states:\n"                                                                             \
    "      opened: {zh: 开, en: Opened}\n"                                                     \
    "      said: {zh: 待查, en: Said to be mended}\n"                                         \
    "      passed: {zh: 过, en: Passed}\n"                                                     \
    "      closed: {zh: 结, en: Closed}\n"                                                     \
    "    rules:\n"                                                                              \
    "      - {check: \"reason == null or not contains(reason, 'cursed')\", clause: finding}\n"  \
    "    actions:\n"                                                                            \
    "      open: {to: opened, who: auto, asks: [about, control, clause, severity,"              \
    " summary], may: [reason, unit, due], guarded: [desk], clause: finding}\n"                  \
    "      raise: {to: opened, who: everyone, asks: [summary], may: [about, clause,"            \
    " severity, unit], clause: finding}\n"                                                      \
    "      say: {from: opened, to: said, who: everyone, clause: finding}\n"                     \
    "      retest_passed: {from: [opened, said], to: passed, who: auto, asks: [test, entry],"   \
    " guarded: [desk], clause: finding}\n"                                                      \
    "      retest_failed: {from: [passed, said], to: opened, who: auto, asks: [test, entry],"   \
    " may: [reason, due], guarded: [desk], effects: [{set: {times: times + 1}}],"               \
    " clause: finding}\n"                                                                       \
    "      reopen: {from: closed, to: opened, who: auto, asks: [test, entry], may:"             \
    " [reason, due], guarded: [desk], effects: [{set: {times: times + 1}}],"                    \
    " clause: finding}\n"                                                                       \
    "      close: {from: passed, to: closed, who: everyone, clause: finding}\n"

#define WAIVER                                                                           \
    "  waiver:\n"                                                                        \
    "    title: {zh: 例外, en: Waiver}\n"                                              \
    "    follows: newest\n"                                                              \
    "    name: \"w\"\n"                                                                  \
    "    see: creator\n"                                                                 \
    "    fields:\n"                                                                      \
    "      about: {type: ref, to: any, zh: 关于, en: About, clause: scope}\n"          \
    "      control: {type: text, max: 40, zh: 控制点, en: Control, clause: scope}\n"  \
    "      clause: {type: text, max: 90, zh: 条款, en: Article, clause: scope}\n"      \
    "      starts: {type: date, default: today, zh: 起, en: From, clause: term}\n"      \
    "      ends: {type: date, zh: 止, en: Until, clause: term}\n"                       \
    "    states:\n"                                                                      \
    "      in_force: {zh: 有效, en: In force}\n"                                       \
    "      revoked: {zh: 撤, en: Revoked, final: true}\n"                               \
    "    actions:\n"                                                                     \
    "      request: {to: in_force, who: everyone, may: [about, control, clause, starts," \
    " ends], clause: waiver}\n"                                                          \
    "      revoke: {from: in_force, to: revoked, who: everyone, clause: waiver}\n"

static inline void find_look(struct house *h)
{
    struct arena a = arena_make(64u << 20);
    int acts;
    dbs_ok(control_run(h->e, house_db(h), &a, h->now, false));
    dbs_ok(control_find(h->e, house_db(h), &a, h->now, &acts));
    arena_end(&a);
}

#endif
