// masto.js, the library of Elk and Phanpy, does what its users do.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createOAuthAPIClient, createRestAPIClient, createStreamingAPIClient } from "masto";
import { WebSocket } from "ws";
import { ask, BASE_URL, eventually, inTenMinutes, OUT_OF_BAND, run, SCOPES } from "./common.mjs";

// masto.js asks for both, and Node has had them since 22.
globalThis.WebSocket ??= WebSocket;
Promise.withResolvers ??= function () {
  const made = {};
  made.promise = new this((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
};

/** A client that got its token through the node's pages; `token` beside it. */
async function loggedIn(name) {
  const stranger = createRestAPIClient({ url: BASE_URL });
  const scope = SCOPES.join(" ");
  const app = await stranger.v1.apps.create({ clientName: "masto.js", redirectUris: OUT_OF_BAND, scopes: scope });
  const query = new URLSearchParams({
    client_id: app.clientId,
    redirect_uri: OUT_OF_BAND,
    response_type: "code",
    scope,
  });
  const { code } = await ask("authorise", { url: `${BASE_URL}/oauth/authorize?${query}`, name });
  const token = await createOAuthAPIClient({ url: BASE_URL }).token.create({
    grantType: "authorization_code",
    clientId: app.clientId,
    clientSecret: app.clientSecret,
    redirectUri: OUT_OF_BAND,
    scope,
    code,
  });
  const client = createRestAPIClient({ url: BASE_URL, accessToken: token.accessToken });
  const me = await client.v1.accounts.verifyCredentials();
  assert.equal(me.username, name);
  return { ...client, v1: client.v1, v2: client.v2, me, token: token.accessToken };
}

const both = () => loggedIn("rose").then(async (rose) => [rose, await loggedIn("sage")]);
const ids = (entities) => entities.map((entity) => entity.id);

async function posts() {
  const [rose, sage] = await both();
  assert((await rose.v1.accounts.$select(sage.me.id).follow()).following);
  const { path } = await ask("picture");
  const file = new Blob([await readFile(path)], { type: "image/png" });
  const media = await sage.v2.media.create({ file, description: "A green bed" });
  assert.equal(media.description, "A green bed");
  const first = await sage.v1.statuses.create({ status: "Look what grows", mediaIds: [media.id], language: "en" });
  assert.deepEqual(ids(first.mediaAttachments), [media.id]);
  const asked = await sage.v1.statuses.create({
    status: "What next?",
    poll: { options: ["beans", "peas"], expiresIn: 600, multiple: true },
  });
  const voted = await rose.v1.polls.$select(asked.poll.id).votes.create({ choices: [1] });
  assert.deepEqual(voted.options.map((option) => option.votesCount), [0, 1]);
  assert.deepEqual(ids(await rose.v1.timelines.home.list()), [asked.id, first.id]);

  const edited = await sage.v1.statuses.$select(first.id).update({
    status: "Look what grows now",
    mediaIds: [media.id],
    mediaAttributes: [{ id: media.id, description: "A greener bed" }],
  });
  assert(edited.editedAt);
  assert.equal(edited.mediaAttachments[0].description, "A greener bed");
  assert.equal((await rose.v1.statuses.$select(first.id).history.list()).length, 2);
  assert.equal((await sage.v1.statuses.$select(first.id).source.fetch()).text, "Look what grows now");

  const reply = await rose.v1.statuses.create({ status: "@sage lovely", inReplyToId: first.id });
  const further = await sage.v1.statuses.create({ status: "@rose thanks", inReplyToId: reply.id });
  const context = await rose.v1.statuses.$select(reply.id).context.fetch();
  assert.deepEqual([ids(context.ancestors), ids(context.descendants)], [[first.id], [further.id]]);

  const boost = await rose.v1.statuses.$select(first.id).reblog();
  assert.equal(boost.reblog.id, first.id);
  assert.deepEqual(ids(await sage.v1.statuses.$select(first.id).rebloggedBy.list()), [rose.me.id]);
  await rose.v1.statuses.$select(first.id).unreblog();
  assert.equal((await rose.v1.statuses.$select(first.id).fetch()).reblogsCount, 0);

  const quote = await rose.v1.statuses.create({ status: "Worth a look", quotedStatusId: first.id });
  assert.deepEqual([quote.quote.state, quote.quote.quotedStatus.id], ["accepted", first.id]);
  assert.deepEqual(ids(await sage.v1.statuses.$select(first.id).quotes.list()), [quote.id]);

  for (let number = 0; number < 5; number++) await sage.v1.statuses.create({ status: `note ${number} #beans` });
  const paged = [];
  for await (const page of rose.v1.timelines.tag.$select("beans").list({ limit: 2 })) paged.push(...page);
  assert.equal(new Set(ids(paged)).size, 5);

  await eventually("what was said", async () => {
    const found = await sage.v2.search.list({ q: "grows", type: "statuses" });
    return ids(found.statuses).includes(first.id);
  });
  assert.deepEqual((await rose.v2.search.list({ q: "sage" })).accounts.map((one) => one.username), ["sage"]);
  assert.equal((await sage.v1.statuses.$select(first.id).remove()).text, "Look what grows now");
}

async function choices() {
  const [rose, sage] = await both();
  const filter = await rose.v2.filters.create({
    title: "Pests",
    context: ["home", "public"],
    filterAction: "warn",
    expiresIn: 3600,
    keywordsAttributes: [{ keyword: "slug", wholeWord: true }],
  });
  const said = await sage.v1.statuses.create({ status: "A slug" });
  const result = (await rose.v1.statuses.$select(said.id).fetch()).filtered[0];
  assert.deepEqual([result.filter.title, result.keywordMatches], ["Pests", ["slug"]]);
  const added = await rose.v2.filters.$select(filter.id).keywords.create({ keyword: "snail" });
  assert.equal((await rose.v2.filters.$select(filter.id).keywords.list()).length, 2);
  await rose.v2.filters.keywords.$select(added.id).remove();
  await rose.v2.filters.$select(filter.id).remove();
  assert.deepEqual(await rose.v2.filters.list(), []);

  await rose.v1.accounts.$select(sage.me.id).follow();
  const list = await rose.v1.lists.create({ title: "Herbs", exclusive: true });
  await rose.v1.lists.$select(list.id).accounts.create({ accountIds: [sage.me.id] });
  const listed = await sage.v1.statuses.create({ status: "Sow in May" });
  assert.equal((await rose.v1.timelines.list.$select(list.id).list())[0].id, listed.id);
  assert(!ids(await rose.v1.timelines.home.list()).includes(listed.id));
  assert.deepEqual(ids(await rose.v1.lists.$select(list.id).accounts.list()), [sage.me.id]);
  await rose.v1.lists.$select(list.id).accounts.remove({ accountIds: [sage.me.id] });
  await rose.v1.lists.$select(list.id).remove();
  assert.deepEqual(await rose.v1.lists.list(), []);
}

async function notifications() {
  const [rose, sage] = await both();
  const said = await sage.v1.statuses.create({ status: "Who likes beans?" });
  await rose.v1.statuses.$select(said.id).favourite();
  await rose.v1.statuses.$select(said.id).reblog();
  await rose.v1.statuses.create({ status: "@sage I do", inReplyToId: said.id });
  const single = await sage.v1.notifications.list();
  assert.deepEqual(single.map((one) => one.type), ["mention", "reblog", "favourite"]);
  const grouped = await sage.v2.notifications.list();
  assert.deepEqual(grouped.notificationGroups.map((group) => group.type), ["mention", "reblog", "favourite"]);
  assert.deepEqual(ids(grouped.accounts), [rose.me.id]);
  const likes = grouped.notificationGroups.at(-1);
  assert.deepEqual(ids(await sage.v2.notifications.$select(likes.groupKey).accounts.list()), [rose.me.id]);
  assert.equal((await sage.v2.notifications.unreadCount.fetch()).count, 3);
  await sage.v2.notifications.$select(likes.groupKey).dismiss();
  await sage.v1.notifications.$select(single[0].id).dismiss();
  assert.deepEqual((await sage.v1.notifications.list()).map((one) => one.type), ["reblog"]);
  const policy = await sage.v2.notifications.policy.update({ forNotFollowing: "filter" });
  assert.equal(policy.forNotFollowing, "filter");
}

async function streams() {
  const [rose, sage] = await both();
  await rose.v1.accounts.$select(sage.me.id).follow();
  const { configuration } = await rose.v2.instance.fetch();
  const streaming = createStreamingAPIClient({
    streamingApiUrl: configuration.urls.streaming,
    accessToken: rose.token,
  });
  const seen = { user: [], tag: [] };
  const listen = async (name, subscription) => {
    for await (const { event, payload } of subscription) {
      seen[name].push(event === "notification" ? payload.type : `${event} ${payload?.id ?? payload}`);
    }
  };
  const subscriptions = [streaming.user.subscribe(), streaming.hashtag.subscribe({ tag: "beans" })];
  listen("user", subscriptions[0]);
  listen("tag", subscriptions[1]);
  // Nothing answers a subscription: until something is heard, what is posted may have come too early.
  await eventually("both streams", async () => {
    await sage.v1.statuses.create({ status: "Are you there? #beans" });
    return seen.user.length > 0 && seen.tag.length > 0;
  });
  const said = await sage.v1.statuses.create({ status: "@rose #beans" });
  await sage.v1.statuses.$select(said.id).update({ status: "@rose more #beans" });
  await sage.v1.statuses.$select(said.id).remove();
  const heard = (events) => events.filter((event) => event === "mention" || event.endsWith(` ${said.id}`));
  const whole = [`update ${said.id}`, "mention", `status.update ${said.id}`, `delete ${said.id}`];
  await eventually("the post, its edit and its end", () => heard(seen.user).length === whole.length);
  assert.deepEqual(heard(seen.user), whole);
  await eventually("the same by hashtag", () => heard(seen.tag).length === whole.length - 1);
  streaming.close();
}

async function push() {
  const [rose, sage] = await both();
  const { configuration } = await rose.v2.instance.fetch();
  for (const standard of [true, false]) {
    const { endpoint, keys } = await ask("subscriber", { standard });
    const made = await rose.v1.push.subscription.create({
      subscription: { endpoint, keys, standard },
      data: { alerts: { mention: true } },
      policy: "all",
    });
    assert.deepEqual([made.endpoint, made.standard], [endpoint, standard]);
    assert.equal(made.serverKey, configuration.vapid.publicKey);
    await sage.v1.statuses.create({ status: "@rose hello" });
    const { message } = await ask("pushed");
    assert.deepEqual([message.body, message.title], ["@rose hello", "sage mentioned you"]);
    assert.equal(message.access_token, rose.token);
  }
  await rose.v1.push.subscription.remove();
}

async function later() {
  const rose = await loggedIn("rose");
  const planned = await rose.v1.statuses.create({ status: "Open garden", scheduledAt: inTenMinutes() });
  assert.deepEqual(ids(await rose.v1.scheduledStatuses.list()), [planned.id]);
  assert.deepEqual(await rose.v1.timelines.home.list(), []);
  await ask("later", { milliseconds: 660_000 });
  const [shown] = await eventually("the post", async () => {
    const home = await rose.v1.timelines.home.list();
    return home.length > 0 && home;
  });
  assert(shown.content.includes("Open garden"));
  assert.deepEqual(await rose.v1.scheduledStatuses.list(), []);
}

await run({ posts, choices, notifications, streams, push, later });
