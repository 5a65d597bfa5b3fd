/* page.h - the pages: functions from a visit to an answer.  routes.c names them. */
#ifndef PAGE_PAGE_H
#define PAGE_PAGE_H

#include "web/visit.h"

extern const struct visit_route page_routes[];
extern const size_t page_routes_len;

void page_home(struct visit *v);
void page_sign_in(struct visit *v);
void page_sign_in_post(struct visit *v);
void page_sign_in_code(struct visit *v); /* between password and session */
void page_sign_in_code_post(struct visit *v);
void page_sign_out(struct visit *v);
void page_asset(struct visit *v);

void page_inbox(struct visit *v);
void page_inbox_approve(struct visit *v); /* several consents at once */
void page_notifications(struct visit *v);
void page_notifications_read(struct visit *v);

void page_types(struct visit *v);
void page_list(struct visit *v);
void page_list_export(struct visit *v);
void page_list_export_sheet(struct visit *v);
void page_list_export_all(struct visit *v); /* asks for it as a job */
void page_labels(struct visit *v);          /* of the records in the query */
void page_label(struct visit *v);
void page_list_bulk(struct visit *v);
void page_list_save(struct visit *v);
void page_list_forget(struct visit *v);

void page_record(struct visit *v);
void page_record_pdf(struct visit *v);
void page_record_activity(struct visit *v);
void page_record_note(struct visit *v); /* built-in acts: comment, attach, watch, label */
void page_form_new(struct visit *v);
void page_form_do(struct visit *v);
/* ping_page.c: reports of tasks, and the address at which one reports */
void page_ping(struct visit *v);
void page_heartbeat(struct visit *v);
void page_heartbeat_issue(struct visit *v);
void page_heartbeat_revoke(struct visit *v);
/* The secret of an address is made, not typed: the form of that action is another page. */
bool page_heartbeat_instead(struct visit *v);
void page_form_new_post(struct visit *v);
void page_form_do_post(struct visit *v);
void page_form_new_check(struct visit *v);
void page_form_do_check(struct visit *v);
void page_approvals(struct visit *v);      /* of a record, whole */
void page_approval_again(struct visit *v); /* what came back, submitted anew */
void page_approval_again_post(struct visit *v);
void page_approval_again_check(struct visit *v);
void page_approval_form(struct visit *v);
void page_approval_post(struct visit *v);
void page_live(struct visit *v);
void page_record_live(struct visit *v);
void page_suggest(struct visit *v);
void page_file(struct visit *v);
void page_file_picture(struct visit *v);
void page_proof(struct visit *v);
void page_proof_file(struct visit *v);

void page_library(struct visit *v);
void page_law(struct visit *v);
void page_law_version(struct visit *v);
void page_law_changes(struct visit *v);
void page_compliance(struct visit *v);       /* how are we doing? */
void page_compliance_sheet(struct visit *v); /* the same as a workbook */
void page_compliance_regulation(struct visit *v);
void page_compliance_standard(struct visit *v);
void page_controls(struct visit *v); /* is it kept? */
void page_control(struct visit *v);
void page_evidence_ask(struct visit *v);
void page_evidence_file(struct visit *v);
void page_calendar(struct visit *v); /* a month, and what falls due on its days */
void page_duties(struct visit *v);   /* what is owed again and again */
void page_duty(struct visit *v);
void page_search(struct visit *v);

void page_help(struct visit *v);
void page_help_manual(struct visit *v);

void page_me(struct visit *v);
void page_me_password(struct visit *v);
void page_me_language(struct visit *v);
void page_me_theme(struct visit *v);
void page_me_phrases(struct visit *v); /* common ones, for opinions */
void page_me_token(struct visit *v);
void page_me_token_end(struct visit *v);
void page_me_sessions_end(struct visit *v);
void page_me_session_end(struct visit *v);
void page_my_jobs(struct visit *v);
void page_my_job_cancel(struct visit *v);
void page_my_job_file(struct visit *v);
void page_second(struct visit *v); /* one's own second factor */
void page_second_begin(struct visit *v);
void page_second_confirm(struct visit *v);
void page_second_codes(struct visit *v);
void page_second_off(struct visit *v);

void page_admin(struct visit *v);
void page_admin_settings(struct visit *v);
void page_admin_setting(struct visit *v);
void page_admin_setting_post(struct visit *v);
void page_admin_setting_unit(struct visit *v);
void page_admin_jobs(struct visit *v);
void page_admin_health(struct visit *v);
void page_admin_security(struct visit *v);
void page_admin_security_export(struct visit *v);
void page_admin_account(struct visit *v);
void page_admin_seats(struct visit *v); /* what somebody who leaves would decide */
void page_admin_seats_post(struct visit *v);
void page_admin_job_cancel(struct visit *v);
void page_admin_account_post(struct visit *v);
void page_admin_account_second(struct visit *v); /* resets it */

#endif
