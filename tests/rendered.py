"""Omissions fail: a template that no test renders is one that nobody has looked at.

Registered by conftest. The tests may run in several processes side by side (pytest-xdist): each
tells at its end what it rendered, and the one that directs them judges, as it does when it is the
only one. Its verdict counts as a test's.
"""

from pathlib import Path

import pytest
from jinja2 import Environment

TEMPLATES = Path(__file__).resolve().parent.parent / "storefront" / "templates"
MANY = 500  # tests; with fewer the whole suite was not run
NAME = "test_every_template_is_rendered_by_some_test"


class Rendered:
    """Notes every template that any environment loads, from the first test on."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        load = Environment._load_template

        def noted(environment, name, *rest):
            self.names.add(str(name))
            return load(environment, name, *rest)

        Environment._load_template = noted

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node) -> None:
        """A process beside this one is at its end."""
        self.names.update(getattr(node, "workeroutput", {}).get("rendered", ()))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session) -> None:
        """Before the closing line is written."""
        told = getattr(session.config, "workeroutput", None)
        if told is not None:
            told["rendered"] = sorted(self.names)
        elif session.config.getoption("--of-a-database"):
            return  # those that were left out render some
        elif session.testscollected >= MANY and not session.exitstatus:
            _report(session, self._missing())

    def _missing(self) -> set[str]:
        return {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.*")} - self.names


def _report(session, missing: set[str]) -> None:
    place = Path(__file__).relative_to(session.config.rootpath)
    verdict = pytest.TestReport(
        nodeid=f"{place}::{NAME}",
        location=(str(place), None, NAME),
        keywords={},
        outcome="failed" if missing else "passed",
        longrepr=f"No test renders {', '.join(sorted(missing))}." if missing else None,
        when="call",
    )
    session.config.hook.pytest_runtest_logreport(report=verdict)
    if missing:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
