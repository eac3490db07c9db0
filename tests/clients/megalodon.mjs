// megalodon, the library of Whalebird and Fedistar, does what its users do.
import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import generator, { detector } from "megalodon";
import { ask, BASE_URL, eventually, inTenMinutes, run, SCOPES, within } from "./common.mjs";

/** A client that got its token through the node's pages; `me` beside it. */
async function loggedIn(name) {
  const kind = await detector(BASE_URL);
  assert.equal(kind, "mastodon");
  const stranger = generator(kind, BASE_URL);
  const app = await stranger.registerApp("megalodon", { scopes: SCOPES });
  const { code } = await ask("authorise", { url: app.url, name });
  const token = await stranger.fetchAccessToken(app.client_id, app.client_secret, code);
  const client = generator(kind, BASE_URL, token.access_token);
  const me = (await client.verifyAccountCredentials()).data;
  assert.equal(me.username, name);
  return { client, me, token: token.access_token };
}

const both = async () => {
  const rose = await loggedIn("rose");
  const sage = await loggedIn("sage");
  return [rose.client, sage.client, rose, sage];
};
const data = async (answer) => (await answer).data;
const ids = (entities) => entities.map((entity) => entity.id);

async function posts() {
  const [rose, sage, , { me }] = await both();
  assert((await data(rose.followAccount(me.id))).following);
  const { path } = await ask("picture");
  const media = await data(sage.uploadMedia(createReadStream(path), { description: "A green bed" }));
  const first = await data(sage.postStatus("Look what grows", { media_ids: [media.id], language: "en" }));
  assert.equal(first.media_attachments[0].description, "A green bed");
  const asked = await data(sage.postStatus("What next?", { poll: { options: ["beans", "peas"], expires_in: 600 } }));
  const voted = await data(rose.votePoll(asked.poll.id, [1]));
  assert.deepEqual(voted.options.map((option) => option.votes_count), [0, 1]);
  assert.deepEqual(ids(await data(rose.getHomeTimeline())), [asked.id, first.id]);

  const edited = await data(sage.editStatus(first.id, { status: "Look what grows now", media_ids: [media.id] }));
  assert(edited.edited_at);
  assert.equal((await data(sage.getStatusSource(first.id))).text, "Look what grows now");

  const reply = await data(rose.postStatus("@sage lovely", { in_reply_to_id: first.id }));
  const further = await data(sage.postStatus("@rose thanks", { in_reply_to_id: reply.id }));
  const context = await data(rose.getStatusContext(reply.id));
  assert.deepEqual([ids(context.ancestors), ids(context.descendants)], [[first.id], [further.id]]);

  assert.equal((await data(rose.reblogStatus(first.id))).reblog.id, first.id);
  assert.deepEqual((await data(sage.getStatusRebloggedBy(first.id))).map((one) => one.username), ["rose"]);
  await rose.unreblogStatus(first.id);
  assert.equal((await data(rose.getStatus(first.id))).reblogs_count, 0);

  const quote = await data(rose.postStatus("Worth a look", { quote_id: first.id }));
  assert.deepEqual([quote.quote.state, quote.quote.quoted_status.id], ["accepted", first.id]);

  await eventually("what was said", async () => {
    const found = await data(sage.search("grows", { type: "statuses" }));
    return ids(found.statuses).includes(first.id);
  });
  assert.deepEqual((await data(rose.search("sage"))).accounts.map((one) => one.username), ["sage"]);
  await sage.deleteStatus(first.id);
  await assert.rejects(rose.getStatus(first.id), (problem) => problem.response.status === 404);
}

async function choices() {
  const [rose, sage, , { me }] = await both();
  const filter = await data(rose.createFilter("slug", ["home", "public"], { whole_word: true }));
  assert.deepEqual((await data(rose.getFilters())).map((one) => one.phrase), ["slug"]);
  assert.equal((await data(rose.updateFilter(filter.id, "snail", ["home"]))).phrase, "snail");
  await rose.deleteFilter(filter.id);
  assert.deepEqual(await data(rose.getFilters()), []);

  await rose.followAccount(me.id);
  const list = await data(rose.createList("Herbs"));
  await rose.addAccountsToList(list.id, [me.id]);
  const listed = await data(sage.postStatus("Sow in May", {}));
  assert.deepEqual(ids(await data(rose.getListTimeline(list.id))), [listed.id]);
  assert.deepEqual(ids(await data(rose.getAccountsInList(list.id))), [me.id]);
  assert.equal((await data(rose.updateList(list.id, "Kitchen herbs"))).title, "Kitchen herbs");
  await rose.deleteAccountsFromList(list.id, [me.id]);
  await rose.deleteList(list.id);
  assert.deepEqual(await data(rose.getLists()), []);
}

async function notifications() {
  const [rose, sage] = await both();
  const said = await data(sage.postStatus("Who likes beans?", {}));
  await rose.favouriteStatus(said.id);
  await rose.reblogStatus(said.id);
  await rose.postStatus("@sage I do", { in_reply_to_id: said.id });
  const told = await data(sage.getNotifications());
  assert.deepEqual(told.map((one) => one.type), ["mention", "reblog", "favourite"]);
  const others = await data(sage.getNotifications({ exclude_types: ["favourite", "reblog"] }));
  assert.deepEqual(ids(others), [told[0].id]);
  await sage.dismissNotification(told[0].id);
  // It has no call of its own for groups.
  const grouped = await data(sage.client.get("/api/v2/notifications"));
  assert.deepEqual(grouped.notification_groups.map((group) => group.type), ["reblog", "favourite"]);
  await sage.dismissNotifications();
  assert.deepEqual(await data(sage.getNotifications()), []);
}

async function streams() {
  const [rose, sage, , { me }] = await both();
  await rose.followAccount(me.id);
  const listening = [await rose.userStreaming(), await rose.tagStreaming("beans")];
  const seen = listening.map(() => []);
  listening.forEach((stream, index) => {
    const note = (event) => seen[index].push(event);
    stream.on("update", (status) => note(`update ${status.id}`));
    stream.on("status_update", (status) => note(`edit ${status.id}`));
    stream.on("delete", (id) => note(`delete ${id}`));
    stream.on("notification", (notification) => note(notification.type));
    stream.on("error", (problem) => note(String(problem)));
  });
  await within("both streams", Promise.all(listening.map((stream) => new Promise((on) => stream.once("connect", on)))));
  await eventually("both streams", async () => {
    await sage.postStatus("Are you there? #beans", {});
    return seen.every((events) => events.length > 0);
  });
  const said = await data(sage.postStatus("@rose #beans", {}));
  await sage.editStatus(said.id, { status: "@rose more #beans" });
  await sage.deleteStatus(said.id);
  const heard = (events) => events.filter((event) => event === "mention" || event.endsWith(` ${said.id}`));
  const whole = [`update ${said.id}`, "mention", `edit ${said.id}`, `delete ${said.id}`];
  await eventually("the post, its edit and its end", () => heard(seen[0]).length === whole.length);
  assert.deepEqual(heard(seen[0]), whole);
  await eventually("the same by hashtag", () => heard(seen[1]).length === whole.length - 1);
  listening.forEach((stream) => stream.stop());
}

async function push() {
  const [rose, sage, { token }] = await both();
  for (const standard of [true, false]) {
    const { endpoint, keys } = await ask("subscriber", { standard });
    const alerts = { mention: true };
    const made = await data(rose.subscribePushNotification({ endpoint, keys, standard }, { alerts }));
    assert.equal(made.endpoint, endpoint);
    await sage.postStatus("@rose hello", {});
    const { message } = await ask("pushed");
    assert.deepEqual([message.body, message.access_token], ["@rose hello", token]);
  }
  await rose.deletePushSubscription();
}

async function later() {
  const { client } = await loggedIn("rose");
  const planned = await data(client.postStatus("Open garden", { scheduled_at: inTenMinutes() }));
  assert.deepEqual(ids(await data(client.getScheduledStatuses())), [planned.id]);
  assert.deepEqual(await data(client.getHomeTimeline()), []);
  await ask("later", { milliseconds: 660_000 });
  const [shown] = await eventually("the post", async () => {
    const home = await data(client.getHomeTimeline());
    return home.length > 0 && home;
  });
  assert(shown.content.includes("Open garden"));
}

await run({ posts, choices, notifications, streams, push, later });
