"""Issues of the Insider Update and their readers, for the tests."""

from datetime import datetime, timedelta

from storefront.models import Insider, InsiderIssue, PolicyVersion

TEXT = """Autumn is here, and so is *rain*.

{product: second-day-merino-t-shirt}

- [How we make it](/pages/delivery)
- [Elsewhere](https://wool.example/a?b=1&c=2)
"""


def readers(count: int, at: datetime, name: str = "reader") -> None:
    """So many who have confirmed: reader1@shop.test and on."""
    policy = PolicyVersion.last()
    facts = {"policy": policy, "way": "page", "asked_at": at, "confirmed_at": at}
    rows = (
        {"email": f"{name}{n}@shop.test", "key": f"{name}key{n}", "mailbox": f"{name}box{n}"}
        for n in range(1, count + 1)
    )
    batch = []
    for row in rows:
        batch.append(row | facts)
        if len(batch) == 500:
            Insider.insert_many(batch).execute()
            batch = []
    if batch:
        Insider.insert_many(batch).execute()


def drafted(at: datetime, **facts) -> InsiderIssue:
    """A draft that can be sent."""
    said = {"title": "Autumn coats", "slug": "autumn-coats", "text": TEXT, "per_minute": 60_000}
    return InsiderIssue.write(at, **said | facts)


def begun(at: datetime, **facts) -> InsiderIssue:
    """An issue that has just begun to go out."""
    drafted(at, **facts).schedule(at, at)
    assert InsiderIssue.begin_due(at) == 1
    return InsiderIssue.select().order_by(InsiderIssue.id.desc()).first()


def in_a_minute(at: datetime) -> datetime:
    return at + timedelta(minutes=1)
