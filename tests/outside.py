"""What can be told of an answer by whoever asked: what it says and carries, and what it took."""

from collections.abc import Callable

from playhouse.test_utils import count_queries


def outside(ask: Callable) -> tuple:
    """Of what `ask()` is answered; the names of savepoints are drawn by lot and left out."""
    with count_queries() as counted:
        answer = ask()
    asked = [query.msg[0].split(' "s')[0] for query in counted.get_queries()]
    # Whether there is a new edition is asked from time to time.
    asked = [sql for sql in asked if "edition" not in sql]
    headers = {k: v for k, v in answer.headers.items() if k not in ("Date", "Server-Timing")}
    return answer.status_code, answer.data, headers, asked
