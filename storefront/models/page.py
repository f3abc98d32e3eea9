"""Pages that editors write: delivery, returns, terms, contact."""

from peewee import TextField

from storefront.db import Moment, Record


class Page(Record):
    """A Markdown text with an address of its own, at `/pages/<slug>`."""

    slug = TextField(unique=True)
    title = TextField()
    text = TextField()
    changed_at = Moment()

    impersonal = ("slug", "title", "text")

    @classmethod
    def put(cls, slug: str, text: str, at) -> "Page":
        """Write the page anew; its title is the text's first heading."""
        title = text.lstrip().split("\n", 1)[0].lstrip("# ").strip()
        page = cls.get_or_none(cls.slug == slug) or cls(slug=slug)
        page.title, page.text, page.changed_at = title, text, at
        page.save()
        return page
