"""What the client API answers with: the entities, and which of them each endpoint gives.

An entity is `name:kind` for each field: `?` behind the name where it may be left out, `|null` where there may
be nothing in it, `[]` for a list; `&Account` takes all fields of another. What clients may rely on:
https://docs.joinmastodon.org/entities/.
"""

from typing import Final

ENTITIES: Final[dict[str, str]] = {
    "Account": """
        id:string username:string acct:string display_name:string locked:boolean bot:boolean
        discoverable:boolean|null indexable?:boolean group:boolean created_at:datetime note:html
        url:url|null uri:url avatar:url avatar_static:url avatar_description?:string header:url
        header_static:url header_description?:string followers_count:integer following_count:integer
        statuses_count:integer last_status_at:date|null hide_collections?:boolean|null show_media?:boolean
        show_media_replies?:boolean show_featured?:boolean moved?:Account|null emojis:CustomEmoji[]
        suspended?:boolean limited?:boolean noindex?:boolean memorial?:boolean
        feature_approval?:FeatureApproval email_subscriptions?:boolean roles?:AccountRole[] fields:Field[]
    """,
    "AccountRole": "id:string name:string color:string",
    "AccountWarning": """
        id?:string action?:string text?:string status_ids?:string[]|null target_account?:Account
        appeal?:Appeal|null created_at?:datetime
    """,
    "Admin.CanonicalEmailBlock": "id:string canonical_email_hash:string",
    "Admin.Cohort": "period:datetime frequency:string data:object[]",
    "Admin.Dimension": "key:string data:object[]",
    "Admin.EmailDomainBlock": """
        id:string domain:string created_at:datetime history:object[] allow_with_approval:boolean
    """,
    "Admin.IpBlock": """
        id:string ip:string severity:string comment:string created_at:datetime expires_at:datetime|null
    """,
    "Admin.Measure": """
        key:string unit:string|null total:string human_value?:string previous_total?:string data:object[]
    """,
    "Admin.Tag": """
        &Tag trendable:boolean|null usable:boolean|null requires_review:boolean listable:boolean|null
    """,
    "Admin.Trends.Link": "&Trends.Link id:integer requires_review:boolean",
    "Admin.Trends.PreviewCardProvider": """
        id:integer domain:string trendable:boolean|null reviewed_at:datetime|null
        requested_review_at:datetime|null requires_review:boolean
    """,
    "Admin.Trends.Status": "&Status requires_review:boolean",
    "Announcement": """
        id:string content:html starts_at:datetime|null ends_at:datetime|null all_day:boolean
        published_at:datetime updated_at:datetime read?:boolean mentions:Status.Mention[] statuses:Status[]
        tags:Status.Tag[] emojis:CustomEmoji[] reactions:Reaction[]
    """,
    "AnnualReport": """
        year?:integer data?:object schema_version?:integer share_url?:url|null account_id?:string
    """,
    "AnnualReportEvent": "year?:string",
    "Appeal": "text?:string state?:string",
    "Application": """
        id:string name:string website:url|null scopes?:string[] redirect_uris?:string[] redirect_uri:string
        vapid_key:string
    """,
    "AsyncRefresh": "id:string status:string result_count:integer|null",
    "Collection": """
        id?:string uri?:url name?:string description?:string|null language?:string|null account_id?:string
        local?:boolean sensitive?:boolean discoverable?:boolean url?:url|null item_count?:integer
        created_at?:datetime updated_at?:datetime tag?:ShallowTag|null items?:CollectionItem[]
    """,
    "CollectionWithAccounts": "collection:Collection accounts:Account[]",
    "Collections": "collections:Collection[]",
    "CollectionItem": "id?:string state?:string created_at?:datetime account_id?:string",
    "Context": "ancestors:Status[] descendants:Status[]",
    "Conversation": "id:string unread:boolean accounts:Account[] last_status:Status|null",
    "CredentialAccount": "&Account source:object role:Role",
    "CredentialApplication": """
        id:string name:string website:url|null scopes?:string[] redirect_uris?:string[] redirect_uri:string
        vapid_key:string client_id:string client_secret:string client_secret_expires_at?:integer
    """,
    "CustomEmoji": """
        shortcode:string url:url static_url:url visible_in_picker:boolean category?:string featured?:boolean
    """,
    "DomainBlock": "domain:string digest:string severity:string comment:string|null",
    "DomainBlockPreview": "following_count?:integer followers_count?:integer",
    "Error": "error:string error_description?:string details?:object unexpected_accounts?:Account[]",
    "ExtendedDescription": "updated_at:datetime|null content:html",
    "FamiliarFollowers": "id:string accounts:Account[]",
    "FeatureApproval": "automatic?:string[] manual?:string[] current_user?:string",
    "FeaturedTag": "id:string name:string url:url statuses_count:string last_status_at:date|null",
    "Field": "name?:string value?:html verified_at?:datetime|null",
    "Filter": """
        id:string title:string context:string[] expires_at:datetime|null filter_action:string
        keywords?:FilterKeyword[] statuses?:FilterStatus[]
    """,
    "FilterKeyword": "id:string keyword:string whole_word:boolean",
    "FilterResult": "filter:Filter keyword_matches:string[]|null status_matches:string[]|null",
    "FilterStatus": "id:string status_id:string",
    "GroupedNotificationsResults": """
        accounts?:Account[] partial_accounts?:PartialAccountWithAvatar[] statuses?:Status[]
        notification_groups?:NotificationGroup[]
    """,
    "Instance": """
        domain:string title:string version:string source_url:url description:string usage:object
        thumbnail:object icon?:InstanceIcon[] languages:string[] configuration:object registrations:object
        api_versions?:object wrapstodon?:integer|null rules:Rule[]
    """,
    "InstanceActivity": "week:string statuses:string logins:string registrations:string",
    "InstanceIcon": "src?:url size?:string",
    "Language": "code:string name:string",
    "List": "id:string title:string replies_policy:string exclusive:boolean",
    "MediaAttachment": """
        id:string type:string url:url|null preview_url:url|null remote_url:url|null
        preview_remote_url:url|null text_url:url|null meta:object|null description:string|null
        blurhash:string|null
    """,
    "MutedAccount": "&Account mute_expires_at:datetime|null",
    "Notification": """
        id:string type:string created_at:datetime group_key?:string filtered?:boolean account:Account
        status?:Status report?:Report event?:RelationshipSeveranceEvent moderation_warning?:AccountWarning
        collection?:Collection fallback?:NotificationFallback
    """,
    "NotificationFallback": "title?:html summary?:html|null details?:html|null description:html|null",
    "NotificationGroup": """
        group_key?:string notifications_count?:integer type:string most_recent_notification_id?:string
        page_min_id?:string page_max_id?:string latest_page_notification_at?:datetime
        sample_account_ids?:string[] status_id?:string|null report?:Report event?:RelationshipSeveranceEvent
        moderation_warning?:AccountWarning annual_report?:AnnualReportEvent collection?:Collection
        fallback?:NotificationFallback
    """,
    "NotificationPolicy": """
        for_not_following?:string for_not_followers?:string for_new_accounts?:string
        for_private_mentions?:string for_limited_accounts?:string for_bots?:string summary?:object
    """,
    "NotificationRequest": """
        id?:string created_at?:datetime updated_at?:datetime account?:Account notifications_count?:string
        last_status?:Status|null
    """,
    "OAuthServerMetadata": """
        issuer?:url authorization_endpoint?:url token_endpoint?:url revocation_endpoint?:url
        userinfo_endpoint?:url scopes_supported?:string[] response_types_supported?:string[]
        response_modes_supported?:string[] grant_types_supported?:string[]
        token_endpoint_auth_methods_supported?:string[] code_challenge_methods_supported?:string[]
        service_documentation?:url app_registration_endpoint?:url
    """,
    "OEmbed": """
        type:string version:string author_name:string author_url:url provider_name:string provider_url:url
        cache_age:integer html:html width:integer height:integer|null
    """,
    "PartialAccountWithAvatar": """
        id?:string acct?:string locked?:boolean bot?:boolean url?:url avatar?:url avatar_static?:url
        avatar_description?:string
    """,
    "Poll": """
        id:string expires_at:datetime|null expired:boolean multiple:boolean votes_count:integer
        voters_count:integer|null options:Poll.Option[] emojis:CustomEmoji[] voted?:boolean
        own_votes?:integer[]
    """,
    "Poll.Option": "title:string votes_count:integer|null",
    "Preferences": """
        posting:default:visibility:string posting:default:sensitive:boolean
        posting:default:language:string|null posting:default:quote_policy?:string
        reading:expand:media:string reading:expand:spoilers:boolean reading:autoplay:gifs:boolean
    """,
    "PreviewCard": """
        url:url title:string description:string language:string|null type:string
        authors?:PreviewCardAuthor[] author_name:string author_url:url provider_name:string provider_url:url
        html:html width:integer height:integer image:url|null image_description:string embed_url:string
        blurhash:string|null missing_attribution?:boolean published_at:datetime|null
    """,
    "PreviewCardAuthor": "name?:string url?:url account?:Account|null",
    "PrivacyPolicy": "updated_at:datetime content:html",
    "Profile": """
        id?:string display_name?:string note?:string fields?:Field[] formatted_note?:html
        formatted_fields?:Field[] avatar?:url|null avatar_static?:url|null avatar_description?:string
        header?:url|null header_static?:url|null header_description?:string locked?:boolean bot?:boolean
        hide_collections?:boolean|null discoverable?:boolean|null indexable?:boolean show_media?:boolean
        show_media_replies?:boolean show_featured?:boolean attribution_domains?:string[]
        featured_tags?:FeaturedTag[]
    """,
    "Quote": "state:string quoted_status?:Status|null",
    "QuoteApproval": "automatic?:string[] manual?:string[] current_user?:string",
    "Reaction": "name:string count:integer me?:boolean url?:url static_url?:url",
    "Relationship": """
        id:string following:boolean showing_reblogs:boolean notifying:boolean languages:string[]|null
        followed_by:boolean blocking:boolean blocked_by:boolean muting:boolean muting_notifications:boolean
        muting_expires_at?:datetime|null requested:boolean requested_by:boolean domain_blocking:boolean
        endorsed:boolean note:string
    """,
    "RelationshipSeveranceEvent": """
        id?:string type?:string purged?:boolean target_name?:string followers_count?:integer
        following_count?:integer created_at?:datetime
    """,
    "Report": """
        id:string action_taken:boolean action_taken_at:datetime|null category:string comment:string
        forwarded:boolean|null created_at:datetime status_ids:string[]|null collection_ids?:string[]|null
        rule_ids:string[]|null target_account:Account
    """,
    "Role": """
        id:string name:string permissions:string color:string highlighted:boolean collection_limit?:integer
    """,
    "Rule": "id:string text:string hint?:string translations?:object",
    "ScheduledStatus": """
        id:string scheduled_at:datetime params:object media_attachments:MediaAttachment[]
    """,
    "Search": "accounts:Account[] statuses:Status[] hashtags:Tag[] collections?:Collection[]",
    "ShallowTag": "name?:string url?:url",
    "Status": """
        id:string created_at:datetime in_reply_to_id:string|null in_reply_to_account_id:string|null
        sensitive:boolean spoiler_text:string visibility:string language:string|null uri:string url:url|null
        replies_count:integer reblogs_count:integer favourites_count:integer quotes_count?:integer
        edited_at:datetime|null favourited?:boolean reblogged?:boolean muted?:boolean bookmarked?:boolean
        pinned?:boolean filtered?:FilterResult[] content?:html text?:string reblog:Status|null
        application?:Status.Application|null account:Account media_attachments:MediaAttachment[]
        mentions:Status.Mention[] tags:Status.Tag[] emojis:CustomEmoji[] tagged_collections?:Collection[]
        quote?:Quote|null card:PreviewCard|null poll:Poll|null quote_approval?:QuoteApproval
    """,
    "Status.Application": "name:string website:url|null",
    "Status.Mention": "id:string username:string url:url acct:string",
    "Status.Tag": "name:string url:url",
    "StatusEdit": """
        account:Account content:html spoiler_text:string sensitive:boolean|null created_at:datetime
        media_attachments:MediaAttachment[] emojis:CustomEmoji[] poll?:object quote?:Quote
    """,
    "StatusSource": "id:string text:string spoiler_text:string",
    "Suggestion": "source:string sources?:string[] account:Account",
    "Tag": "id:string name:string url:url history:object[] following?:boolean featuring?:boolean",
    "TermsOfService": "effective_date?:date effective?:boolean content?:html succeeded_by?:date|null",
    "Token": "access_token:string token_type:string scope:string created_at:integer",
    "Trends.Link": "&PreviewCard history:object[]",
    "UserInfo": "iss?:url sub?:url name?:string preferred_username?:string profile?:url picture?:url",
    "V1.Filter": """
        id:string phrase:string context:string[] whole_word:boolean expires_at:datetime|null
        irreversible:boolean
    """,
    "V1.Instance": """
        uri:string title:string short_description:string description:string email:string version:string
        urls:object stats:object thumbnail:url|null languages:string[] registrations:boolean
        approval_required:boolean invites_enabled:boolean configuration:object contact_account:Account|null
        rules:Rule[]
    """,
    "V1.NotificationPolicy": """
        filter_not_following?:boolean filter_not_followers?:boolean filter_new_accounts?:boolean
        filter_private_mentions?:boolean filter_bots?:boolean summary?:object
    """,
    "WebPushSubscription": "id:any endpoint:url server_key:string alerts:object standard?:boolean policy?:string",
    "WrappedAnnualReports": "annual_reports?:AnnualReport[] accounts?:Account[] statuses?:Status[]",
    "WrappedAsyncRefresh": "async_refresh:AsyncRefresh",
    "WrappedCollection": "collection:Collection",
    "WrappedCollectionItem": "collection_item:CollectionItem",
}

ANSWERS: Final[dict[str, str]] = {
    "accounts.by_handle": "Account",
    "accounts.endorsed": "Account[]",
    "accounts.endorsed_by": "Account[]",
    "accounts.familiar_followers": "FamiliarFollowers[]",
    "accounts.find": "Account[]",
    "accounts.followers": "Account[]",
    "accounts.following": "Account[]",
    "accounts.identity_proofs": "object[]",
    "accounts.posts": "Status[]",
    "accounts.several": "Account[]",
    "accounts.show": "Account",
    "accounts.standings": "Relationship[]",
    "admin_email_blocks.address": "Admin.CanonicalEmailBlock",
    "admin_email_blocks.addresses": "Admin.CanonicalEmailBlock[]",
    "admin_email_blocks.block_address": "Admin.CanonicalEmailBlock",
    "admin_email_blocks.block_domain": "Admin.EmailDomainBlock",
    "admin_email_blocks.domain": "Admin.EmailDomainBlock",
    "admin_email_blocks.domains": "Admin.EmailDomainBlock[]",
    "admin_email_blocks.test_address": "Admin.CanonicalEmailBlock[]",
    "admin_email_blocks.unblock_address": "object",
    "admin_email_blocks.unblock_domain": "object",
    "admin_figures.dimensions": "Admin.Dimension[]",
    "admin_figures.measures": "Admin.Measure[]",
    "admin_figures.retention": "Admin.Cohort[]",
    "admin_ip_blocks.change": "Admin.IpBlock",
    "admin_ip_blocks.create": "Admin.IpBlock",
    "admin_ip_blocks.page": "Admin.IpBlock[]",
    "admin_ip_blocks.remove": "object",
    "admin_ip_blocks.show": "Admin.IpBlock",
    "admin_trends.all_tags": "Admin.Tag[]",
    "admin_trends.approve_link": "Admin.Trends.Link",
    "admin_trends.approve_publisher": "Admin.Trends.PreviewCardProvider",
    "admin_trends.approve_status": "Admin.Trends.Status",
    "admin_trends.approve_tag": "Admin.Tag",
    "admin_trends.change_tag": "Admin.Tag",
    "admin_trends.links": "Admin.Trends.Link[]",
    "admin_trends.publishers": "Admin.Trends.PreviewCardProvider[]",
    "admin_trends.reject_link": "Admin.Trends.Link",
    "admin_trends.reject_publisher": "Admin.Trends.PreviewCardProvider",
    "admin_trends.reject_status": "Admin.Trends.Status",
    "admin_trends.reject_tag": "Admin.Tag",
    "admin_trends.statuses": "Admin.Trends.Status[]",
    "admin_trends.tag": "Admin.Tag",
    "admin_trends.tags": "Admin.Tag[]",
    "announcements.dismiss": "object",
    "announcements.page": "Announcement[]",
    "announcements.react": "object",
    "announcements.unreact": "object",
    "annual_reports.generate": "object",
    "annual_reports.read": "object",
    "annual_reports.show": "WrappedAnnualReports",
    "annual_reports.state": "object",
    "annual_reports.unread": "WrappedAnnualReports",
    "collections.add": "WrappedCollectionItem",
    "collections.change": "WrappedCollection",
    "collections.create": "WrappedCollection",
    "collections.delete": "object",
    "collections.of_account": "Collections",
    "collections.remove": "object",
    "collections.revoke": "object",
    "collections.show": "CollectionWithAccounts",
    "collections.with_account": "Collections",
    "conversations.page": "Conversation[]",
    "conversations.read": "Conversation",
    "conversations.remove": "object",
    "conversations.unread": "Conversation",
    "discovery.directory": "Account[]",
    "discovery.dismiss": "object",
    "discovery.suggestions_1": "Account[]",
    "discovery.suggestions_2": "Suggestion[]",
    "domain_blocks.block": "object",
    "domain_blocks.page": "string[]",
    "domain_blocks.preview": "DomainBlockPreview",
    "domain_blocks.unblock": "object",
    "embeds.by_address": "OEmbed",
    "embeds.by_id": "OEmbed",
    "filters.add_keyword": "FilterKeyword",
    "filters.add_status": "FilterStatus",
    "filters.change": "Filter",
    "filters.change_keyword": "FilterKeyword",
    "filters.create": "Filter",
    "filters.keyword": "FilterKeyword",
    "filters.keywords": "FilterKeyword[]",
    "filters.page": "Filter[]",
    "filters.remove": "object",
    "filters.remove_keyword": "object",
    "filters.remove_status": "object",
    "filters.show": "Filter",
    "filters.status": "FilterStatus",
    "filters.statuses": "FilterStatus[]",
    "filters_v1.change": "V1.Filter",
    "filters_v1.create": "V1.Filter",
    "filters_v1.page": "V1.Filter[]",
    "filters_v1.remove": "object",
    "filters_v1.show": "V1.Filter",
    "instance.activity": "InstanceActivity[]",
    "instance.custom_emojis": "CustomEmoji[]",
    "instance.domain_blocks": "DomainBlock[]",
    "instance.donation_campaigns": "nothing",
    "instance.extended_description": "ExtendedDescription",
    "instance.languages": "Language[]",
    "instance.peers": "string[]",
    "instance.peers_named": "string[]",
    "instance.privacy_policy": "PrivacyPolicy",
    "instance.rules": "Rule[]",
    "instance.terms_of_service": "TermsOfService",
    "instance.terms_of_service_of": "TermsOfService",
    "instance.translation_languages": "object",
    "instance.version_1": "V1.Instance",
    "instance.version_2": "Instance",
    "interactions.bookmark": "Status",
    "interactions.favourite": "Status",
    "interactions.mute": "Status",
    "interactions.pin": "Status",
    "interactions.reblog": "Status",
    "interactions.unbookmark": "Status",
    "interactions.unfavourite": "Status",
    "interactions.unmute": "Status",
    "interactions.unpin": "Status",
    "interactions.unreblog": "Status",
    "lists.accounts_in": "Account[]",
    "lists.add": "object",
    "lists.all_mine": "List[]",
    "lists.change": "List",
    "lists.create": "List",
    "lists.delete": "object",
    "lists.holding": "List[]",
    "lists.remove": "object",
    "lists.show": "List",
    "markers.move": "object",
    "markers.show": "object",
    "media.change": "MediaAttachment",
    "media.delete": "object",
    "media.show": "MediaAttachment",
    "media.upload": "MediaAttachment",
    "media.upload_and_wait": "MediaAttachment",
    "notification_groups.dismiss": "object",
    "notification_groups.page": "GroupedNotificationsResults",
    "notification_groups.senders": "Account[]",
    "notification_groups.show": "GroupedNotificationsResults",
    "notification_groups.unread_count": "object",
    "notification_policy.accept": "object",
    "notification_policy.accept_several": "object",
    "notification_policy.change_1": "V1.NotificationPolicy",
    "notification_policy.change_2": "NotificationPolicy",
    "notification_policy.dismiss": "object",
    "notification_policy.dismiss_several": "object",
    "notification_policy.merged": "object",
    "notification_policy.request": "NotificationRequest",
    "notification_policy.requests": "NotificationRequest[]",
    "notification_policy.show_1": "V1.NotificationPolicy",
    "notification_policy.show_2": "NotificationPolicy",
    "notifications.clear": "object",
    "notifications.dismiss": "object",
    "notifications.page": "Notification[]",
    "notifications.show": "Notification",
    "notifications.unread_count": "object",
    "polls.show": "Poll",
    "polls.vote": "Poll",
    "posting.create": "Status|ScheduledStatus",
    "posting.delete": "Status",
    "posting.edit": "Status",
    "profile.change": "CredentialAccount",
    "profile.edit": "Profile",
    "profile.preferences": "Preferences",
    "profile.remove_avatar": "CredentialAccount",
    "profile.remove_header": "CredentialAccount",
    "profile.show": "Profile",
    "profile.verify": "CredentialAccount",
    "push.change": "WebPushSubscription",
    "push.change_by_id": "WebPushSubscription",
    "push.create": "WebPushSubscription",
    "push.delete": "object",
    "push.show": "WebPushSubscription",
    "push.unsubscribe": "object",
    "refreshes.show": "WrappedAsyncRefresh",
    "relations.authorize": "Relationship",
    "relations.block": "Relationship",
    "relations.blocked": "Account[]",
    "relations.endorse": "Relationship",
    "relations.follow": "Relationship",
    "relations.mute": "Relationship",
    "relations.muted": "MutedAccount[]",
    "relations.note": "Relationship",
    "relations.reject": "Relationship",
    "relations.remove_from_followers": "Relationship",
    "relations.requests": "Account[]",
    "relations.unblock": "Relationship",
    "relations.unendorse": "Relationship",
    "relations.unfollow": "Relationship",
    "relations.unmute": "Relationship",
    "reports.create": "Report",
    "scheduled.cancel": "object",
    "scheduled.change": "ScheduledStatus",
    "scheduled.page": "ScheduledStatus[]",
    "scheduled.show": "ScheduledStatus",
    "search.everything": "Search",
    "settings.keep": "object",
    "sign_up.confirm_again": "object",
    "sign_up.create": "Token",
    "sign_up.is_confirmed": "boolean",
    "statuses.bookmarks": "Status[]",
    "statuses.context": "Context",
    "statuses.favourited_by": "Account[]",
    "statuses.favourites": "Status[]",
    "statuses.history": "StatusEdit[]",
    "statuses.reblogged_by": "Account[]",
    "statuses.several": "Status[]",
    "statuses.show": "Status",
    "statuses.source": "StatusSource",
    "statuses.translate": "object",
    "streaming.health": "text",
    "streaming.stream": "events",
    "tags.feature": "Tag",
    "tags.featured": "FeaturedTag[]",
    "tags.follow": "Tag",
    "tags.followed": "Tag[]",
    "tags.of_account": "FeaturedTag[]",
    "tags.put": "FeaturedTag",
    "tags.remove": "object",
    "tags.show": "Tag",
    "tags.suggestions": "Tag[]",
    "tags.unfeature": "Tag",
    "tags.unfollow": "Tag",
    "timelines.home": "Status[]",
    "timelines.link": "Status[]",
    "timelines.of_list": "Status[]",
    "timelines.public": "Status[]",
    "timelines.tag": "Status[]",
    "trends.links": "Trends.Link[]",
    "trends.statuses": "Status[]",
    "trends.tags": "Tag[]",
    "trends.tags_by_old_name": "Tag[]",
    "oauth.register": "CredentialApplication",
    "oauth.verify_application": "Application",
    "oauth.metadata": "OAuthServerMetadata",
    "oauth.userinfo": "UserInfo",
}
"""By module and function; `nothing` is a 204, `events` a stream, and where one is not named, any JSON may come."""
