"""Drafts of the policy, for the tests of the desk: a retailer's text, what forms send and show."""

import re
from html import unescape

# Bullets as a retailer has them; nothing is marked.
RETAILER = """# Privacy and Security

We are committed to protecting your privacy.

  * When you order online, we need to know your name and your address.
  * We also identify you by using cookies.
"""


def url(draft, more="") -> str:
    return f"/desk/policy/drafts/{draft.id}{more}"


def typed(draft, **more) -> dict:
    """What the editor's form sends."""
    facts = {"text": draft.text, "changes": draft.changes, "in_force_on": ""}
    return facts | {"draft": str(draft.id), "revision": str(draft.revision)} | more


def text_in(page: str, name: str = "text") -> str:
    """What stands in a field of a page, as a browser would send it."""
    found = re.search(rf'<textarea[^>]* name="{name}"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    return unescape(found[1])
