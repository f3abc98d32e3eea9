"""Fields that several forms ask for in the same way, and what is right in them."""

from email_validator import EmailNotValidError, validate_email
from wtforms import StringField, ValidationError
from wtforms.validators import Length


def asked(label: str, token: str, longest: int = 120, id: str = "", **render) -> StringField:
    """A line of text, named after its autocomplete token (HTML standard).

    It needs an `id` of its own where another form on the page asks for the same.
    """
    return StringField(
        label,
        name=token,
        id=id or None,
        filters=[lambda text: " ".join((text or "").split())],
        validators=[Length(max=longest, message=f"Please keep this to {longest} characters.")],
        render_kw={"autocomplete": token, "maxlength": longest} | render,
    )


def address_of_mail(text: str) -> str:
    """The address as mail servers take it; raises `ValidationError` where there can be none."""
    try:
        known = validate_email(
            text,
            check_deliverability=False,
            allow_smtputf8=False,
            test_environment=True,  # shop.test is as good an address as any
        )
        if "=?" in known.ascii_email:  # would be read as an encoded word in a mail's header
            raise EmailNotValidError("It holds =?, which mail servers misread.")
    except EmailNotValidError as trouble:
        raise ValidationError(f"We cannot write to this address. {trouble}") from trouble
    return known.ascii_email
