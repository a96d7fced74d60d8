"""What Python's urllib.parse and urllib3, and the regular expression of RFC 3986, make of URLs.

Lines and answers are as `cargo xtask readings` documents them (xtask/src/readings/programs.rs).
"""

import re
import sys
from urllib.parse import urlsplit

import idna
import urllib3
from urllib3.util import parse_url

# RFC 3986, Appendix B; `.` there is any character.
REFERENCE = re.compile(r"^(([^:/?#]+):)?(//([^/?#]*))?([^?#]*)(\?([^#]*))?(#(.*))?", re.DOTALL)
# host [ ":" port ] of section 3.2, where a host in brackets may hold colons.
AUTHORITY = re.compile(r"^(\[[^\]]*\]|[^:]*)(?::(.*))?\Z", re.DOTALL)


def port_of(split):
    try:
        return split.port
    except ValueError:
        return "none that is valid"


def urllib(url):
    split = urlsplit(url)
    return split.hostname, port_of(split)


def urllib3_(url):
    parsed = parse_url(url)
    return parsed.host, parsed.port


def rfc3986(url):
    authority = REFERENCE.match(url).group(4)
    if authority is None:
        return None, None
    found = AUTHORITY.match(authority.rpartition("@")[2])
    return found.group(1), found.group(2) or None


def field(value):
    return "-" if value is None else "=" + str(value).encode().hex()


def answer(read, url):
    try:
        host, port = read(url)
    except Exception:  # whatever it says, it refuses
        return "!"
    return field(host) + "," + field(port)


READERS = [
    ("py_urllib", "Python " + sys.version.split()[0], urllib),
    ("py_urllib3", f"urllib3 {urllib3.__version__}, idna {idna.__version__}", urllib3_),
    ("rfc3986_regex", "RFC 3986", rfc3986),
]

print("\t".join(f"{name}={version}" for name, version, _ in READERS))
for line in sys.stdin:
    text = bytes.fromhex(line.strip()).decode()
    print("\t".join(answer(read, text) for _, _, read in READERS))
