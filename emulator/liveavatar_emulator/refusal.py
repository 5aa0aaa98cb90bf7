"""The one way a rule says no, so that rules need not know how a refusal travels."""


class Refusal(Exception):
    """
    A rule refused the call.

    ``status`` is the HTTP status the service would use, ``code`` the application code in the envelope
    (the status itself where the service's own code is not known; LiveAvatar API facts §1.3).
    """

    def __init__(self, status: int, message: str, *, code: int | None = None, data: object = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = status if code is None else code
        self.data = data


def missing(what: str) -> Refusal:
    """The refusal for an id that names nothing (LiveAvatar API facts §1.3, row 404)."""
    return Refusal(404, f"{what} not found")


def not_in_space(what: str, identifier: str) -> Refusal:
    """The refusal for a reference that points outside the space (LiveAvatar API facts §1.3, first row)."""
    return Refusal(400, f"{what} with id '{identifier}' not found in your space")
