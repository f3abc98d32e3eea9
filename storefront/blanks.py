"""What stands in a column that nothing is held in, and what speaks against emptying it yet."""

from datetime import datetime
from typing import NamedTuple

from peewee import Field


class Need(NamedTuple):
    """Why a row cannot be spared yet, in words that follow "because", and until about when."""

    why: str
    until: datetime


def blank(field: Field):
    """What stands in a column that nothing is held in."""
    if field.null:
        return None
    if field.default is not None:
        return field.default() if callable(field.default) else field.default
    return {"BLOB": b"", "TEXT": "", "VARCHAR": "", "CHAR": ""}.get(field.field_type, 0)


def is_blank(field: Field, value) -> bool:
    """Whether that is the value of a column that nothing is held in."""
    return value is None or value == blank(field)
