/* file_page.c - the address of an attachment. */
#include "page/page.h"

void page_file(struct visit *v)
{
    visit_attachment(v, v->num[0]);
}
