"""One person in every column that can hold something about people; for the tests.

A new personal column has to be given a seed here, or `test_rights.py` says so: then it is proven
of it, too, that it is listed, erased, and gone from the files.
"""

from datetime import datetime, timedelta

from storefront.db import Record
from storefront.models import (
    RECORDS,
    Account,
    AccountLink,
    AccountPasskey,
    Contest,
    ContestEntry,
    Discount,
    DiscountUse,
    Insider,
    Message,
    Note,
    Order,
    OrderEvent,
    OrderSearch,
    OutgoingMail,
    Parcel,
    Passkey,
    PolicyVersion,
    Question,
    Return,
    RightsRequest,
    SavedAddress,
    Staff,
    Testimonial,
    Variant,
    Waiting,
)

ADDRESS = "qzvarna.bexley@example.com"

# What stands in the columns, each told from every other by its bytes.
SEEDS = {
    "order.email": ADDRESS,
    "order.name": "Qzvarna Bexley-Order",
    "order.line1": "77001 Qzline One Road",
    "order.line2": "Qzline Two Loft 77002",
    "order.city": "Qzcityham-77003",
    "order.region": "Qzregionshire-77004",
    "order.postal_code": "QZ77005",
    "order.country": "QZ-land-77006",
    "order.whose": "77007qzdigest" + "0" * 51,
    "parcel.tracking": "QZTRACK-77021",
    "message.text": "Qzasked 77022: where is it?",
    "note.text": "Qznoted 77023: rang twice",
    "order_search.email": ADDRESS,
    "order_search.number": "QZLQQ-KED77",
    "question.email": ADDRESS,
    "question.text": "Qzwondered 77035: is it warm?",
    "question.number": "QZASK-ED777",
    "question.answer": "Qzanswered 77036: very",
    "return.words": "Qzreturn 77022 pinches",
    "return.answer": "Qzanswer 77023 was worn",
    "contest_entry.email": ADDRESS,
    "contest_entry.name": "Qzentrant Bexley-77009",
    "contest_entry.line1": "77010 Qzentry Road",
    "contest_entry.line2": "Qzentry Loft 77011",
    "contest_entry.city": "Qzentryham-77012",
    "contest_entry.region": "Qzentryshire-77013",
    "contest_entry.postal_code": "QZ77014",
    "contest_entry.country": "QZ-entry-land-77015",
    "contest_entry.mailbox": "qzmailbox-77016@example.com",
    "contest_entry.person": "qzperson77017",
    "contest_entry.salt": "77028qzsalt",
    "contest_entry.digest": "77029qzdigest",
    "discount_use.customer": "77021qzdiscount" + "0" * 49,
    "outgoing_mail.to": ADDRESS,
    "account.email": ADDRESS,
    "account_link.email": ADDRESS,
    "account_passkey.name": "Qzfinger 77021",
    "saved_address.name": "Qzsaved Bexley-77022",
    "saved_address.line1": "77023 Qzsaved Road",
    "saved_address.line2": "Qzsaved Loft 77024",
    "saved_address.city": "Qzsavedham-77025",
    "saved_address.region": "Qzsavedshire-77026",
    "saved_address.postal_code": "QZ77027",
    "saved_address.country": "QZ-saved-land-77028",
    "waiting.email": ADDRESS,
    "insider.email": ADDRESS,
    "insider.mailbox": "77031qzinsider" + "0" * 50,
    "insider.wording": "77032qzwording" + "0" * 50,
    "insider.way": "qzway-77033",
    "insider.statement": "Qzstated 77034 at the market",
    "testimonial.words": "Qzsaid 77024 it kept me dry",
    "testimonial.name": "Qzauthor 77025",
    "testimonial.email": ADDRESS,
    "testimonial.connection": "qztie-77026",
    "testimonial.pictures": [{"digest": "77027qzpicture", "width": 1, "height": 1, "widths": [1]}],
    "testimonial.reply": "Qzreply 77028 thank you",
    "testimonial.mailbox": "77029qzmailbox" + "0" * 50,
    "rights_request.email": ADDRESS,
    "rights_request.answer": {"gone": [["Qzanswer 77008", ["name"]]], "kept": []},
}

# Who works here is held while they do, the address with them: a person apart.
STAFF_SEEDS = {
    "staff.email": ADDRESS,
    "staff.name": "Qzstaff Bexley-77018",
    "staff.roles": ["qzrole-77019"],
    "passkey.name": "Qzpasskey 77020",
}


def personal_columns() -> set[str]:
    """Every column of the shop that is declared personal."""
    return {
        f"{record._meta.table_name}.{field.name}"
        for record in RECORDS
        for field in record.personal_fields()
    }


def seeded(record: type[Record]) -> dict:
    """The seeds of one table by column."""
    table, every = f"{record._meta.table_name}.", SEEDS | STAFF_SEEDS
    return {
        name.removeprefix(table): seed for name, seed in every.items() if name.startswith(table)
    }


def texts() -> dict[str, str]:
    """The seeds as they are found in files: of structures the text within."""
    within = {"testimonial.pictures": "77027qzpicture", "rights_request.answer": "Qzanswer 77008"}
    return SEEDS | within


def sow(at: datetime) -> Order:
    """A row with every seed in each table, two months after an order was paid for and sent."""
    before = at - timedelta(days=60)
    order = Order.create(
        **seeded(Order),
        number="QZQZQ-QZQZQ",
        placement="qz-placement",
        state="charged",
        stage="delivered",
        currency="USD",
        subtotal_minor=100,
        shipping_minor=0,
        tax_minor=0,
        total_minor=100,
        placed_at=before,
        policy=PolicyVersion.last(),
    )
    OrderEvent.create(order=order, what="charged", at=before)
    Parcel.create(**seeded(Parcel), order=order, shipped_at=before, delivered_at=before)
    about = {"order": order, "asking": "qz-asking", "state": "settled"}
    Return.create(**seeded(Return), **about, asked_at=before, settled_at=before)
    code = Discount.create(code="ALPS", kind="shipping", currency="USD", once=True, made_at=before)
    DiscountUse.create(**seeded(DiscountUse), discount=code, order=order, used_at=before)
    Message.create(**seeded(Message), order=order, at=before)
    Note.create(**seeded(Note), order=order, role="fulfilment", at=before)
    mail = OutgoingMail.write("order_charged", ADDRESS, before, order)
    mail = OutgoingMail.get(OutgoingMail.message_id == mail.message_id)
    mail.sent(before)
    contest = Contest.create(
        **dict.fromkeys(("slug", "title", "prize", "text"), "alps"),
        **{"opens_at": before, "closes_at": at + timedelta(days=30), "announced_at": before},
    )
    ContestEntry.create(
        **seeded(ContestEntry),
        contest=contest,
        policy=PolicyVersion.last(),
        rules_version=1,
        key="qz-key",
        entered_at=at,
        confirmed_at=at,
        closes_at=contest.closes_at,
    )
    Waiting.create(
        **seeded(Waiting),
        variant=Variant.select().first(),
        policy=PolicyVersion.last(),
        key="qz-waiting",
        asked_at=at,
        confirmed_at=at,
    )
    Insider.create(
        **seeded(Insider),
        policy=PolicyVersion.last(),
        key="qz-insider",
        asked_at=at,
        confirmed_at=at,
    )
    Testimonial.create(
        **seeded(Testimonial),
        product=Variant.select().first().product,
        policy=PolicyVersion.last(),
        key="qz-testimonial",
        state="approved",
        **dict.fromkeys(("written_at", "made_at", "changed_at", "confirmed_at"), at),
    )
    OrderSearch.create(**seeded(OrderSearch), asked_at=at)
    Question.create(**seeded(Question), mail="qz-question", asked_at=at, looked_at=at)
    RightsRequest.create(
        **seeded(RightsRequest),
        digest="qz-digest",
        message_id="qz-message",
        asked_at=at,
        valid_until=at + timedelta(hours=1),
    )
    _sow_account(at)
    return order


def _sow_account(at: datetime) -> None:
    moments = {"made_at": at, "seen_at": at}
    account = Account.create(**seeded(Account), session_number=770770771, **moments)
    SavedAddress.create(**seeded(SavedAddress), account=account, is_default=True, **moments)
    AccountPasskey.create(
        **seeded(AccountPasskey),
        account=account,
        credential="qz-finger",
        public_key="qz-half",
        made_at=at,
        used_at=at,
    )
    AccountLink.create(
        **seeded(AccountLink),
        digest="qz-way",
        browser="qz-browser",
        message_id="qz-letter",
        asked_at=at,
        valid_until=at + timedelta(minutes=15),
    )


def sow_staff(at: datetime) -> Staff:
    """Somebody who works here, with every seed of that."""
    staff = Staff.create(**seeded(Staff), session_number=1, made_at=at, seen_at=at)
    Passkey.create(
        **seeded(Passkey),
        staff=staff,
        credential="qz-credential",
        public_key="qz-public",
        made_at=at,
        used_at=at,
    )
    return staff
