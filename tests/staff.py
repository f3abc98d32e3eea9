"""Those who work at the desk, for the tests of its screens."""

from storefront.models import Staff

PASSWORD = "seven quiet larches"  # nobody else's


def hired(app, *roles: str, email: str = "") -> Staff:
    """A person with those roles, who has not chosen how to sign in."""
    email = email or f"{'-'.join(roles)}@staff.example"
    return Staff.invite(email, list(roles), app.extensions["clock"]())[0]


def signed_in(app, *roles: str):
    """A browser in which somebody with those roles is signed in."""
    staff, client = hired(app, *roles), app.test_client()
    moment = round(app.extensions["clock"]().timestamp())
    with client.session_transaction() as session:
        session.update({"_user_id": staff.get_id(), "begun": moment, "seen": moment})
    return client
