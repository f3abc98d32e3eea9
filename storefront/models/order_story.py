"""All that became of an order in one line of time: events, mails and what was written about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from storefront.models.message import Message
from storefront.models.order_event import OrderEvent
from storefront.models.outbox import OutgoingMail


@dataclass(frozen=True)
class Told:
    """One thing that happened: `of` is the event, the mail or the customer's message."""

    at: datetime
    kind: str
    of: OrderEvent | OutgoingMail | Message


def story_of(
    events: Iterable[OrderEvent], mails: Iterable[OutgoingMail], messages: Iterable[Message]
) -> list[Told]:
    """The order's history, the oldest first. What the shop answered is among the events.

    Of who looked at what, before the order or after it, there is nothing that could stand here.
    """
    told = [Told(each.at, "event", each) for each in events]
    told += [Told(each.sent_at or each.made_at, "mail", each) for each in mails]
    told += [Told(each.at, "message", each) for each in messages if not each.role]
    return sorted(told, key=lambda one: one.at)  # what comes at once stays in this order
