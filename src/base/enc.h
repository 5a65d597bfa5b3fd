/* enc.h - hexadecimal, base32 and base64 (RFC 4648), and comparing secrets. */
#ifndef BASE_ENC_H
#define BASE_ENC_H

#include "base/str.h"

str enc_hex(struct arena *a, str bytes);        /* lower case */
bool dec_hex(struct arena *a, str s, str *ret); /* either case; even length */
str enc_base64(struct arena *a, str bytes);     /* with padding */
str enc_base64url(struct arena *a, str bytes);  /* without padding */
str enc_base32(struct arena *a, str bytes);     /* capitals, without padding */
/* In a time that depends only on the lengths. */
bool enc_same(str a, str b);

#endif
