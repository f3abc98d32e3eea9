"""What the checkout asks for."""

from collections.abc import Sequence

from wtforms import BooleanField, HiddenField, SelectField, StringField

from storefront.forms import addressed
from storefront.models import SavedAddress
from storefront.models.totals import Customer
from storefront.pages import closed
from storefront.personal import personal

TOLD = {"clause": "orders", "why": "to tell you the status of your order", "basis": "contract"}
DELIVERY = {"clause": "orders", "why": "to deliver your order", "basis": "contract"}


class CheckoutForm(addressed(TOLD, DELIVERY)):
    """What an order needs to know. The address is checked by the rules of its country."""

    shipping = SelectField("Delivery", choices=list, validate_choice=False)
    code = StringField(
        "Discount code",
        filters=[lambda text: " ".join((text or "").split())[:60]],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )
    code_seen = HiddenField(name="counted")  # the code that the shown total counts with
    total_seen = HiddenField(name="total")
    placement = HiddenField()
    insider = personal(
        BooleanField(),
        clause="insider",
        why="to send you the Insider Update",
        basis="consent",
        words="whether you want the Insider Update",
    )

    impersonal = ("shipping", "code", "code_seen", "total_seen", "policy_seen", "placement")
    book: Sequence[SavedAddress] = ()  # of who is signed in, to choose from
    no_email = "Please give your e-mail address: we send the order there."
    no_name = "Please give the name for the parcel."

    @classmethod
    def clauses(cls) -> frozenset[str]:
        """Those without which there is no form at all."""
        return super().clauses() - {"insider"}

    @property
    def closed_to_insiders(self) -> bool:
        """Whether the box for the Insider Update is not there."""
        return bool(closed("insider"))

    def customer(self) -> Customer:
        """Who orders; after `validate`."""
        wanted = Customer.__dataclass_fields__
        return Customer(**{name: self[name].data or "" for name in wanted})
