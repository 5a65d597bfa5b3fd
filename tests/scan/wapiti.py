"""Debian's wapiti 3.0.4, with what is at fault in it replaced, else as it is.

-x stops it under Python 3.11: its pattern is made with flags inside the expression.
Of a multipart form it sends each field as a file, so that no form came with its token.
"""
import fnmatch
import re

import requests
import wapitiCore.net.crawler as crawler
from wapitiCore.main.wapiti import wapiti_main

crawler.wildcard_translate = lambda pattern: re.compile(fnmatch.translate(pattern))
post = requests.Session.post


def post_with_fields(self, url, files=None, **rest):
    if files:
        files = [(name, (None, value) if isinstance(value, str) else value) for name, value in files]
    return post(self, url, files=files, **rest)


requests.Session.post = post_with_fields
wapiti_main()
