"""What is held about a person, erasure, and the sweep: all read off the declarations.

    held(email, erasures, at)      every value, with why, on what basis and until when
    looks(holdings)                which staff role has opened or changed it, and when
    elsewhere(…)                   what is held outside the database, in words
    plan(…)                        what an erasure would take, and what is kept and why
    erase(email, settings, at)     does it, notes it outside the database, and says the same
    take_back(row, settings, at)   withdraws what its author takes back, and notes that, too
    catch_up(settings, at)         erases again what an older copy of the database brought back
    sweep(settings, at)            blanks what is past its period
    clear_mail(settings, at)       deletes delivered mails that are to be kept no longer
    scour(settings, at)            has what went leave the database's file and the mail folder

`held` reads, the others write; none knows a table by name but the outbox, for delivered mail.
"""

from storefront.privacy.elsewhere import elsewhere
from storefront.privacy.erasing import Outcome, catch_up, erase, plan, take_back
from storefront.privacy.files import clear_mail, scour
from storefront.privacy.holding import Holding, Value, held, rows_about
from storefront.privacy.looking import Look, looks
from storefront.privacy.sweeping import sweep, sweep_if_due

__all__ = [
    "Holding",
    "Look",
    "Outcome",
    "Value",
    "catch_up",
    "clear_mail",
    "elsewhere",
    "erase",
    "held",
    "looks",
    "plan",
    "rows_about",
    "scour",
    "sweep",
    "sweep_if_due",
    "take_back",
]
