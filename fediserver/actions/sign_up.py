"""Accounts that people make for themselves, as FEDISERVER_REGISTRATIONS has it."""

from fediserver.actions import notify, register
from fediserver.actions.core import Core
from fediserver.db.database import Writer
from fediserver.errors import Forbidden
from fediserver.models.account import Account


async def sign_up(
    core: Core, *, name: str, email: str, password: str, reason: str = "", locale: str = "en"
) -> Account:
    """An account that is usable at once where registrations are open, else when it is approved.

    Moderators are told. Addresses are not confirmed, for no mail is sent yet. Raises Forbidden when
    registrations are closed, Invalid.
    """
    if core.config.registrations not in ("open", "approval"):
        raise Forbidden("This node takes no registrations; ask somebody who is here to invite you")
    by_approval = core.config.registrations == "approval"
    found: register.Found = {}
    if not password:
        found["password"] = [("ERR_BLANK", "must not be empty")]
    if by_approval and not reason.strip():
        found["reason"] = [("ERR_BLANK", "must not be empty: somebody reads it before you can come in")]
    if found:
        raise register.invalid(found | register.problems(name, email, password, reason))

    async def tell(tx: Writer, account: Account) -> None:
        await notify.tell_staff(core, tx, "admin.sign_up", account)

    return await register.register(
        core,
        name=name,
        email=email,
        password=password,
        reason=reason,
        locale=locale,
        confirmed=True,
        approved=not by_approval,
        then=tell,
    )
