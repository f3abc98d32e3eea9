"""The base of every form that asks for something about a person, and what forms share."""

from functools import cached_property, lru_cache

from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms.widgets import Select, html_params

from storefront import address, coverage, personal
from storefront.pages import now


class Form(FlaskForm):
    """A form that is switched off by itself while the policy does not cover what it asks for.

    Its template draws it unless it is `closed`; a request that comes all the same is refused.
    Checks that regard several fields go into `look_over`.
    """

    @classmethod
    def clauses(cls) -> frozenset[str]:
        """The clauses of its personal fields."""
        return frozenset(fact.clause for fact in personal.fields(cls))

    @cached_property
    def closed(self) -> str:
        """The sentence to show instead of it, or "" while it may be filled in."""
        return coverage.why_closed(self.clauses(), now())

    def validate(self, extra_validators=None) -> bool:
        """Whether everything is in order; raises `SwitchedOff` while it is closed."""
        if self.closed:
            raise coverage.SwitchedOff(self.closed)
        return self.look_over(extra_validators)

    def look_over(self, extra_validators=None) -> bool:
        """Check and tidy all fields, closed or not: what was sent before is compared with it."""
        return super().validate(extra_validators)


@lru_cache(maxsize=1)
def _country_options() -> Markup:
    option = Markup('<option value="{}">{}</option>')
    return Markup("").join(option.format(code, name) for code, name in address.countries().items())


class CountrySelect(Select):
    """All countries, drawn once: 250 options were two thirds of what the checkout cost."""

    def __call__(self, field, **given) -> Markup:
        given.setdefault("id", field.id)
        chosen = Markup('value="{}">').format(field.data)
        options = _country_options().replace(chosen, chosen[:-1] + Markup(" selected>"))
        attributes = Markup(html_params(name=field.name, **given))  # noqa: S704 it has escaped them
        return Markup("<select {}>{}</select>").format(attributes, options)
