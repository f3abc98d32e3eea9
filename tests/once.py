"""Each test has apps of its own: what costs much and is the same in all of them is made once."""

from threading import Lock
from typing import ClassVar

from flask import Flask
from jinja2 import Environment
from werkzeug.routing import Map, Rule


def make_once() -> None:
    """Before the first app is made."""
    compile_templates_once()
    Flask.url_map_class = Routes


def compile_templates_once() -> None:
    """Compiling them took a third of the time."""
    compiled, made = Environment.compile, {}

    def once(self, source, *rest):
        ways = self.trim_blocks, self.lstrip_blocks, self.undefined, *sorted(self.filters)
        key = type(self), source, rest, ways
        if key not in made:
            made[key] = compiled(self, source, *rest)
        return made[key]

    Environment.compile = once


class Routes(Map):
    """Laid once for all apps that have the same ones."""

    laid: ClassVar[dict] = {}

    def __init__(self, *args, **options) -> None:
        self._added, self._laying = [], Lock()
        super().__init__(*args, **options)

    def add(self, rules) -> None:
        self._added += rules.get_rules(self)
        self._remap = True

    def update(self) -> None:
        with self._laying:
            if self._remap:
                key = self.host_matching, *self.converters.values(), *map(_told_apart, self._added)
                if key not in self.laid:
                    self.laid[key] = self._lay()
                self._matcher, self._rules_by_endpoint = self.laid[key]
                self._remap = False

    def _lay(self):
        """What matches and what writes addresses, neither of which asks for the map again."""
        new = Map(host_matching=self.host_matching, converters=self.converters)
        for rule in self._added:
            rule.map = None
            new.add(rule)
        new.update()
        return new._matcher, new._rules_by_endpoint


def _told_apart(rule: Rule) -> tuple:
    places = rule.rule, rule.endpoint, rule.host, rule.subdomain, rule.strict_slashes
    return *places, str(rule.defaults), frozenset(rule.methods or ()), rule.build_only
