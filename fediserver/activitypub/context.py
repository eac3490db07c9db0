"""Core, and with it what reaches other servers and files."""

import secrets
from dataclasses import dataclass, field

from fediserver.actions.core import Core
from fediserver.activitypub.domains import DomainRules
from fediserver.activitypub.introductions import Introductions
from fediserver.activitypub.keyring import Keyring
from fediserver.activitypub.wanted_links import WantedLinks
from fediserver.media.images import Images
from fediserver.media.storage import Storage
from fediserver.media.video import Converter
from fediserver.net.client import Client
from fediserver.net.mail import Mailer
from fediserver.signatures.webpush import Vapid


@dataclass(frozen=True, kw_only=True)
class Context(Core):
    """What everything above the actions works with; made once for each process by app.py."""

    net: Client
    images: Images
    converter: Converter
    storage: Storage
    secret: bytes
    """The node's own secret, for signed links and forms; it survives restarts."""
    vapid: Vapid
    """Tells push services who sends."""
    mailer: Mailer | None = None
    """Hands over mail; None on a node that sends none."""
    keyring: Keyring = field(default_factory=Keyring)
    introductions: Introductions = field(default_factory=Introductions)
    domains: DomainRules = field(default_factory=DomainRules)
    wanted_links: WantedLinks = field(default_factory=WantedLinks)
    boot: str = field(default_factory=lambda: secrets.token_hex(8))
    """Names this process in leases."""
