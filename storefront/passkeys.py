"""Passkeys (WebAuthn level 3): what a browser is asked for, and whether its answer holds."""

import ipaddress
import json
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from storefront.refusals import Refused

LONGEST = 16 * 1024  # characters of an answer
NOT_TAKEN = "The passkey was not taken. Please try again."


@dataclass(frozen=True)
class Place:
    """Where the shop is reached: passkeys belong to `domain` and are used at `origin`."""

    domain: str
    origin: str
    shop: str

    @classmethod
    def of(cls, origin: str, shop: str) -> "Place | None":
        """The place of an origin; None where its host is no name, which browsers refuse."""
        host = urlsplit(origin).hostname or ""
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return cls(host, origin, shop)
        return None


@dataclass(frozen=True)
class NewPasskey:
    """A passkey as it came from a browser: its name in the protocol, its public half."""

    credential: str
    public_key: str
    uses: int

    def columns(self, at: datetime) -> dict:
        """What the tables of passkeys keep of it, made and first used at that moment."""
        return vars(self) | {"made_at": at, "used_at": at}


def invitation(place: Place, person: bytes, account: str, challenge: bytes, there) -> dict:
    """What `navigator.credentials.create` is asked; `there` are names of passkeys there are."""
    from webauthn import base64url_to_bytes, generate_registration_options, options_to_json
    from webauthn.helpers import structs

    options = generate_registration_options(
        rp_id=place.domain,
        rp_name=place.shop,
        user_id=person,
        user_name=account,
        challenge=challenge,
        timeout=300_000,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            structs.PublicKeyCredentialDescriptor(id=base64url_to_bytes(name)) for name in there
        ],
    )
    return json.loads(options_to_json(options))


def question(place: Place, challenge: bytes) -> dict:
    """What `navigator.credentials.get` is asked: any passkey of this shop."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(
        rp_id=place.domain,
        challenge=challenge,
        timeout=300_000,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return json.loads(options_to_json(options))


def taken(place: Place, answer: str, challenge: bytes) -> NewPasskey:
    """The passkey that a browser made; raises `Refused` for anything else."""
    from webauthn import verify_registration_response
    from webauthn.helpers import bytes_to_base64url

    made = _checked(
        verify_registration_response,
        credential=_read(answer),
        expected_challenge=challenge,
        expected_rp_id=place.domain,
        expected_origin=place.origin,
        require_user_verification=True,
    )
    return NewPasskey(
        bytes_to_base64url(made.credential_id),
        bytes_to_base64url(made.credential_public_key),
        made.sign_count,
    )


def name_in(answer: str) -> str:
    """Which passkey an answer claims to be from, or ""."""
    name = _read(answer).get("id")
    # JSON writes in its own way what no database takes: NUL, half of a pair of surrogates.
    return name if isinstance(name, str) and name.isascii() and name.isprintable() else ""


def count_after(place: Place, answer: str, challenge: bytes, public_key: str, uses: int) -> int:
    """The authenticator's count after it signed; raises `Refused` unless the passkey did."""
    from webauthn import base64url_to_bytes, verify_authentication_response

    return _checked(
        verify_authentication_response,
        credential=_read(answer),
        expected_challenge=challenge,
        expected_rp_id=place.domain,
        expected_origin=place.origin,
        credential_public_key=base64url_to_bytes(public_key),
        credential_current_sign_count=uses,
        require_user_verification=True,
    ).new_sign_count


def _read(answer: str) -> dict:
    try:
        read = json.loads(answer) if len(answer) <= LONGEST else None
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise Refused(NOT_TAKEN)
    return read


def _checked(verify, **given):
    from cryptography.exceptions import UnsupportedAlgorithm
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        return verify(**given)
    # What the library says of odd bytes is not always its own kind of error.
    except (WebAuthnException, UnsupportedAlgorithm, ValueError, TypeError, LookupError) as trouble:
        raise Refused(NOT_TAKEN) from trouble
