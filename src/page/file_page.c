/* file_page.c - the addresses of an attachment, and of a record as a document. */
#include "page/page.h"

void page_file(struct visit *v)
{
    visit_attachment(v, v->num[0]);
}

void page_file_picture(struct visit *v)
{
    visit_picture(v, v->num[0]);
}

void page_record_pdf(struct visit *v)
{
    visit_document(v);
}
