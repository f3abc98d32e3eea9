"""The form of a draft: what an editor typed, taken apart and put back."""

import re

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import HiddenField, StringField, TextAreaField

from storefront.cards import holds_card
from storefront.drafting import posting, typed
from storefront.forms import Form
from storefront.models import PolicyVersion
from storefront.refusals import Refused

LONGEST_WORDS = 1000
ADDRESS = re.compile(r"https?://\S+")  # archived pages have long numbers in theirs


class DraftForm(FlaskForm):
    """A draft as it is edited. `revision` is the one it was made out of."""

    Meta = Form.Meta

    text = TextAreaField("Text", filters=[lambda text: typed.tidied(text or "")])
    file = FileField("Or a file with the text (Markdown or HTML)")
    changes = TextAreaField(
        "What has changed, in a sentence or two for readers",
        filters=[lambda words: " ".join((words or "").split())],
    )
    in_force_on = StringField("In force from", render_kw={"type": "date"})
    revision = HiddenField()
    draft = HiddenField()

    impersonal = ("text", "file", "changes", "in_force_on", "revision", "draft")

    def facts(self, at) -> dict:
        """What a draft keeps of it; raises `Refused` naming every field that cannot be kept."""
        problems, facts = {}, {"changes": self.changes.data or ""}
        for name, read in (("text", self.look_over), ("in_force_on", lambda: self._day(at))):
            try:
                facts[name] = read()
            except Refused as refusal:
                problems |= refusal.problems
        if len(facts["changes"]) > LONGEST_WORDS:
            problems["changes"] = f"Please keep this to {LONGEST_WORDS} characters."
        if problems:
            self.tell(refusal := Refused(**problems))
            raise refusal
        return facts

    def take_file(self) -> None:
        """Put an uploaded text into the field; raises `Refused` where both are given."""
        raw = self.file.data.read() if self.file.data else b""
        if self.file.data and (self.text.data or "").strip():
            raise Refused(
                file="There is a text in the field as well. Empty it to take the file, or send it "
                "without the file."
            )
        if self.file.data:
            self.text.data = typed.of_file(raw)

    def look_over(self) -> str:
        """The text, if it may be kept; raises `Refused`, and shows it without oddities."""
        text, self.text.data = self.text.data, typed.without_odd(self.text.data or "")
        typed.checked(text or "")
        for number, line in enumerate(text.split("\n"), 1):
            if holds_card(ADDRESS.sub("", line)):
                raise Refused(text=CARD.format(number))
        return text

    def _day(self, at):
        day = posting.day_of(self.in_force_on.data or "")
        posting.moment_in_force(day, PolicyVersion.last(), at)
        return day

    def tell(self, refusal: Refused) -> None:
        """Put what is refused beside the fields it concerns."""
        for name, sentence in refusal.problems.items():
            if name in self._fields:
                self[name].errors = [sentence]

    def number(self, name: str) -> int:
        """A hidden number, 0 where there is none."""
        given = str(self[name].data or "")
        return int(given) if given.isascii() and given.isdecimal() and len(given) < 12 else 0


CARD = (
    "Line {} holds what looks like the number of a payment card. The shop keeps none, not even in "
    "a text. Write it with letters, such as 4242 xxxx, then save again."
)


def of_draft(draft) -> DraftForm:
    """The form as it is shown for a draft that lies there."""
    form = DraftForm(formdata=None, obj=draft)
    form.draft.data = draft.id
    form.in_force_on.data = draft.in_force_on and draft.in_force_on.isoformat()
    return form
