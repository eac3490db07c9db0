"""Mail in words, in the member's language. What strangers typed is never in it."""

from fediserver.actions.core import Core
from fediserver.models.account import Account
from fediserver.models.mail import CONFIRM, PASSWORD, Letter, Mail
from fediserver.translations import translations


def letter(core: Core, mail: Mail, account: Account, token: str) -> Letter:
    """What is sent; `token` is the secret part of its link."""
    say = translations(mail.locale.partition("-")[0]).gettext
    if mail.purpose == CONFIRM:
        path = f"/auth/confirm/{token}"
        subject = say("Confirm your address for %(domain)s")
        text = say(
            "Somebody, most likely you, gave this address when they joined %(domain)s.\n\n"
            "Open this link and press the button to confirm it:\n\n"
            "%(link)s\n\n"
            "The link works once and for a day. If it was not you, do nothing."
        )
    elif mail.purpose == PASSWORD:
        path = f"/auth/password/{token}"
        subject = say("A new password for %(domain)s")
        text = say(
            "Somebody, most likely you, asked for a new password for %(domain)s.\n\n"
            "Choose one here:\n\n"
            "%(link)s\n\n"
            "The link works once and for a day. If it was not you, do nothing: the old password stays."
        )
    else:
        path = "/auth/sign_in"
        subject = say("You are in: %(domain)s")
        text = say(
            "Somebody at %(domain)s has let you in, @%(name)s.\n\nLog in here or in your app:\n\n%(link)s"
        )
    words = {
        "domain": core.config.domain,
        "link": core.config.base_url + path,
        "name": account.username,
    }
    return Letter(number=mail.id, to=mail.address, subject=subject % words, text=text % words + "\n")
