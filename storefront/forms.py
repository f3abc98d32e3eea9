"""The base of every form that asks for something about a person, and what forms share."""

from functools import cached_property, lru_cache

from flask import current_app, request
from flask_wtf import FlaskForm
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import FileField, HiddenField, SelectField, ValidationError
from wtforms.widgets import Select, html_params

from storefront import address, coverage
from storefront.erasures import normal
from storefront.fields import address_of_mail, asked
from storefront.models import PolicyVersion
from storefront.pages import closed
from storefront.personal import fields, personal
from storefront.refusals import Refused


class Form(FlaskForm):
    """A form that is switched off by itself while the policy does not cover what it asks for.

    Its template draws it unless it is `closed`; a request that comes all the same is refused.
    Checks that regard several fields go into `look_over`.
    """

    class Meta(FlaskForm.Meta):
        """What was sent, as words; files are for the fields that ask for files."""

        def wrap_formdata(self, form, formdata):
            """Flask-WTF's own lets a file, or what stands in JSON, into a field for words."""
            if formdata is None or not form.is_submitted():
                return None
            asked_for = {field.name for field in form if isinstance(field, FileField)}
            files = [one for one in request.files.items(multi=True) if one[0] in asked_for]
            words = [one for one in request.form.items(multi=True) if one[0] not in asked_for]
            return MultiDict(files + words)

    @classmethod
    def clauses(cls) -> frozenset[str]:
        """The clauses of its personal fields."""
        return frozenset(fact.clause for fact in fields(cls))

    @cached_property
    def closed(self) -> str:
        """The sentence to show instead of it, or "" while it may be filled in."""
        return closed(*self.clauses())

    def validate(self, extra_validators=None) -> bool:
        """Whether everything is in order; raises `SwitchedOff` while it is closed."""
        if self.closed:
            raise coverage.SwitchedOff(self.closed)
        return self.look_over(extra_validators)

    def look_over(self, extra_validators=None) -> bool:
        """Check and tidy all fields, closed or not: what was sent before is compared with it."""
        return super().validate(extra_validators)


class EmailForm(Form):
    """A form that asks for an e-mail address in `email`, as `email_field` makes it."""

    no_email = "Please give your e-mail address."
    looked_up = False  # whether it is written as it is looked up: see `normal`

    def validate_email(self, field) -> None:
        if not field.data:
            raise ValidationError(self.no_email)
        field.data = address_of_mail(field.data)
        if self.looked_up:
            field.data = normal(field.data)


def email_field(label: str = "E-mail address", **declared):
    """The field of an e-mail address; `declared` says its clause, why and basis."""
    return personal(asked(label, "email", 254, type="email", inputmode="email"), **declared)


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


POLICY_CHANGED = (
    "Our privacy page has changed since you came here: version {number} is in force now. "
    "Have a look at it below; if that is all right, send this again."
)


def addressed(told: dict, sent: dict) -> type[Form]:
    """A form that asks for e-mail, name and postal address, checked by the rules of the country.

    `told` and `sent` declare the e-mail address and the postal one: clause, why, basis.
    """

    class AddressForm(_AddressRules):
        email = email_field(**told)
        country = personal(
            SelectField(
                "Country",
                render_kw={"autocomplete": "country"},
                choices=list,
                validate_choice=False,
                widget=CountrySelect(),
            ),
            **sent,
        )
        name = personal(asked("Full name", "name"), **sent)
        line1 = personal(asked("Street address", "address-line1"), **sent)
        line2 = personal(asked("Apartment, floor, company (optional)", "address-line2"), **sent)
        city = personal(asked("City", "address-level2"), **sent)
        region = personal(asked("State", "address-level1"), **sent)
        postal_code = personal(asked("Postal code", "postal-code", 20), **sent)

    return AddressForm


class UnderPolicy(Form):
    """A form that says under which version of the policy it is filled in."""

    policy_seen = HiddenField(name="policy")

    impersonal: tuple[str, ...] = ("policy_seen",)

    def show_policy(self, policy: PolicyVersion | None) -> None:
        """Note in the form which version of the policy is shown beside it."""
        self.policy_seen.data = policy and str(policy.number)

    def check_policy(self, policy: PolicyVersion) -> None:
        """Raise `Refused` where another version was shown than is in force now."""
        if self.policy_seen.data not in (None, "", str(policy.number)):
            raise Refused(POLICY_CHANGED.format(number=policy.number))


class _AddressRules(EmailForm, UnderPolicy):
    """How those fields are checked."""

    no_name = "Please give your name."

    def validate_country(self, field) -> None:
        if field.data not in address.countries():
            raise ValidationError("Please choose a country from the list.")

    def validate_name(self, field) -> None:
        if not field.data:
            raise ValidationError(self.no_name)

    def look_over(self, extra_validators=None) -> bool:
        """All fields, then the address as a whole, so that every problem is told at once."""
        good = super().look_over(extra_validators)
        parts = {part: self[part].data or "" for part in address.PARTS}
        right, wrong = address.checked(self.rules.country, parts)
        for part, sentence in wrong.items():
            self[part].errors = [*self[part].errors, sentence]
        for part, value in right.items():
            self[part].data = value
        return good and not wrong

    @property
    def rules(self) -> address.AddressRules:
        """The address rules of the chosen country, or of the shop's own."""
        country = self.country.data
        known = country in address.countries()
        return address.rules_for(country if known else home_country())

    def take_kept(self, given) -> None:
        """Take back what another country's address had: it stays in the form, unseen."""
        for part in ("city", "region", "postal_code"):
            self[part].data = self[part].data or given.get(f"kept-{self[part].name}", "")


def home_country() -> str:
    """The shop's own country, ISO alpha-2."""
    return current_app.extensions["settings"].shop["country"]
