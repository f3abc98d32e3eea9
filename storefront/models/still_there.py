"""Rows that are changed by their number, while somebody else may have removed them."""

from typing import TypeVar

from storefront.db import Record, locked
from storefront.refusals import Refused

R = TypeVar("R", bound=Record)


def still_there(record: type[R], number: int, gone: str) -> R:
    """The row of that number, held until the caller's commit; raises `Refused` with `gone`."""
    found = locked(record.select().where(record.id == number)).first()
    if found is None:
        raise Refused(gone)
    return found
