"""What can go wrong, named once; the web layer turns each into a status code, the inbox into a verdict."""


class FediserverError(Exception):
    """Base of everything that is raised on purpose; its text is fit to be shown to the person who asked."""


NO_RECORD = "Record not found"
"""What Mastodon's API says of everything that is not there; pages say it in their own words."""


class NotFound(FediserverError):
    """There is no such thing, or the viewer may not know of it (404)."""

    def __init__(self, text: str = NO_RECORD) -> None:
        super().__init__(text)


class Gone(FediserverError):
    """There was such a thing; it was deleted (410)."""


class Forbidden(FediserverError):
    """The viewer may see it, but not do this (403)."""

    def __init__(self, text: str = "This action is not allowed") -> None:
        super().__init__(text)


class Unauthorised(FediserverError):
    """No token, or one that is not valid (401). Apps log their member out on it: never for anything else."""

    def __init__(self, text: str = "The access token is invalid") -> None:
        super().__init__(text)


class BadRequest(FediserverError):
    """A parameter is missing or cannot be read (400)."""


class Invalid(FediserverError):
    """What was sent breaks a rule (422); `details` maps a field to its list of (code, description)."""

    def __init__(self, text: str, details: dict[str, list[tuple[str, str]]] | None = None) -> None:
        super().__init__(text)
        self.details = details or {}


class Conflict(FediserverError):
    """Somebody else changed it in between (409)."""


class TooLarge(FediserverError):
    """A body or file is over its limit (413)."""


class TooMany(FediserverError):
    """A limit by count was reached (429); `retry_after` in seconds."""

    def __init__(self, text: str, retry_after: int) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class Unavailable(FediserverError):
    """Somebody else does not answer, or we cannot now (503); `retry_after` in seconds."""

    def __init__(self, text: str, retry_after: int = 60) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class Ignored(FediserverError):
    """An activity that is in order but changes nothing here; the text says why."""


class Refused(FediserverError):
    """An activity or document that breaks a rule of authority; `rule` names it in the log."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(text)
        self.rule = rule


class Unreachable(FediserverError):
    """Another server could not be asked, now; worth another try later."""


class ConfigError(FediserverError):
    """The configuration cannot be used; the text says what to change."""
