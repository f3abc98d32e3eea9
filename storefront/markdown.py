"""Markdown as editors write it, rendered to HTML that is safe to show."""

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

# No picture is fetched from somebody else's host to show a text.
SAFE_TAGS = nh3.ALLOWED_TAGS - {"img", "map", "area"}


def parsed(text: str) -> str:
    """CommonMark with tables as HTML, with whatever HTML stands in it: not safe to show."""
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(text)


@lru_cache(maxsize=64)
def rendered(text: str) -> Markup:
    """CommonMark with tables as HTML; scripts, frames, pictures and the like are left out."""
    html = parsed(text)
    return Markup(nh3.clean(html, tags=SAFE_TAGS, link_rel="noopener"))  # noqa: S704
