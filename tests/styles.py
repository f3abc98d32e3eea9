"""The style that stands in a page, and what the page's policy allows of it (CSP level 3, 2.3.1)."""

import re
from base64 import b64encode
from hashlib import sha256


def style_of(answer) -> str:
    """The only style element of a page."""
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    return style


def styles_allowed(answer) -> list[str]:
    """The hashes that the policy names."""
    policy = answer.headers["Content-Security-Policy"]
    return re.findall("'(sha256-[^']+)'", policy.partition("style-src ")[2].partition(";")[0])


def hash_of(style: str) -> str:
    """What a policy calls that style."""
    return f"sha256-{b64encode(sha256(style.encode()).digest()).decode()}"
