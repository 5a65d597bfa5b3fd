/* YAML of definitions: a tree or a mistake, each node and mistake at a place
 * inside the text. */
#include "model/yaml.h"

#include "fuzz/fuzz.h"

/* Lines at most: YAML also breaks them at a lone CR, NEL, LS and PS. */
static int lines_of(str text)
{
    int n = 1;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        n += c == '\n' || c == '\r' || c == 0x85 || c == 0xa8 || c == 0xa9;
    }
    return n;
}

static void inside(const struct ynode *n, int lines, int depth)
{
    MUST(depth <= YAML_DEPTH_MAX + 1 && n->pos.line >= 1 && n->pos.line <= lines + 1 &&
         n->pos.col >= 1);
    for (size_t i = 0; i < n->len; i++) {
        inside(n->kind == Y_MAP ? n->pairs[i].value : n->items[i], lines, depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena(256u << 20);
    struct diags d = diags_make(a);
    str text = fuzz_text(data, size);
    const struct ynode *root = yaml_parse(a, text, STR("f"), &d);
    MUST(!root || !d.errors);
    if (root) {
        inside(root, lines_of(text), 0);
    }
    for (size_t i = 0; i < d.len; i++) {
        MUST(d.ptr[i].pos.line >= 0 && d.ptr[i].pos.line <= lines_of(text) + 1);
        MUST(diag_print(a, &d.ptr[i], LANG_ZH).len > 0);
    }
    return 0;
}
