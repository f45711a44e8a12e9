// Stories told with the vendor's JavaScript client and its own middleware, unmodified.
// usage: node stories.mjs STORY < state.json ; what was seen goes out as JSON
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const state = JSON.parse(readFileSync(0, "utf8"));
// Its modules for import() name each other without an extension, which node refuses.
const { BatchRequestContent, BatchResponseContent, Client, PageIterator } =
  createRequire(import.meta.url)(state.module);

async function getAccessToken() {
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: state.client,
    client_secret: state.secret,
    scope: "https://graph.microsoft.com/.default",
  });
  const address = `${state.authority}/${state.tenant}/oauth2/v2.0/token`;
  const answer = await fetch(address, { method: "POST", body: form });
  return (await answer.json()).access_token;
}

const client = Client.initWithMiddleware({
  baseUrl: state.graph,
  customHosts: new Set(["127.0.0.1"]),
  authProvider: { getAccessToken },
});

const body = (local) => ({
  accountEnabled: true,
  displayName: `${local} כהן`,
  mailNickname: local,
  userPrincipalName: `${local}@${state.domain}`,
  passwordProfile: { password: "Xk7!quiet-olive-9" },
});

const stories = {
  async pages() {
    const first = await client.api("/users").top(50).select(["id", "displayName"]).get();
    const seen = new Set();
    const pages = new PageIterator(client, first, (user) => seen.add(user.id));
    await pages.iterate();
    return { first: first.value.length, all: seen.size };
  },
  async filters() {
    const water = await client.api("/users").filter("department eq 'Water'").get();
    const counted = await client
      .api("/users")
      .header("ConsistencyLevel", "eventual")
      .count(true)
      .filter("endsWith(userPrincipalName,'0@galil.onmicrosoft.example')")
      .orderby("displayName desc")
      .top(3)
      .get();
    const names = counted.value.map((user) => user.userPrincipalName.split("@")[0]);
    return { water: water.value.length, count: counted["@odata.count"], names };
  },
  async life() {
    const created = await client.api("/users").post(body("adi"));
    await client.api(`/users/${created.id}`).patch({ jobTitle: "גזברית" });
    const read = await client.api(`/users/${created.id}`).select("jobTitle").get();
    await client.api(`/users/${created.id}`).delete();
    let gone;
    try {
      await client.api(`/users/${created.id}`).get();
    } catch (error) {
      gone = { status: error.statusCode, code: error.code };
    }
    return { title: read.jobTitle, gone };
  },
  async batch() {
    const get = (id) => ({
      id,
      request: new Request(`${state.graph}v1.0/users/p${id}@${state.domain}`),
    });
    const content = new BatchRequestContent([get("1"), get("2"), get("999")]);
    const answer = await client.api("/$batch").post(await content.getContent());
    const answers = new BatchResponseContent(answer);
    const seen = {};
    for (const [id, one] of answers.getResponsesIterator()) seen[id] = one.status;
    return seen;
  },
  async retry() {
    const user = await client.api(`/users/p1@${state.domain}`).get();
    return { name: user.userPrincipalName };
  },
  async denied() {
    try {
      await client.api("/me").get();
    } catch (error) {
      return { status: error.statusCode, message: error.message };
    }
    return {};
  },
};

process.stdout.write(JSON.stringify(await stories[process.argv[2]]()));
