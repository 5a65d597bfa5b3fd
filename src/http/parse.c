#include "http/http_int.h"

#include <string.h>

str http_param(const struct http_params *p, str name)
{
    for (size_t i = 0; i < p->len; i++) {
        if (str_eq(p->ptr[i].name, name)) {
            return p->ptr[i].value;
        }
    }
    return STR("");
}

bool http_has_param(const struct http_params *p, str name)
{
    for (size_t i = 0; i < p->len; i++) {
        if (str_eq(p->ptr[i].name, name)) {
            return true;
        }
    }
    return false;
}

bool http_without_nul(const struct http_params *p)
{
    for (size_t i = 0; i < p->len; i++) {
        if (http_has_nul(p->ptr[i].name) || http_has_nul(p->ptr[i].value)) {
            return false;
        }
    }
    return true;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* %41 and (in forms) + ; a copy only where there is something to decode. */
static bool decode(struct arena *a, str s, bool plus, str *ret)
{
    bool needed = s.len && (memchr(s.ptr, '%', s.len) || (plus && memchr(s.ptr, '+', s.len)));
    if (!needed) {
        *ret = s;
        return str_utf8_ok(s);
    }
    char *p = arena_try(a, s.len + 1, 1, 1);
    size_t n = 0;
    if (!p) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '%') {
            if (i + 2 >= s.len || hex(s.ptr[i + 1]) < 0 || hex(s.ptr[i + 2]) < 0) {
                return false;
            }
            p[n++] = (char)(hex(s.ptr[i + 1]) * 16 + hex(s.ptr[i + 2]));
            i += 2;
        } else {
            p[n++] = plus && s.ptr[i] == '+' ? ' ' : s.ptr[i];
        }
    }
    *ret = str_from_n(p, n);
    return str_utf8_ok(*ret);
}

static size_t count(str s, char c)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        n += s.ptr[i] == c;
    }
    return n;
}

bool http_parse_form(struct arena *a, str body, struct http_params *ret)
{
    size_t max = count(body, '&') + 1;
    if (max > HTTP_PARAMS_MAX) {
        return false;
    }
    struct http_param *ps = arena_try(a, max, sizeof(*ps), alignof(struct http_param));
    if (!ps) {
        return false;
    }
    size_t n = 0;
    for (str rest = body; rest.len > 0;) {
        str pair = str_cut(rest, '&', &rest);
        str value;
        str name = str_cut(pair, '=', &value);
        if (!pair.len) {
            continue;
        }
        if (!decode(a, name, true, &ps[n].name) || !decode(a, value, true, &ps[n].value)) {
            return false;
        }
        n++;
    }
    *ret = (struct http_params){ps, n};
    return true;
}

bool http_parse_cookies(struct arena *a, str header, struct http_params *ret)
{
    size_t max = count(header, ';') + 1;
    if (max > 64) {
        return false;
    }
    struct http_param *ps = arena_try(a, max, sizeof(*ps), alignof(struct http_param));
    if (!ps) {
        return false;
    }
    size_t n = 0;
    for (str rest = header; rest.len > 0;) {
        str pair = str_trim(str_cut(rest, ';', &rest));
        str value;
        str name = str_cut(pair, '=', &value);
        if (name.len && value.ptr && str_utf8_ok(pair)) { /* others may set what they like */
            ps[n++] = (struct http_param){str_trim(name), str_trim(value)};
        }
    }
    *ret = (struct http_params){ps, n};
    return true;
}

/* A target of origin form: "/path?query".  The path is decoded as a whole, so
 * an encoded slash stays part of its segment only if it was none: refused. */
bool http_parse_target(struct arena *a, str target, struct http_request *req)
{
    str query;
    str path = str_cut(target, '?', &query);
    if (!str_starts(path, STR("/")) || str_has(path, STR("%2f")) || str_has(path, STR("%2F")) ||
        str_has(path, STR("%00"))) {
        return false;
    }
    if (!decode(a, path, false, &req->path) || !http_parse_form(a, query, &req->query)) {
        return false;
    }
    for (str rest = req->path; rest.ptr;) {
        str seg = str_cut(rest, '/', &rest);
        if (str_eq(seg, STR("..")) || str_eq(seg, STR("."))) {
            return false;
        }
    }
    for (size_t i = 0; i < req->path.len; i++) {
        if ((unsigned char)req->path.ptr[i] < 0x20 || req->path.ptr[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

/* --- multipart/form-data (RFC 7578) ------------------------------------------------- */

/* The value of `name="..."` or name=... in a header's parameters. */
static bool header_param(str header, str name, str *ret)
{
    for (str rest = header; rest.ptr;) {
        str value;
        str part = str_trim(str_cut(rest, ';', &rest));
        str key = str_trim(str_cut(part, '=', &value));
        if (str_eq(key, name) && value.ptr) {
            value = str_trim(value);
            if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"') {
                value = str_from_n(value.ptr + 1, value.len - 2);
            }
            *ret = value;
            return true;
        }
    }
    return false;
}

static str find(str hay, str needle)
{
    const char *p =
        hay.len >= needle.len && hay.len ? memmem(hay.ptr, hay.len, needle.ptr, needle.len) : NULL;
    return p ? str_from_n(p, hay.len - (size_t)(p - hay.ptr)) : (str){0};
}

static bool starts_nocase(str s, str prefix)
{
    return s.len >= prefix.len && strncasecmp(s.ptr, prefix.ptr, prefix.len) == 0;
}

struct piece {
    str name, filename, type, bytes;
    bool file;
};

static bool piece_headers(str head, struct piece *p)
{
    bool named = false;
    for (str rest = head; rest.ptr;) {
        str line = str_cut(rest, '\n', &rest);
        line = str_trim(line);
        if (starts_nocase(line, STR("content-disposition:"))) {
            str v = str_from_n(line.ptr + 20, line.len - 20);
            named = header_param(v, STR("name"), &p->name);
            p->file = header_param(v, STR("filename"), &p->filename);
        } else if (starts_nocase(line, STR("content-type:"))) {
            p->type = str_trim(str_from_n(line.ptr + 13, line.len - 13));
        }
    }
    return named && str_utf8_ok(p->name) && str_utf8_ok(p->filename);
}

static str base_name(str s)
{
    for (size_t i = s.len; i > 0; i--) {
        if (s.ptr[i - 1] == '/' || s.ptr[i - 1] == '\\') {
            return str_from_n(s.ptr + i, s.len - i);
        }
    }
    return s;
}

static bool keep(const struct piece *p, struct http_params *params, struct http_files *files)
{
    if (p->file && !p->filename.len && !p->bytes.len) {
        return true; /* a browser sends this where no file was chosen */
    }
    if (p->file) {
        if (files->len >= HTTP_FILES_MAX) {
            return false;
        }
        ((struct http_file *)files->ptr)[files->len++] =
            (struct http_file){p->name, base_name(p->filename), p->type, p->bytes};
        return true;
    }
    if (params->len >= HTTP_PARAMS_MAX || !str_utf8_ok(p->bytes)) {
        return false;
    }
    ((struct http_param *)params->ptr)[params->len++] = (struct http_param){p->name, p->bytes};
    return true;
}

bool http_parse_multipart(struct arena *a, str content_type, str body, struct http_params *ret,
                          struct http_files *ret_files)
{
    str boundary;
    if (!header_param(content_type, STR("boundary"), &boundary) || boundary.len == 0 ||
        boundary.len > 70) {
        return false;
    }
    char *sep = arena_try(a, boundary.len + 4, 1, 1);
    struct http_param *ps = arena_try(a, HTTP_PARAMS_MAX, sizeof(*ps), alignof(struct http_param));
    struct http_file *fs = arena_try(a, HTTP_FILES_MAX, sizeof(*fs), alignof(struct http_file));
    if (!sep || !ps || !fs) {
        return false;
    }
    memcpy(sep, "\r\n--", 4);
    memcpy(sep + 4, boundary.ptr, boundary.len);
    str full = str_from_n(sep, boundary.len + 4);
    str first = str_from_n(sep + 2, boundary.len + 2);
    struct http_params params = {ps, 0};
    struct http_files files = {fs, 0};
    if (!str_starts(body, first)) {
        return false;
    }
    str rest = str_from_n(body.ptr + first.len, body.len - first.len);
    while (!str_starts(rest, STR("--"))) {
        struct piece p = {0};
        str head_end = find(rest, STR("\r\n\r\n"));
        if (!str_starts(rest, STR("\r\n")) || !head_end.ptr) {
            return false;
        }
        str head = str_from_n(rest.ptr, rest.len - head_end.len);
        str content = str_from_n(head_end.ptr + 4, head_end.len - 4);
        str end = find(content, full);
        if (head.len > 4096 || !end.ptr || !piece_headers(head, &p)) {
            return false;
        }
        p.bytes = str_from_n(content.ptr, content.len - end.len);
        if (!keep(&p, &params, &files)) {
            return false;
        }
        rest = str_from_n(end.ptr + full.len, end.len - full.len);
    }
    *ret = params;
    *ret_files = files;
    return true;
}
