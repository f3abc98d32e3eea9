"""What waits to be sent, what is in doubt, what failed, and what went out last."""

from flask import abort, current_app, request

from storefront import letters  # noqa: F401 — they name the kinds of mail
from storefront.blueprints.desk import desk, session
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.blueprints.desk.log import noted_as, noting
from storefront.models import OutgoingMail
from storefront.models.outbox import STOPPED, UNDER_WAY
from storefront.pages import go, now, wants_part
from storefront.refusals import Refused

MOST = 50  # mails of one page
LISTS = {
    "stopped": ("To look at", STOPPED),
    "waiting": ("Waiting", UNDER_WAY),
    "sent": ("Sent", ("sent",)),
}


def _waiting() -> list[tuple[str, str]]:
    counts = OutgoingMail.counts()
    if n := sum(counts[state] for state in STOPPED):
        return [(f"{n:,} mail{'s' if n != 1 else ''} in doubt or not sent", "/desk/mail")]
    return []


WORDS = "What waits, what is in doubt, and what failed."
screen("Mail", "/desk/mail", ("fulfilment",), WORDS, _waiting)


@desk.get("/mail")
@roles("fulfilment")
def outbox():
    return _page()


def _page(status: int = 200, refusal: Refused | None = None, about: int = 0, said: str = ""):
    """One of the three lists; `about` is the number of the mail that a refusal concerns."""
    wanted = request.values.get("list", "")
    chosen = wanted if wanted in LISTS else "stopped"
    before = max(0, min(request.values.get("before", 0, int), 2**31 - 1))
    mails = OutgoingMail.newest(LISTS[chosen][1], before, MOST + 1)
    context = {
        "lists": LISTS,
        "counts": OutgoingMail.counts(),
        "chosen": chosen,
        "before": before,
        "mails": mails[:MOST],
        "older": mails[MOST - 1].id if len(mails) > MOST else 0,
        "refusal": refusal,
        "about": about,
        "said": said or session.once("said"),
    }
    return show("desk/mail/page.html", "desk/mail/_mails.html", status=status, **context)


@desk.post(f"/mail/<{NUMBER}:number>/tries")
@roles("fulfilment")
@noted_as("resent")
def try_mail(number: int):
    mail = _mail(number)
    try:
        with noting("resent", mail):
            mail.send_again(now())
    except Refused as refusal:
        return _page(422, refusal, number)
    current_app.extensions["wake_worker"]()
    return _shown("It is on its way again.")


@desk.post(f"/mail/<{NUMBER}:number>/arrival")
@roles("fulfilment")
@noted_as("settled")
def settle_mail(number: int):
    mail = _mail(number)
    with noting("settled", mail):
        mail.arrived()
    return _shown("Settled: it counts as sent.")


def _shown(said: str):
    if wants_part():
        return _page(said=said)
    session.keep("said", said)
    wanted = request.form.get("list", "")
    return go(f"/desk/mail?list={wanted}" if wanted in LISTS else "/desk/mail")


def _mail(number: int) -> OutgoingMail:
    gone = "This mail is gone: it was erased, or it was past its period."
    return OutgoingMail.get_or_none(OutgoingMail.id == number) or abort(404, gone)
