"""Mails to the author of a testimonial: whether it is theirs, and what became of it."""

from storefront.config import Settings
from storefront.links import TestimonialLinks
from storefront.models import OutgoingMail
from storefront.models.moderating import REASONS

SUBJECTS = {
    "testimonial_confirm": "Is this testimonial about “{thing}” yours?",
    "testimonial_approved": "Your testimonial about “{thing}” is shown",
    "testimonial_refused": "Your testimonial about “{thing}” is not shown",
    "testimonial_replied": "We have replied to your testimonial about “{thing}”",
}

CALLED = {
    "testimonial_confirm": "question whether a testimonial is theirs",
    "testimonial_approved": "testimonial is shown",
    "testimonial_refused": "testimonial is not shown",
    "testimonial_replied": "reply to a testimonial",
}


def facts(mail: OutgoingMail, settings: Settings) -> dict:
    """What it is about, where it is shown, and the link in its author's hands.

    Nothing of what somebody wrote: the address may be another's.
    """
    one, links = mail.testimonial, TestimonialLinks(settings.cookie_keys)
    return {
        "thing": " ".join(one.product.title.split())[:200],
        "reason": REASONS.get(one.reason, ""),
        "reply": one.reply,
        "shown": f"{settings.shop_origin}/testimonials/{one.id}",
        "rules": f"{settings.shop_origin}/testimonials/moderation",
        "address": f"{settings.shop_origin}/testimonials/mine/{links.write(one.key)}",
    }
