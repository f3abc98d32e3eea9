"""The desk's forms about money and rules, sent by a manager or whoever; for the tests."""

from tests.staff import signed_in


class Seller:
    """Somebody at the desk who sends forms, as pages or through htmx."""

    def __init__(self, app, role: str, fragments: bool) -> None:
        self.client = signed_in(app, role)
        self.headers = {"HX-Request": "true"} if fragments else {}

    def get(self, url: str) -> str:
        return self.client.get(url).text

    def post(self, url: str, **form):
        return self.client.post(url, data=form, headers=self.headers)

    def send(self, url: str, **form) -> str:
        """What is seen after a form that is taken."""
        answer = self.post(url, **form)
        assert answer.status_code in (204, 303), answer.text
        way = answer.headers.get("Location") or answer.headers["HX-Redirect"]
        return self.client.get(way).text

    def refused(self, url: str, **form) -> str:
        """What is seen after a form that is refused."""
        answer = self.post(url, **form)
        assert answer.status_code == 422
        assert ("<!doctype" in answer.text) is not bool(self.headers)
        return answer.text
