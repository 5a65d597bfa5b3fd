/* yaml.h - the part of YAML that definitions use, as a tree.
 *
 * Maps, lists and scalars, nothing else: tags, anchors, aliases, several
 * documents, tabs and duplicate keys are refused.  Every scalar is text; there
 * is no guessing of types (`no` is the text "no").  Every node knows its place.
 *
 * Bounds: 1 MB, depth 20, 50,000 nodes, 2,000 keys a map, well-formed UTF-8.  A mistake is
 * reported at its line and column; the tree is then not given.
 */
#ifndef MODEL_YAML_H
#define MODEL_YAML_H

#include "model/diag.h"

enum {
    YAML_BYTES_MAX = 1 << 20,
    YAML_DEPTH_MAX = 20,
    YAML_NODES_MAX = 50000,
    YAML_KEYS_MAX = 2000
};

enum ykind { Y_TEXT, Y_MAP, Y_LIST };

struct ynode {
    enum ykind kind;
    struct pos pos; /* Y_TEXT: of the first character inside quotes */
    str text;
    bool plain;                       /* Y_TEXT written without quotes */
    const struct ypair *pairs;        /* Y_MAP, in the order written */
    const struct ynode *const *items; /* Y_LIST */
    size_t len;
};
struct ypair {
    str key;
    struct pos pos;
    const struct ynode *value; /* never NULL */
};

/* NULL after a mistake; also for a text without any content. */
const struct ynode *yaml_parse(struct arena *a, str text, str file, struct diags *d);

/* The value of a key; NULL when absent or when `map` is NULL or no map. */
const struct ynode *yaml_get(const struct ynode *map, str key);
const struct ypair *yaml_pair(const struct ynode *map, str key);
/* Nothing was written there: `key:` alone. */
bool yaml_empty(const struct ynode *n);

/* Does this unknown key look like half an expression that should have been
 * quoted ("exists(l in loan where l.state", "x ? a", "'in_stock'")? */
bool yaml_looks_cut(str key);

#endif
