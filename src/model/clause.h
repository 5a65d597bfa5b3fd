/* clause.h - the text of a regulation, clause by clause.
 *
 *     ---
 *     title: 设备借用管理制度           plain `key: value` lines
 *     ---
 *     # 设备借用管理制度
 *     words before the first clause       the preface
 *     ## 第一章 总则                      a chapter
 *     ### 第七条 归还期限 {#return-in-time}
 *     the clause, as Markdown, up to the next heading of these levels
 *
 * A heading may also say why nothing runs for its clause:
 *     ### 第九条 {#respect manual="由部门主管判断"}
 *     ### 第十条 {#purpose not-executable="说明目的"}
 * regulation.en.md holds the same clauses, same ids, same order, in English.
 */
#ifndef MODEL_CLAUSE_H
#define MODEL_CLAUSE_H

#include "model/diag.h"

enum { CLAUSES_MAX = 500 }; /* of one text */

/* Fills clauses, preface and, from the front matter, title (both languages).
 * Mistakes, also differences between the two texts, go to `d`; whatever could
 * be read is kept so that citations can still be checked. */
void clause_read(struct arena *a, struct law *law, str zh, str file_zh, str en, str file_en,
                 struct diags *d);

#endif
