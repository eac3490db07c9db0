"""The page kit: one look, every string in the reader's language, forms that only our own pages can send."""

import hashlib
import mimetypes
import re
import secrets
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from fediserver.actions.core import Core
from fediserver.errors import NO_RECORD
from fediserver.translations import languages, translations
from fediserver.views import media_keys
from fediserver.web import csrf
from fediserver.web.auth import (
    Viewer,
    access_of,
    cookie_name,
    drop_cookie,
    logged_in,
    put_cookie,
    session_token,
)
from fediserver.web.pages import show
from fediserver.web.params import Upload, fields

FORM_BYTES = 64 * 1024
"""How large a form of ours may be."""

_FORM_COOKIE_SECONDS = 24 * 3600
_COOKIE_VALUE = re.compile(r"[A-Za-z0-9_-]{43}")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:-[A-Za-z0-9-]{1,30})?")
_HEADINGS = {
    400: "This cannot be read",
    403: "Not allowed",
    404: "Nothing grows here",
    405: "Not like this",
    410: "This is gone",
    413: "Too large",
    422: "Not quite right",
    429: "A little slower, please",
    500: "Our mistake",
    503: "Not now",
}
_FOREVER = "public, max-age=31536000, immutable"


class Asset(NamedTuple):
    """A file of the look."""

    body: bytes
    media_type: str
    path: str


class Visit:
    """One request for a page: who looks, in which language, and the answers they can get."""

    def __init__(self, core: Core, request: Request, viewer: Viewer | None, language: str) -> None:
        self.core = core
        self.request = request
        self.viewer = viewer
        self.language = language
        self._has_form = False
        # Before log-in a random cookie stands for the session that forms are bound to.
        self._session = session_token(core.config, request) if viewer else ""
        self._form_cookie = "" if self._session else _form_cookie(core, request)
        self._fresh_cookie = ""

    def say(self, text: str) -> str:
        """The text in the visitor's language."""
        return translations(self.language).gettext(text)

    async def form(self, *, uploads: int = 0) -> dict[str, str]:
        """The fields of a form that our own page sent; Forbidden for all others (CSRF). `viewer` is who it is then.

        `uploads` is what files may take, in bytes; `uploaded` answers them afterwards.
        """
        core, request = self.core, self.request
        csrf.check_origin(request, core.config.base_url)
        sent = texts(await fields(request, limit=FORM_BYTES, uploads=uploads))
        csrf.check(access_of(request).form_secret, self._session or self._form_cookie, sent.get(csrf.FIELD))
        if self.viewer is not None:
            # The form may have taken long to come: who was logged out meanwhile does nothing more with it.
            self.viewer = await logged_in(core, request)
        return sent

    async def uploaded(self, name: str) -> Upload | None:
        """The file that came with a form, None when none was chosen."""
        found = (await fields(self.request)).get(name)
        return found if isinstance(found, Upload) and found.filename else None

    def file(self, path: str) -> str:
        """The address of a file below /media/; with it a member has another server's file fetched."""
        address = self.core.config.media_url + quote(path)
        if self.viewer is None or not path.startswith(media_keys.REMOTE):
            return address
        file_id = int(path.removeprefix(media_keys.REMOTE).partition("/")[0])
        return f"{address}?key={media_keys.key(access_of(self.request).form_secret, file_id)}"

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **values: object,
    ) -> Response:
        """A page from a template."""
        core = self.core
        body = (
            _environment(self.language)
            .get_template(template)
            .render(
                asset=asset_url,
                base_url=core.config.base_url,
                canonical=core.config.base_url + self.request.scope["path"],
                csrf_field=csrf.FIELD,
                csrf_token=self._form_token,
                domain=core.config.domain,
                language=self.language,
                now=core.clock(),
                registrations=core.config.registrations,
                sends_mail=bool(core.config.mail_url),
                show=show.Showing(self.file, self.say),
                viewer=self.viewer,
                **values,
            )
        )
        response = HTMLResponse(body, status, headers)
        response.headers.setdefault("Vary", "Accept, Accept-Language, Cookie")
        private = self.viewer is not None or self._has_form or status >= 400
        response.headers.setdefault("Cache-Control", "no-store" if private else "public, max-age=15")
        return self._with_cookie(response)

    def redirect(self, to: str) -> Response:
        """Lead on to another address, whatever the method was (303)."""
        return self._with_cookie(RedirectResponse(to, 303, {"Cache-Control": "no-store"}))

    def enter(self, token: str, to: str, seconds: int) -> Response:
        """Lead on with a new session; the form cookie of the time before is dropped."""
        response = self.redirect(to)
        put_cookie(self.core.config, response, "session", token, seconds)
        drop_cookie(self.core.config, response, "form")
        return response

    def leave(self, to: str) -> Response:
        """Lead on without session."""
        response = self.redirect(to)
        drop_cookie(self.core.config, response, "session")
        return response

    def _form_token(self) -> str:
        self._has_form = True
        if not self._session and not self._form_cookie:
            self._form_cookie = self._fresh_cookie = secrets.token_urlsafe(32)
        return csrf.token(access_of(self.request).form_secret, self._session or self._form_cookie)

    def _with_cookie(self, response: Response) -> Response:
        if self._fresh_cookie:
            put_cookie(self.core.config, response, "form", self._fresh_cookie, _FORM_COOKIE_SECONDS)
        return response


async def visit(core: Core, request: Request, *, language: str = "") -> Visit:
    """Begin to answer a request for a page; `language` is a wish that goes before the browser's."""
    return Visit(core, request, await logged_in(core, request), chosen_language(request, language))


async def error_page(core: Core, request: Request, status: int, text: str) -> Response:
    """The page that tells a person of an error; for the Errors middleware."""
    # Where something of ours is broken, the page asks for as little as it can.
    viewer = await logged_in(core, request) if status < 500 else None
    guest = Visit(core, request, viewer, chosen_language(request))
    heading = guest.say(_HEADINGS.get(status, "This did not work"))
    if text == NO_RECORD:
        text = guest.say("There is no page at this address; look whether it is typed as it was meant")
    return guest.page("error.html", status=status, code=status, heading=heading, text=guest.say(text))


async def static_file(core: Core, request: Request) -> Response:
    """GET /static/{name}: a file of the look; under its hashed name it never changes."""
    name = request.path_params["name"]
    for plain, asset in _assets().items():
        if name in (asset.path, plain):
            lasting = _FOREVER if name == asset.path else "public, max-age=3600"
            headers = MutableHeaders({"Cache-Control": lasting})
            return Response(asset.body, 200, headers, asset.media_type)
    return Response("There is no such file\n", 404, media_type="text/plain")


async def favicon(core: Core, request: Request) -> Response:
    """GET /favicon.ico: what browsers ask for without being told."""
    asset = _assets()["icon.png"]
    return Response(asset.body, 200, {"Cache-Control": "public, max-age=86400"}, asset.media_type)


def asset_url(name: str) -> str:
    """The lasting address of a file of the look: `/static/style.5f2c….css`."""
    return f"/static/{_assets()[name].path}"


def texts(found: Mapping[str, object]) -> dict[str, str]:
    """The parameters that are single texts; of several, the last."""
    plain: dict[str, str] = {}
    for name, value in found.items():
        last = value[-1] if isinstance(value, list) and value else value
        if isinstance(last, str):
            plain[name] = last
        elif isinstance(last, int | float):
            plain[name] = str(last).lower() if isinstance(last, bool) else str(last)
    return plain


def chosen_language(request: Request, wish: str = "") -> str:
    """The first language that the visitor reads and we write; English otherwise (RFC 9110, 12.5.4)."""
    header = request.headers.get("accept-language", "")[:500]
    wanted: list[tuple[float, str]] = [(2.0, wish)]
    for part in header.split(",")[:20]:
        tag, _, weight = part.strip().partition(";q=")
        try:
            wanted.append((float(weight) if weight else 1.0, tag.strip()))
        except ValueError:
            continue
    for share, name in sorted(wanted, key=lambda each: -each[0]):
        found = _LANGUAGE.fullmatch(name)
        if found and share > 0 and found[1].lower() in languages():
            return found[1].lower()
    return "en"


def _form_cookie(core: Core, request: Request) -> str:
    value = request.cookies.get(cookie_name(core.config, "form"), "")
    return value if _COOKIE_VALUE.fullmatch(value) else ""


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("fediserver.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    environment.policies["ext.i18n.trimmed"] = True
    return environment


@cache
def _assets() -> dict[str, Asset]:
    """Every file of the look by its plain name."""
    found = {}
    for path in sorted(Path(str(resources.files("fediserver.web") / "static")).iterdir()):
        body = path.read_bytes()
        digest = hashlib.sha256(body).hexdigest()[:16]
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        found[path.name] = Asset(body, media_type, f"{path.stem}.{digest}{path.suffix}")
    return found
