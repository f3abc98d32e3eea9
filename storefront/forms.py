"""Form fields that more than one part of the site asks for: a line of text, a postal address."""

from functools import lru_cache

from email_validator import EmailNotValidError, validate_email
from flask import current_app
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import SelectField, StringField, ValidationError
from wtforms.validators import Length
from wtforms.widgets import Select, html_params

from storefront import address
from storefront.personal import personal


def asked(label: str, token: str, longest: int = 120, **render) -> StringField:
    """A line of text, named after its autocomplete token (HTML standard)."""
    return StringField(
        label,
        name=token,
        filters=[lambda text: " ".join((text or "").split())],
        validators=[Length(max=longest, message=f"Please keep this to {longest} characters.")],
        render_kw={"autocomplete": token, "maxlength": longest} | render,
    )


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


def addressed(told: dict, sent: dict) -> type[FlaskForm]:
    """A form that asks for e-mail, name and postal address, checked by the rules of the country.

    `told` and `sent` declare the e-mail address and the postal one: clause, why, basis.
    """

    class AddressForm(_AddressRules):
        email = personal(
            asked("E-mail address", "email", 254, type="email", inputmode="email"), **told
        )
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


class _AddressRules(FlaskForm):
    """How those fields are checked."""

    no_email = "Please give your e-mail address."
    no_name = "Please give your name."

    def validate_email(self, field) -> None:
        if not field.data:
            raise ValidationError(self.no_email)
        try:
            known = validate_email(
                field.data,
                check_deliverability=False,
                allow_smtputf8=False,
                test_environment=True,  # shop.test is as good an address as any
            )
            if "=?" in known.ascii_email:  # would be read as an encoded word in a mail's header
                raise EmailNotValidError("It holds =?, which mail servers misread.")
            field.data = known.ascii_email
        except EmailNotValidError as trouble:
            raise ValidationError(f"We cannot write to this address. {trouble}") from trouble

    def validate_country(self, field) -> None:
        if field.data not in address.countries():
            raise ValidationError("Please choose a country from the list.")

    def validate_name(self, field) -> None:
        if not field.data:
            raise ValidationError(self.no_name)

    def validate(self, extra_validators=None) -> bool:
        """All fields, then the address as a whole, so that every problem is told at once."""
        good = super().validate(extra_validators)
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
