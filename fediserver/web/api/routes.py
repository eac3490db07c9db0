"""The table of contents of the client API: method, path, function, scopes of which a token needs one.

Where a function takes no viewer, no token is looked at. An empty scope: any good token will do.
"""

from fediserver.web.api import (
    absent,
    accounts,
    admin_accounts,
    admin_domains,
    admin_email_blocks,
    admin_figures,
    admin_ip_blocks,
    admin_reports,
    admin_trends,
    announcements,
    annual_reports,
    collections,
    conversations,
    discovery,
    domain_blocks,
    embeds,
    filters,
    filters_v1,
    instance,
    interactions,
    lists,
    markers,
    media,
    notification_groups,
    notification_policy,
    notifications,
    polls,
    posting,
    profile,
    push,
    quotes,
    refreshes,
    relations,
    reports,
    scheduled,
    search,
    settings,
    sign_up,
    statuses,
    streaming,
    tags,
    timelines,
    trends,
)
from fediserver.web.api.endpoint import Endpoint, Function
from fediserver.web.limits import Rule
from fediserver.web.router import Route

Line = tuple[str, str, Function, str]

UPLOADS = Rule("uploads", 30, 1800)
DELETIONS = Rule("deletions", 30, 1800)
POSTS = Rule("posts", 300, 3 * 3600)
FOLLOWS = Rule("follows", 400, 86_400)
SIGN_UPS = Rule("sign_ups", 5, 1800)
REPORTS = Rule("reports", 400, 86_400)

_LIMITED: dict[Function, Rule] = {
    media.upload: UPLOADS,
    media.upload_and_wait: UPLOADS,
    posting.create: POSTS,
    posting.delete: DELETIONS,
    interactions.unreblog: DELETIONS,
    relations.follow: FOLLOWS,
    reports.create: REPORTS,
    sign_up.create: SIGN_UPS,
}

_ACCOUNT = "/api/v1/accounts/{account_id}"
_ADMIN = "/api/v1/admin/accounts/{account_id}"
_ANNOUNCEMENT = "/api/v1/announcements/{announcement_id}"
_ADMIN_ALLOW = "/api/v1/admin/domain_allows/{rule_id}"
_ADMIN_BLOCK = "/api/v1/admin/domain_blocks/{rule_id}"
_ADMIN_TRENDS = "/api/v1/admin/trends"
_PUBLISHERS = f"{_ADMIN_TRENDS}/links/publishers"
_MAIL_DOMAINS = "/api/v1/admin/email_domain_blocks"
_MAIL_DOMAIN = f"{_MAIL_DOMAINS}/{{block_id}}"
_MAILS = "/api/v1/admin/canonical_email_blocks"
_MAIL = f"{_MAILS}/{{block_id}}"
_IP_BLOCK = "/api/v1/admin/ip_blocks/{block_id}"
_ADMIN_REPORT = "/api/v1/admin/reports/{report_id}"
_STATUS = "/api/v1/statuses/{status_id}"
_FILTER = "/api/v2/filters/{filter_id}"
_GROUP = "/api/v2/notifications/{group_key}"
_REQUESTS = "/api/v1/notifications/requests"

_SINCE_4_0 = "@1668384000"
_DEPRECATED: dict[Function, str] = dict.fromkeys(
    (
        filters_v1.page,
        filters_v1.create,
        filters_v1.show,
        filters_v1.change,
        filters_v1.remove,
        instance.version_1,
    ),
    _SINCE_4_0,
)
"""Since when Mastodon calls an endpoint deprecated, as its header says it (RFC 9745)."""

_ACCOUNTS: tuple[Line, ...] = (
    ("GET", "/api/v1/accounts/verify_credentials", profile.verify, "profile read:accounts"),
    ("PATCH", "/api/v1/accounts/update_credentials", profile.change, "write:accounts"),
    ("GET", "/api/v1/profile", profile.show, "profile read:accounts"),
    ("PATCH", "/api/v1/profile", profile.edit, "write:accounts"),
    ("DELETE", "/api/v1/profile/avatar", profile.remove_avatar, "write:accounts"),
    ("DELETE", "/api/v1/profile/header", profile.remove_header, "write:accounts"),
    ("GET", "/api/v1/preferences", profile.preferences, "read:accounts"),
    ("PATCH", "/api/web/settings", settings.keep, ""),
    ("GET", "/api/v1/emails/check_confirmation", sign_up.is_confirmed, "read:accounts"),
    ("POST", "/api/v1/emails/confirmations", sign_up.confirm_again, "write:accounts"),
    ("POST", "/api/v1/accounts", sign_up.create, "write:accounts"),
    ("GET", "/api/v1/accounts", accounts.several, "read:accounts"),
    ("GET", "/api/v1/accounts/lookup", accounts.by_handle, "read:accounts"),
    ("GET", "/api/v1/accounts/search", accounts.find, "read:accounts"),
    ("GET", "/api/v1/accounts/relationships", accounts.standings, "read:follows"),
    ("GET", "/api/v1/accounts/familiar_followers", accounts.familiar_followers, "read:follows"),
    ("GET", _ACCOUNT, accounts.show, "read:accounts"),
    ("GET", f"{_ACCOUNT}/statuses", accounts.posts, "read:statuses"),
    ("GET", f"{_ACCOUNT}/followers", accounts.followers, "read:accounts"),
    ("GET", f"{_ACCOUNT}/following", accounts.following, "read:accounts"),
    ("GET", f"{_ACCOUNT}/featured_tags", tags.of_account, ""),
    ("GET", f"{_ACCOUNT}/endorsements", accounts.endorsed_by, "read:accounts"),
    ("GET", f"{_ACCOUNT}/lists", lists.holding, "read:lists"),
    ("GET", f"{_ACCOUNT}/identity_proofs", accounts.identity_proofs, ""),
    ("POST", f"{_ACCOUNT}/email_subscriptions", absent.no_email_subscriptions, ""),
    ("GET", "/invite/{code}", absent.no_invite, ""),
    ("POST", f"{_ACCOUNT}/follow", relations.follow, "write:follows"),
    ("POST", f"{_ACCOUNT}/unfollow", relations.unfollow, "write:follows"),
    ("POST", f"{_ACCOUNT}/remove_from_followers", relations.remove_from_followers, "write:follows"),
    ("POST", f"{_ACCOUNT}/block", relations.block, "write:blocks"),
    ("POST", f"{_ACCOUNT}/unblock", relations.unblock, "write:blocks"),
    ("POST", f"{_ACCOUNT}/mute", relations.mute, "write:mutes"),
    ("POST", f"{_ACCOUNT}/unmute", relations.unmute, "write:mutes"),
    ("POST", f"{_ACCOUNT}/endorse", relations.endorse, "write:accounts"),
    ("POST", f"{_ACCOUNT}/unendorse", relations.unendorse, "write:accounts"),
    ("POST", f"{_ACCOUNT}/pin", relations.endorse, "write:accounts"),
    ("POST", f"{_ACCOUNT}/unpin", relations.unendorse, "write:accounts"),
    ("POST", f"{_ACCOUNT}/note", relations.note, "write:accounts"),
    ("GET", "/api/v1/follow_requests", relations.requests, "read:follows"),
    ("POST", "/api/v1/follow_requests/{account_id}/authorize", relations.authorize, "write:follows"),
    ("POST", "/api/v1/follow_requests/{account_id}/reject", relations.reject, "write:follows"),
    ("GET", "/api/v1/blocks", relations.blocked, "read:blocks"),
    ("GET", "/api/v1/mutes", relations.muted, "read:mutes"),
    ("POST", "/api/v1/reports", reports.create, "write:reports"),
)

_POSTS: tuple[Line, ...] = (
    ("POST", "/api/v1/statuses", posting.create, "write:statuses"),
    ("GET", "/api/v1/statuses", statuses.several, "read:statuses"),
    ("GET", _STATUS, statuses.show, "read:statuses"),
    ("PUT", _STATUS, posting.edit, "write:statuses"),
    ("DELETE", _STATUS, posting.delete, "write:statuses"),
    ("GET", f"{_STATUS}/context", statuses.context, "read:statuses"),
    ("GET", "/api/v1_alpha/async_refreshes/{refresh_id}", refreshes.show, "read"),
    ("GET", f"{_STATUS}/source", statuses.source, "read:statuses"),
    ("GET", f"{_STATUS}/history", statuses.history, "read:statuses"),
    ("POST", f"{_STATUS}/translate", statuses.translate, "read:statuses"),
    ("GET", f"{_STATUS}/favourited_by", statuses.favourited_by, "read:accounts"),
    ("GET", f"{_STATUS}/reblogged_by", statuses.reblogged_by, "read:accounts"),
    ("GET", f"{_STATUS}/quotes", quotes.page, "read:statuses"),
    ("POST", f"{_STATUS}/quotes/{{quoting_status_id}}/revoke", quotes.revoke, "write:statuses"),
    ("PUT", f"{_STATUS}/interaction_policy", quotes.set_policy, "write:statuses"),
    ("PATCH", f"{_STATUS}/interaction_policy", quotes.set_policy, "write:statuses"),
    ("POST", f"{_STATUS}/favourite", interactions.favourite, "write:favourites"),
    ("POST", f"{_STATUS}/unfavourite", interactions.unfavourite, "write:favourites"),
    ("POST", f"{_STATUS}/reblog", interactions.reblog, "write:statuses"),
    ("POST", f"{_STATUS}/unreblog", interactions.unreblog, "write:statuses"),
    ("POST", f"{_STATUS}/bookmark", interactions.bookmark, "write:bookmarks"),
    ("POST", f"{_STATUS}/unbookmark", interactions.unbookmark, "write:bookmarks"),
    ("POST", f"{_STATUS}/pin", interactions.pin, "write:accounts"),
    ("POST", f"{_STATUS}/unpin", interactions.unpin, "write:accounts"),
    ("POST", f"{_STATUS}/mute", interactions.mute, "write:mutes"),
    ("POST", f"{_STATUS}/unmute", interactions.unmute, "write:mutes"),
    ("GET", "/api/v1/favourites", statuses.favourites, "read:favourites"),
    ("GET", "/api/v1/bookmarks", statuses.bookmarks, "read:bookmarks"),
    ("POST", "/api/v1/media", media.upload_and_wait, "write:media"),
    ("POST", "/api/v2/media", media.upload, "write:media"),
    ("GET", "/api/v1/media/{media_id}", media.show, "write:media"),
    ("PUT", "/api/v1/media/{media_id}", media.change, "write:media"),
    ("DELETE", "/api/v1/media/{media_id}", media.delete, "write:media"),
    ("GET", "/api/v1/polls/{poll_id}", polls.show, "read:statuses"),
    ("POST", "/api/v1/polls/{poll_id}/votes", polls.vote, "write:statuses"),
    ("GET", "/api/v1/scheduled_statuses", scheduled.page, "read:statuses"),
    ("GET", "/api/v1/scheduled_statuses/{scheduled_id}", scheduled.show, "read:statuses"),
    ("PUT", "/api/v1/scheduled_statuses/{scheduled_id}", scheduled.change, "write:statuses"),
    ("DELETE", "/api/v1/scheduled_statuses/{scheduled_id}", scheduled.cancel, "write:statuses"),
)

_READING: tuple[Line, ...] = (
    ("GET", "/api/v1/timelines/home", timelines.home, "read:statuses"),
    ("GET", "/api/v1/timelines/public", timelines.public, "read:statuses"),
    ("GET", "/api/v1/timelines/tag/{hashtag}", timelines.tag, "read:statuses"),
    ("GET", "/api/v1/timelines/list/{list_id}", timelines.of_list, "read:lists"),
    ("GET", "/api/v1/timelines/link", timelines.link, "read:statuses"),
    ("GET", "/api/v1/timelines/direct", absent.none_of_mine, "read:statuses"),
    ("GET", "/api/v1/conversations", conversations.page, "read:statuses"),
    ("POST", "/api/v1/conversations/{conversation_id}/read", conversations.read, "write:conversations"),
    ("POST", "/api/v1/conversations/{conversation_id}/unread", conversations.unread, "write:conversations"),
    ("DELETE", "/api/v1/conversations/{conversation_id}", conversations.remove, "write:conversations"),
    ("GET", "/api/v1/markers", markers.show, "read:statuses"),
    ("POST", "/api/v1/markers", markers.move, "write:statuses"),
    ("GET", "/api/v2/search", search.everything, "read:search"),
    ("GET", "/api/v1/tags/{name}", tags.show, ""),
    ("POST", "/api/v1/tags/{name}/follow", tags.follow, "write:follows"),
    ("POST", "/api/v1/tags/{name}/unfollow", tags.unfollow, "write:follows"),
    ("POST", "/api/v1/tags/{name}/feature", tags.feature, "write:accounts"),
    ("POST", "/api/v1/tags/{name}/unfeature", tags.unfeature, "write:accounts"),
    ("GET", "/api/v1/followed_tags", tags.followed, "read:follows"),
    ("GET", "/api/v1/featured_tags", tags.featured, "read:accounts"),
    ("POST", "/api/v1/featured_tags", tags.put, "write:accounts"),
    ("DELETE", "/api/v1/featured_tags/{featured_id}", tags.remove, "write:accounts"),
    ("GET", "/api/v1/featured_tags/suggestions", tags.suggestions, "read:accounts"),
    ("GET", "/api/v1/endorsements", accounts.endorsed, "read:accounts"),
    ("GET", "/api/v1/domain_blocks", domain_blocks.page, "read:blocks"),
    ("POST", "/api/v1/domain_blocks", domain_blocks.block, "write:blocks"),
    ("DELETE", "/api/v1/domain_blocks", domain_blocks.unblock, "write:blocks"),
    ("GET", "/api/v1/domain_blocks/preview", domain_blocks.preview, "write:blocks"),
    ("GET", "/api/v1/lists", lists.all_mine, "read:lists"),
    ("POST", "/api/v1/lists", lists.create, "write:lists"),
    ("GET", "/api/v1/lists/{list_id}", lists.show, "read:lists"),
    ("PUT", "/api/v1/lists/{list_id}", lists.change, "write:lists"),
    ("DELETE", "/api/v1/lists/{list_id}", lists.delete, "write:lists"),
    ("GET", "/api/v1/lists/{list_id}/accounts", lists.accounts_in, "read:lists"),
    ("POST", "/api/v1/lists/{list_id}/accounts", lists.add, "write:lists"),
    ("DELETE", "/api/v1/lists/{list_id}/accounts", lists.remove, "write:lists"),
    ("GET", "/api/v1/suggestions", discovery.suggestions_1, "read:accounts"),
    ("GET", "/api/v2/suggestions", discovery.suggestions_2, "read:accounts"),
    ("DELETE", "/api/v1/suggestions/{account_id}", discovery.dismiss, "write:accounts"),
    ("GET", "/api/v1/annual_reports", annual_reports.unread, "read:accounts"),
    ("GET", "/api/v1/annual_reports/{year}", annual_reports.show, "read:accounts"),
    ("GET", "/api/v1/annual_reports/{year}/state", annual_reports.state, "read:accounts"),
    ("POST", "/api/v1/annual_reports/{year}/generate", annual_reports.generate, "write:accounts"),
    ("POST", "/api/v1/annual_reports/{year}/read", annual_reports.read, "write:accounts"),
)

_NOTIFICATIONS: tuple[Line, ...] = (
    ("GET", "/api/v1/notifications", notifications.page, "read:notifications"),
    ("GET", "/api/v1/notifications/unread_count", notifications.unread_count, "read:notifications"),
    ("GET", "/api/v1/notifications/{notification_id}", notifications.show, "read:notifications"),
    ("POST", "/api/v1/notifications/clear", notifications.clear, "write:notifications"),
    ("POST", "/api/v1/notifications/{notification_id}/dismiss", notifications.dismiss, "write:notifications"),
    ("GET", "/api/v2/notifications", notification_groups.page, "read:notifications"),
    ("GET", "/api/v2/notifications/unread_count", notification_groups.unread_count, "read:notifications"),
    ("POST", "/api/v2/notifications/clear", notifications.clear, "write:notifications"),
    ("GET", _GROUP, notification_groups.show, "read:notifications"),
    ("GET", f"{_GROUP}/accounts", notification_groups.senders, "read:notifications"),
    ("POST", f"{_GROUP}/dismiss", notification_groups.dismiss, "write:notifications"),
    ("GET", "/api/v1/notifications/policy", notification_policy.show_1, "read:notifications"),
    ("PATCH", "/api/v1/notifications/policy", notification_policy.change_1, "write:notifications"),
    ("PUT", "/api/v1/notifications/policy", notification_policy.change_1, "write:notifications"),
    ("GET", "/api/v2/notifications/policy", notification_policy.show_2, "read:notifications"),
    ("PATCH", "/api/v2/notifications/policy", notification_policy.change_2, "write:notifications"),
    ("PUT", "/api/v2/notifications/policy", notification_policy.change_2, "write:notifications"),
    ("GET", _REQUESTS, notification_policy.requests, "read:notifications"),
    ("POST", f"{_REQUESTS}/accept", notification_policy.accept_several, "write:notifications"),
    ("POST", f"{_REQUESTS}/dismiss", notification_policy.dismiss_several, "write:notifications"),
    ("GET", f"{_REQUESTS}/merged", notification_policy.merged, "read:notifications"),
    ("GET", f"{_REQUESTS}/{{request_id}}", notification_policy.request, "read:notifications"),
    ("POST", f"{_REQUESTS}/{{request_id}}/accept", notification_policy.accept, "write:notifications"),
    ("POST", f"{_REQUESTS}/{{request_id}}/dismiss", notification_policy.dismiss, "write:notifications"),
)

_FILTERS: tuple[Line, ...] = (
    ("GET", "/api/v1/filters", filters_v1.page, "read:filters"),
    ("POST", "/api/v1/filters", filters_v1.create, "write:filters"),
    ("GET", "/api/v1/filters/{keyword_id}", filters_v1.show, "read:filters"),
    ("PUT", "/api/v1/filters/{keyword_id}", filters_v1.change, "write:filters"),
    ("PATCH", "/api/v1/filters/{keyword_id}", filters_v1.change, "write:filters"),
    ("DELETE", "/api/v1/filters/{keyword_id}", filters_v1.remove, "write:filters"),
    ("GET", "/api/v2/filters", filters.page, "read:filters"),
    ("POST", "/api/v2/filters", filters.create, "write:filters"),
    ("GET", _FILTER, filters.show, "read:filters"),
    ("PUT", _FILTER, filters.change, "write:filters"),
    ("PATCH", _FILTER, filters.change, "write:filters"),
    ("DELETE", _FILTER, filters.remove, "write:filters"),
    ("GET", f"{_FILTER}/keywords", filters.keywords, "read:filters"),
    ("POST", f"{_FILTER}/keywords", filters.add_keyword, "write:filters"),
    ("GET", "/api/v2/filters/keywords/{keyword_id}", filters.keyword, "read:filters"),
    ("PUT", "/api/v2/filters/keywords/{keyword_id}", filters.change_keyword, "write:filters"),
    ("PATCH", "/api/v2/filters/keywords/{keyword_id}", filters.change_keyword, "write:filters"),
    ("DELETE", "/api/v2/filters/keywords/{keyword_id}", filters.remove_keyword, "write:filters"),
    ("GET", f"{_FILTER}/statuses", filters.statuses, "read:filters"),
    ("POST", f"{_FILTER}/statuses", filters.add_status, "write:filters"),
    ("GET", "/api/v2/filters/statuses/{row_id}", filters.status, "read:filters"),
    ("DELETE", "/api/v2/filters/statuses/{row_id}", filters.remove_status, "write:filters"),
)

_PUSH: tuple[Line, ...] = (
    ("POST", "/api/v1/push/subscription", push.create, "push"),
    ("GET", "/api/v1/push/subscription", push.show, "push"),
    ("PUT", "/api/v1/push/subscription", push.change, "push"),
    ("PATCH", "/api/v1/push/subscription", push.change, "push"),
    ("DELETE", "/api/v1/push/subscription", push.delete, "push"),
    ("POST", "/api/web/push_subscriptions", push.create, "push"),
    ("PUT", "/api/web/push_subscriptions/{subscription}", push.change_by_id, "push"),
    ("PATCH", "/api/web/push_subscriptions/{subscription}", push.change_by_id, "push"),
    ("DELETE", "/api/web/push_subscriptions/{subscription}", push.unsubscribe, ""),
)

_STREAM = "/api/v1/streaming"

_STREAMS: tuple[Line, ...] = (
    ("GET", _STREAM, streaming.sockets_only, ""),
    ("GET", f"{_STREAM}/health", streaming.health, ""),
    ("GET", f"{_STREAM}/user", streaming.user, "read:statuses"),
    ("GET", f"{_STREAM}/user/notification", streaming.notifications, "read:notifications"),
    ("GET", f"{_STREAM}/public", streaming.public, "read:statuses"),
    ("GET", f"{_STREAM}/public/local", streaming.public_local, "read:statuses"),
    ("GET", f"{_STREAM}/public/remote", streaming.public_remote, "read:statuses"),
    ("GET", f"{_STREAM}/hashtag", streaming.hashtag, "read:statuses"),
    ("GET", f"{_STREAM}/hashtag/local", streaming.hashtag_local, "read:statuses"),
    ("GET", f"{_STREAM}/list", streaming.of_list, "read:statuses"),
    ("GET", f"{_STREAM}/direct", streaming.direct, "read:statuses"),
    ("GET", f"{_STREAM}/{{rest*}}", streaming.unknown, ""),
)

_NODE: tuple[Line, ...] = (
    ("GET", "/api/v1/instance", instance.version_1, ""),
    ("GET", "/api/v2/instance", instance.version_2, ""),
    ("GET", "/api/v1/instance/rules", instance.rules, ""),
    ("GET", "/api/v1/instance/peers", instance.peers, ""),
    ("GET", "/api/v1/peers/search", instance.peers_named, ""),
    ("GET", "/api/v1/donation_campaigns", instance.donation_campaigns, ""),
    ("GET", "/api/v1/instance/terms_of_service", instance.terms_of_service, ""),
    ("GET", "/api/v1/instance/terms_of_service/{date}", instance.terms_of_service_of, ""),
    ("GET", "/api/v1/instance/activity", instance.activity, ""),
    ("GET", "/api/v1/instance/extended_description", instance.extended_description, ""),
    ("GET", "/api/v1/instance/privacy_policy", instance.privacy_policy, ""),
    ("GET", "/api/v1/instance/domain_blocks", instance.domain_blocks, ""),
    ("GET", "/api/v1/instance/languages", instance.languages, ""),
    ("GET", "/api/v1/instance/translation_languages", instance.translation_languages, ""),
    ("GET", "/api/oembed", embeds.by_address, ""),
    ("GET", "/api/web/embeds/{status_id}", embeds.by_id, ""),
    ("GET", "/api/v1/custom_emojis", instance.custom_emojis, ""),
    ("GET", "/api/v1/announcements", announcements.page, ""),
    ("POST", f"{_ANNOUNCEMENT}/dismiss", announcements.dismiss, "write:accounts"),
    ("PUT", f"{_ANNOUNCEMENT}/reactions/{{name}}", announcements.react, "write:favourites"),
    ("PATCH", f"{_ANNOUNCEMENT}/reactions/{{name}}", announcements.react, "write:favourites"),
    ("DELETE", f"{_ANNOUNCEMENT}/reactions/{{name}}", announcements.unreact, "write:favourites"),
    ("GET", "/api/v1/directory", discovery.directory, ""),
    ("GET", "/api/v1/trends", trends.tags_by_old_name, ""),
    ("GET", "/api/v1/trends/tags", trends.tags, ""),
    ("GET", "/api/v1/trends/statuses", trends.statuses, ""),
    ("GET", "/api/v1/trends/links", trends.links, ""),
)


_MODERATION: tuple[Line, ...] = (
    ("GET", "/api/v1/admin/accounts", admin_accounts.page_1, "admin:read:accounts"),
    ("GET", "/api/v2/admin/accounts", admin_accounts.page_2, "admin:read:accounts"),
    ("GET", _ADMIN, admin_accounts.show, "admin:read:accounts"),
    ("DELETE", _ADMIN, admin_accounts.delete, "admin:write:accounts"),
    ("POST", f"{_ADMIN}/action", admin_accounts.act, "admin:write:accounts"),
    ("POST", f"{_ADMIN}/approve", admin_accounts.approve, "admin:write:accounts"),
    ("POST", f"{_ADMIN}/reject", admin_accounts.reject, "admin:write:accounts"),
    ("POST", f"{_ADMIN}/enable", admin_accounts.enable, "admin:write:accounts"),
    ("POST", f"{_ADMIN}/unsensitive", admin_accounts.unsensitive, "admin:write:accounts"),
    ("POST", f"{_ADMIN}/unsilence", admin_accounts.unsilence, "admin:write:accounts"),
    ("POST", f"{_ADMIN}/unsuspend", admin_accounts.unsuspend, "admin:write:accounts"),
    ("GET", "/api/v1/admin/reports", admin_reports.page, "admin:read:reports"),
    ("GET", _ADMIN_REPORT, admin_reports.show, "admin:read:reports"),
    ("PUT", _ADMIN_REPORT, admin_reports.change, "admin:write:reports"),
    ("POST", f"{_ADMIN_REPORT}/assign_to_self", admin_reports.assign_to_self, "admin:write:reports"),
    ("POST", f"{_ADMIN_REPORT}/unassign", admin_reports.unassign, "admin:write:reports"),
    ("POST", f"{_ADMIN_REPORT}/resolve", admin_reports.resolve, "admin:write:reports"),
    ("POST", f"{_ADMIN_REPORT}/reopen", admin_reports.reopen, "admin:write:reports"),
    ("GET", "/api/v1/admin/domain_blocks", admin_domains.blocks, "admin:read:domain_blocks"),
    ("POST", "/api/v1/admin/domain_blocks", admin_domains.add_block, "admin:write:domain_blocks"),
    ("GET", _ADMIN_BLOCK, admin_domains.block, "admin:read:domain_blocks"),
    ("PUT", _ADMIN_BLOCK, admin_domains.change_block, "admin:write:domain_blocks"),
    ("DELETE", _ADMIN_BLOCK, admin_domains.drop_block, "admin:write:domain_blocks"),
    ("GET", "/api/v1/admin/domain_allows", admin_domains.allows, "admin:read:domain_allows"),
    ("POST", "/api/v1/admin/domain_allows", admin_domains.add_allow, "admin:write:domain_allows"),
    ("GET", _ADMIN_ALLOW, admin_domains.allow, "admin:read:domain_allows"),
    ("DELETE", _ADMIN_ALLOW, admin_domains.drop_allow, "admin:write:domain_allows"),
    ("GET", _MAIL_DOMAINS, admin_email_blocks.domains, "admin:read:email_domain_blocks"),
    ("POST", _MAIL_DOMAINS, admin_email_blocks.block_domain, "admin:write:email_domain_blocks"),
    ("GET", _MAIL_DOMAIN, admin_email_blocks.domain, "admin:read:email_domain_blocks"),
    ("DELETE", _MAIL_DOMAIN, admin_email_blocks.unblock_domain, "admin:write:email_domain_blocks"),
    ("GET", _MAILS, admin_email_blocks.addresses, "admin:read:canonical_email_blocks"),
    ("POST", _MAILS, admin_email_blocks.block_address, "admin:write:canonical_email_blocks"),
    ("POST", f"{_MAILS}/test", admin_email_blocks.test_address, "admin:read:canonical_email_blocks"),
    ("GET", _MAIL, admin_email_blocks.address, "admin:read:canonical_email_blocks"),
    ("DELETE", _MAIL, admin_email_blocks.unblock_address, "admin:write:canonical_email_blocks"),
    ("GET", "/api/v1/admin/ip_blocks", admin_ip_blocks.page, "admin:read:ip_blocks"),
    ("POST", "/api/v1/admin/ip_blocks", admin_ip_blocks.create, "admin:write:ip_blocks"),
    ("GET", _IP_BLOCK, admin_ip_blocks.show, "admin:read:ip_blocks"),
    ("PUT", _IP_BLOCK, admin_ip_blocks.change, "admin:write:ip_blocks"),
    ("PATCH", _IP_BLOCK, admin_ip_blocks.change, "admin:write:ip_blocks"),
    ("DELETE", _IP_BLOCK, admin_ip_blocks.remove, "admin:write:ip_blocks"),
    ("GET", "/api/v1/admin/tags", admin_trends.all_tags, "admin:read"),
    ("GET", "/api/v1/admin/tags/{tag_id}", admin_trends.tag, "admin:read"),
    ("PUT", "/api/v1/admin/tags/{tag_id}", admin_trends.change_tag, "admin:write"),
    ("PATCH", "/api/v1/admin/tags/{tag_id}", admin_trends.change_tag, "admin:write"),
    ("GET", f"{_ADMIN_TRENDS}/tags", admin_trends.tags, "admin:read"),
    ("POST", f"{_ADMIN_TRENDS}/tags/{{tag_id}}/approve", admin_trends.approve_tag, "admin:write"),
    ("POST", f"{_ADMIN_TRENDS}/tags/{{tag_id}}/reject", admin_trends.reject_tag, "admin:write"),
    ("GET", f"{_ADMIN_TRENDS}/statuses", admin_trends.statuses, "admin:read"),
    ("POST", f"{_ADMIN_TRENDS}/statuses/{{status_id}}/approve", admin_trends.approve_status, "admin:write"),
    ("POST", f"{_ADMIN_TRENDS}/statuses/{{status_id}}/reject", admin_trends.reject_status, "admin:write"),
    ("GET", f"{_ADMIN_TRENDS}/links", admin_trends.links, "admin:read"),
    ("POST", f"{_ADMIN_TRENDS}/links/{{link_id}}/approve", admin_trends.approve_link, "admin:write"),
    ("POST", f"{_ADMIN_TRENDS}/links/{{link_id}}/reject", admin_trends.reject_link, "admin:write"),
    ("GET", _PUBLISHERS, admin_trends.publishers, "admin:read"),
    ("POST", f"{_PUBLISHERS}/{{publisher_id}}/approve", admin_trends.approve_publisher, "admin:write"),
    ("POST", f"{_PUBLISHERS}/{{publisher_id}}/reject", admin_trends.reject_publisher, "admin:write"),
    ("POST", "/api/v1/admin/measures", admin_figures.measures, "admin:read"),
    ("POST", "/api/v1/admin/dimensions", admin_figures.dimensions, "admin:read"),
    ("POST", "/api/v1/admin/retention", admin_figures.retention, "admin:read"),
)


_COLLECTION = "/collections/{collection_id}"

_COLLECTIONS: tuple[Line, ...] = (
    ("GET", "/accounts/{account_id}/collections", collections.of_account, "read:collections"),
    ("GET", "/accounts/{account_id}/in_collections", collections.with_account, "read:collections"),
    ("POST", "/collections", collections.create, "write:collections"),
    ("GET", _COLLECTION, collections.show, "read:collections"),
    ("PATCH", _COLLECTION, collections.change, "write:collections"),
    ("PUT", _COLLECTION, collections.change, "write:collections"),
    ("DELETE", _COLLECTION, collections.delete, "write:collections"),
    ("POST", f"{_COLLECTION}/items", collections.add, "write:collections"),
    ("DELETE", f"{_COLLECTION}/items/{{item_id}}", collections.remove, "write:collections"),
    ("POST", f"{_COLLECTION}/items/{{item_id}}/revoke", collections.revoke, "write:collections"),
)
"""Below both /api/v1 and /api/v1_alpha, where they were tried out."""
_SINCE_COLLECTIONS = "@1781049600"


def _below(root: str, table: tuple[Line, ...]) -> tuple[Line, ...]:
    return tuple((method, root + path, function, scopes) for method, path, function, scopes in table)


def _routes(*tables: tuple[Line, ...], deprecated: str | None = None) -> tuple[Route, ...]:
    return tuple(
        Route(
            method=method,
            path=path,
            endpoint=Endpoint(
                function,
                tuple(scopes.split()),
                _LIMITED.get(function),
                deprecated=deprecated or _DEPRECATED.get(function),
            ),
        )
        for table in tables
        for method, path, function, scopes in table
    )


ROUTES = (
    *_routes(_ACCOUNTS, _POSTS, _READING, _below("/api/v1", _COLLECTIONS)),
    *_routes(_NOTIFICATIONS, _FILTERS, _PUSH, _STREAMS, _NODE, _MODERATION),
    *_routes(_below("/api/v1_alpha", _COLLECTIONS), deprecated=_SINCE_COLLECTIONS),
)
