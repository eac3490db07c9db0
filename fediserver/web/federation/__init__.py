"""What other servers ask for and send: discovery, documents, collections, inboxes."""

from fediserver.activitypub import follower_sync
from fediserver.web.federation import collections, discovery, documents, inboxes
from fediserver.web.federation.asking import admitting
from fediserver.web.router import Route

ROUTES: list[Route] = [
    Route(method="GET", path="/.well-known/webfinger", endpoint=discovery.webfinger_document),
    Route(method="GET", path="/.well-known/host-meta", endpoint=discovery.host_meta),
    Route(method="GET", path="/.well-known/nodeinfo", endpoint=discovery.nodeinfo_index),
    Route(method="GET", path="/nodeinfo/2.0", endpoint=discovery.nodeinfo_2_0),
    Route(method="GET", path="/nodeinfo/2.1", endpoint=discovery.nodeinfo_2_1),
    Route(method="GET", path="/actor", endpoint=documents.instance_actor),
    Route(method="POST", path="/actor/inbox", endpoint=inboxes.post_to_inbox),
    Route(method="POST", path="/inbox", endpoint=inboxes.post_to_inbox),
    Route(method="GET", path="/users/{name}", endpoint=documents.actor_document),
    Route(method="POST", path="/users/{name}/inbox", endpoint=inboxes.post_to_inbox),
    Route(method="GET", path="/users/{name}/outbox", endpoint=admitting(collections.outbox_collection)),
    Route(method="POST", path="/users/{name}/outbox", endpoint=inboxes.outbox_is_read_only),
    Route(method="GET", path="/users/{name}/followers", endpoint=admitting(collections.followers)),
    Route(method="GET", path="/users/{name}/following", endpoint=admitting(collections.following)),
    Route(
        method="GET",
        path=f"/users/{{name}}/{follower_sync.PATH}",
        endpoint=collections.followers_there,
    ),
    Route(
        method="GET",
        path="/users/{name}/collections/{which}",
        endpoint=admitting(collections.actor_collection),
    ),
    Route(method="GET", path="/users/{name}/statuses/{id}", endpoint=documents.status_document),
    Route(
        method="GET",
        path="/users/{name}/statuses/{id}/replies",
        endpoint=admitting(collections.status_replies),
    ),
    Route(
        method="GET", path="/users/{name}/statuses/{id}/likes", endpoint=admitting(collections.status_likes)
    ),
    Route(
        method="GET", path="/users/{name}/statuses/{id}/shares", endpoint=admitting(collections.status_shares)
    ),
    Route(
        method="GET",
        path="/users/{name}/quote_authorizations/{id}",
        endpoint=admitting(documents.quote_stamp),
    ),
    Route(method="GET", path="/activities/{id}", endpoint=admitting(documents.activity_document)),
    Route(method="GET", path="/contexts/{id}", endpoint=admitting(collections.context_collection)),
    Route(method="GET", path="/health", endpoint=discovery.health),
]
"""Each endpoint takes the context and the request, with parameters in `request.path_params`."""
