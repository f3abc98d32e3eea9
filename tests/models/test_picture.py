"""Pictures of products: which of them a card and a gallery show."""

import pytest
from playhouse.test_utils import assert_query_count

from storefront.models import Picture, Product
from storefront.models.choice import Choice
from storefront.models.display import Display

FILES = {"width": 800, "height": 1000, "widths": [200, 400, 800]}


@pytest.fixture
def add(shirt):
    """Add a picture of the shirt, with or without files, of a variant or of none."""

    def add(position: int, digest: str = "", variant=None) -> Picture:
        source = f"https://cdn.example/{position}.jpg"
        row = Picture.create(product=shirt, position=position, source=source, variant=variant)
        if digest:
            row.receive(digest=digest, **FILES)
        return row

    return add


def card_of(product) -> dict | None:
    return Product.get_by_id(product.id).card_picture


def shown(choice: Choice) -> list[int]:
    display = Display.of(choice.product.handle)
    with assert_query_count(1):
        return [picture.position for picture in display.gallery(choice)]


@pytest.fixture
def colours(shirt):
    """A variant of each colour of the shirt."""
    return list({v.colour_in(shirt): v for v in shirt.in_order()}.values())


def chosen(product, variant) -> Choice:
    return Choice(product, tuple(variant.choice))


def test_a_card_shows_the_first_picture_that_has_files(shirt, add):
    add(1)
    assert card_of(shirt) is None
    add(3, "c" * 32)
    assert card_of(shirt) == {"digest": "c" * 32} | FILES
    add(2, "b" * 32)
    assert card_of(shirt)["digest"] == "b" * 32
    Picture.get(Picture.position == 1).receive(digest="a" * 32, **FILES)
    assert card_of(shirt)["digest"] == "a" * 32


def test_a_card_follows_pictures_that_move_or_go(shirt, add):
    first, second = add(1, "a" * 32), add(2, "b" * 32)
    Picture.update(position=9).where(Picture.id == first.id).execute()
    Picture.note_cards([shirt.id])
    assert card_of(shirt)["digest"] == second.digest
    Picture.delete().execute()
    Picture.note_cards([shirt.id])
    assert card_of(shirt) is None


def test_a_picture_that_is_received_changes_nothing_else_of_its_row(shirt, add):
    row = add(1)
    Picture.update(alt="From the side", position=4).execute()
    row.receive(digest="a" * 32, **FILES)
    row = Picture.get()
    assert (row.alt, row.position, row.digest) == ("From the side", 4, "a" * 32)


def test_cards_of_other_products_stay_as_they_are(shirt, add):
    other = Product.get(Product.handle == "broad-noon-sun-hat")
    add(1, "a" * 32)
    assert card_of(other) is None


def test_a_gallery_shows_what_has_files_in_the_merchants_order(shirt, plenty, add):
    for position, digest in ((3, "c" * 32), (1, "a" * 32), (2, "")):
        add(position, digest)
    assert shown(chosen(shirt, plenty)) == [1, 3]


def test_a_gallery_without_files_is_empty(shirt, plenty, add):
    add(1)
    assert shown(chosen(shirt, plenty)) == []


def test_the_chosen_variants_own_picture_comes_first(shirt, colours, add):
    add(1, "a" * 32, colours[0])
    add(2, "b" * 32)
    add(3, "c" * 32, colours[1])
    assert shown(chosen(shirt, colours[0])) == [1, 2, 3]
    assert shown(chosen(shirt, colours[1])) == [3, 1, 2]


def test_one_in_the_same_colour_serves_every_size(shirt, colours, add):
    add(1, "a" * 32)
    add(2, "b" * 32, colours[1])
    same = [v for v in shirt.in_order() if v.colour_in(shirt) == colours[1].colour_in(shirt)]
    assert len(same) > 1
    for variant in same:
        assert shown(chosen(shirt, variant)) == [2, 1]


def test_a_choice_whose_own_picture_has_no_files_is_drawn_in_its_colour(shirt, colours, add):
    add(1, "a" * 32, colours[0])
    add(2, "", colours[1])
    assert shown(chosen(shirt, colours[1])) == [2, 1]
    assert shown(chosen(shirt, colours[0])) == [1]


def test_a_combination_that_is_not_made_shows_its_colour(shirt, colours, add):
    add(1, "a" * 32)
    add(2, "b" * 32, colours[0])
    choice = chosen(shirt, colours[0])
    choice.variant = None
    assert shown(choice) == [2, 1]


def test_a_product_that_goes_takes_its_pictures_along(shirt, add):
    add(1, "a" * 32)
    shirt.delete_instance()
    assert Picture.select().count() == 0
