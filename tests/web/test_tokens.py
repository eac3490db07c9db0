"""OAuth: tokens in use, what they tell of themselves, and their end."""

import httpx

from fediserver.actions import access
from fediserver.clock import DAY, SECOND
from fediserver.db import access as rows
from tests.garden import Garden
from tests.oauth_app import OOB, App


async def test_a_bad_token_is_401_with_mastodons_words(garden: Garden) -> None:
    for token in ("nonsense", "", "x" * 500):
        answer = await garden.browser().get("/oauth/userinfo", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 401
        assert answer.json() == {"error": "The access token is invalid"}
        assert "www-authenticate" in answer.headers


async def test_userinfo_needs_its_scope_and_tells_who_it_is(app: App) -> None:
    token = (await app.token(await app.code())).json()["access_token"]
    refused = await app.browser.get("/oauth/userinfo", headers={"authorization": f"Bearer {token}"})
    assert refused.status_code == 403
    assert refused.json() == {"error": "This action is outside the authorized scopes"}
    other = await App.register(app.garden, "profile")
    other.browser = app.browser
    good = (await other.token(await other.code(scope="profile"))).json()["access_token"]
    info = (await app.browser.get("/oauth/userinfo", headers={"authorization": f"Bearer {good}"})).json()
    assert info["sub"] == "http://localhost:8001/users/alice"
    assert info["preferred_username"] == "alice"
    posted = await app.browser.post("/oauth/userinfo", data={"access_token": good})
    assert posted.json() == info


async def test_revoking_ends_a_token_at_once_and_only_ones_own(app: App) -> None:
    token = (await app.token(await app.code())).json()["access_token"]
    assert await app.accepted(token)
    other = await App.register(app.garden)
    sent = {"client_id": other.client_id, "client_secret": other.secret, "token": token}
    refused = await app.browser.post("/oauth/revoke", data=sent)
    assert refused.status_code == 403
    assert refused.json()["error"] == "unauthorized_client"
    sent = {"client_id": app.client_id, "client_secret": app.secret, "token": token}
    assert (await app.browser.post("/oauth/revoke", data=sent)).json() == {}
    assert not await app.accepted(token)
    assert (await app.browser.post("/oauth/revoke", data=sent)).status_code == 200
    assert (await app.browser.post("/oauth/revoke", data=sent | {"client_secret": "x"})).status_code == 401


async def test_a_revocation_by_another_process_acts_within_two_seconds(app: App) -> None:
    token = (await app.token(await app.code())).json()["access_token"]
    assert await app.accepted(token)
    row = await rows.token(app.garden.core.db, access.hashed(token))
    assert row is not None
    await app.garden.core.db.write(lambda tx: rows.drop_token(tx, row.id))
    assert await app.accepted(token)
    app.garden.clock.advance(2 * SECOND)
    assert not await app.accepted(token)


async def test_a_token_made_to_end_ends(garden: Garden) -> None:
    alice = await garden.account("alice")
    made = await access.register_application(garden.core, name="Spade", redirect_uris=[OOB])
    issued = await access.issue_token(
        garden.core,
        application=made.application,
        account=alice,
        user_id=alice.id,
        granted=("read",),
        expires_at=garden.clock.now + DAY,
    )
    assert (await garden.access.tokens.grant(issued.token)).viewer().id == alice.id
    garden.clock.advance(DAY)
    headers = {"authorization": f"Bearer {issued.token}"}
    assert (await garden.browser().get("/oauth/userinfo", headers=headers)).status_code == 401


async def test_the_metadata_document_names_what_there_is(garden: Garden) -> None:
    document = (await garden.browser().get("/.well-known/oauth-authorization-server")).json()
    assert document["issuer"] == "http://localhost:8001/"
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["grant_types_supported"] == ["authorization_code", "client_credentials"]
    for name in ("authorization_endpoint", "token_endpoint", "revocation_endpoint"):
        assert document[name].startswith("http://localhost:8001/oauth/")
        assert "?" not in document[name]


async def test_a_token_tells_what_it_is_good_for(app: App) -> None:
    token = (await app.token(await app.code())).json()
    headers = {"authorization": f"Bearer {token['access_token']}"}
    told = (await app.browser.get("/oauth/token/info", headers=headers)).json()
    assert (told["scope"], told["application"]) == (["read"], {"uid": app.client_id})
    assert (told["expires_in"], told["created_at"]) == (None, token["created_at"])
    assert told["resource_owner_id"].isdigit()
    by_parameter = await app.browser.get("/oauth/token/info", params={"access_token": token["access_token"]})
    assert by_parameter.json() == told
    assert (await app.browser.get("/oauth/token/info")).status_code == 401


async def test_an_app_may_ask_whether_its_own_tokens_work(app: App) -> None:
    token = (await app.token(await app.code())).json()

    async def asked(who: App, **changes: str) -> httpx.Response:
        sent = {"client_id": who.client_id, "client_secret": who.secret, "token": token["access_token"]}
        return await who.browser.post("/oauth/introspect", data=sent | changes)

    told = (await asked(app)).json()
    assert (told["active"], told["scope"], told["client_id"]) == (True, "read", app.client_id)
    assert (told["token_type"], told["iat"]) == ("Bearer", token["created_at"])
    other = await App.register(app.garden)
    for answer in (await asked(other), await asked(app, token="unknown")):
        assert answer.json() == {"active": False}
    assert (await asked(app, token="")).json()["error"] == "invalid_request"
    assert (await asked(app, client_secret="wrong")).status_code == 401
    sent = {"client_id": app.client_id, "client_secret": app.secret, "token": token["access_token"]}
    await app.browser.post("/oauth/revoke", data=sent)
    assert (await asked(app)).json() == {"active": False}
