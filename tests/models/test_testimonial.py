"""What a testimonial goes through: written, confirmed, decided, changed, taken back, counted."""

from storefront.models import OutgoingMail, Rating, Testimonial
from tests.models.testimonials import approved, several, waiting, written


def test_nothing_is_shown_before_its_author_has_confirmed_and_a_moderator_decided(shirt, clock):
    testimonial = written(shirt, clock())
    assert Rating.of(shirt.id).count == 0
    testimonial.confirm(clock())
    assert Rating.of(shirt.id).count == 0
    testimonial.approve(testimonial.changed_at, clock())
    assert (Rating.of(shirt.id).count, Rating.of(shirt.id).average) == (1, 5.0)


def test_an_edit_leads_back_to_the_queue_and_taking_back_leaves_nothing(shirt, clock):
    testimonial = approved(shirt, clock())
    given = {"words": "It leaks.", "name": "Ann", "stars": 1, "connection": ""}
    testimonial.change(given, clock())
    assert Testimonial.get_by_id(testimonial.id).state == "waiting"
    assert Rating.of(shirt.id).count == 0
    testimonial.withdraw()
    assert not Testimonial.select().exists()
    assert not OutgoingMail.select().where(OutgoingMail.kind.startswith("testimonial_")).exists()


def test_an_average_counts_every_rating_and_none_that_was_not_given(shirt, clock):
    several(shirt, clock(), 3, stars=4)
    approved(shirt, clock(), stars=1, email="bob@example.com")
    approved(shirt, clock(), stars=None, email="cy@example.com")
    rating = Rating.of(shirt.id)
    assert (rating.count, rating.rated, rating.average) == (5, 4, 3.2)
    assert Rating.of_all().average == 3.2


def test_a_second_one_of_the_same_person_takes_the_place_of_the_first(shirt, clock):
    approved(shirt, clock())
    again = waiting(shirt, clock(), email="Ann+again@example.com", words="Still dry.")
    assert [one.id for one in Testimonial.select()] == [again.id]
