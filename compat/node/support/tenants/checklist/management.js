// Keys, credentials and the audit log: what a tenant's backend asks between ceremonies.
//
// A row: what is done, how, the status, and what the title and the details must contain.

import assert from "node:assert/strict";

import { admin } from "../admin.js";
import { ok, register } from "../people.js";
import { attested, strangers, tenantless } from "./world.js";

const get = (path, options) => (world) =>
  world.tenant.call("GET", path, undefined, options);
const absent = "AAAAAAAAAAAAAAAAAAAAAA";

const keys = "/.well-known/jwks.json";
const keysAt = (id) => (world) =>
  world.tenant.at(id).call("GET", keys, undefined, { key: null });
const published = ({ json }) => {
  assert.ok(json.keys.length >= 1);
  for (const key of json.keys)
    assert.deepEqual(Object.keys(key).sort(), ["alg", "e", "kid", "kty", "n", "use"]);
};

const wellKnown = [
  ["the keys", get(keys), 200, published],
  ["the keys, without a key", get(keys, { key: null }), 200, published],
  [
    "the keys, to be kept for ten minutes",
    get(keys),
    200,
    ({ headers }) => assert.equal(headers.get("cache-control"), "max-age=600"),
  ],
  [
    "the keys, by an id in capitals, without dashes, in braces, as a URN",
    async (world) => {
      const { id } = world.tenant;
      const plain = id.replaceAll("-", "");
      const urn = `urn:uuid:${id}`;
      for (const spelling of [id.toUpperCase(), plain, `%7B${id}%7D`, urn])
        published({ json: await ok(keysAt(spelling)(world)) });
      return keysAt(id)(world);
    },
    200,
  ],
  ...tenantless(keysAt),
  ["a file that is not there", get("/.well-known/nothing"), 404, "Not Found", ""],
  [
    "the keys, by a wrong method",
    (world) => world.tenant.call("POST", keys, {}),
    404,
    "Not Found",
    "",
  ],
];

const unknownPaths = [
  ["a path nobody serves", get("/nothing/here"), 404, "Not Found", ""],
  ["a path nobody serves, without a key", get("/nothing", { key: null }), 404, "Not Found"],
  ["a wrong method", get("/login/initialize"), 404, "Not Found", ""],
  [
    "a path below one that wants a key, without one",
    get("/transaction/a/b/c", { key: null }),
    401,
    "The api key is invalid",
  ],
  ["a path below one that wants a key, with it", get("/mfa/nothing"), 404, "Not Found"],
  [
    "an answer with the request's own id",
    get(keys, { headers: { "x-request-id": "of-the-caller" } }),
    200,
    ({ headers }) => assert.equal(headers.get("x-request-id"), "of-the-caller"),
  ],
  [
    "an answer with an id",
    get(keys),
    200,
    ({ headers }) => assert.match(headers.get("x-request-id"), /^[0-9A-Za-z-]{32,36}$/),
  ],
];

const listed = (check) => (answer) => {
  assert.ok(Array.isArray(answer.json));
  check?.(answer.json, answer.headers);
};
const ofUser = (query) => (world) =>
  get(`/credentials?user_id=${world.user.userId}${query}`)(world);

const credentialsList = [
  [
    "of a user",
    ofUser(""),
    200,
    listed(([credential], headers) => {
      assert.equal(headers.get("x-total-count"), "1");
      assert.match(credential.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/);
      assert.deepEqual(Object.keys(credential).sort(), [
        "aaguid",
        "attestation_type",
        "backup_eligible",
        "backup_state",
        "created_at",
        "id",
        "is_mfa",
        "last_used_at",
        "name",
        "public_key",
        "transports",
        "user_id",
      ]);
    }),
  ],
  [
    "of the whole tenant, newest first",
    get("/credentials"),
    200,
    listed((all) => {
      assert.ok(all.length >= 3);
      const times = all.map(({ created_at }) => Date.parse(created_at));
      assert.deepEqual(
        times,
        [...times].sort((a, b) => b - a),
      );
    }),
  ],
  [
    "of the whole tenant, oldest first",
    get("/credentials?order=asc"),
    200,
    listed((all) => {
      const times = all.map(({ created_at }) => Date.parse(created_at));
      assert.deepEqual(
        times,
        [...times].sort((a, b) => a - b),
      );
    }),
  ],
  [
    "one to a page",
    get("/credentials?page=2&per_page=1"),
    200,
    listed((page, headers) => {
      assert.equal(page.length, 1);
      const total = Number(headers.get("x-total-count"));
      assert.ok(total >= 3);
      const links = headers.get("link").split(",");
      assert.deepEqual(
        links.map((link) => /rel="(.*)"$/.exec(link)[1]),
        total > 2 ? ["first", "last", "next", "prev"] : ["first", "last", "prev"],
      );
      assert.match(links[0], /^<https?:\/\/[^>]*[?&]page=1(&|>)/);
    }),
  ],
  [
    "of a user nobody knows",
    get("/credentials?user_id=nobody"),
    200,
    listed((all) => assert.deepEqual(all, [])),
  ],
  [
    "of a user of another tenant",
    (world) => get(`/credentials?user_id=${world.foreigner.userId}`)(world),
    200,
    listed((all) => assert.deepEqual(all, [])),
  ],
  [
    "in an order nobody knows",
    get("/credentials?order=up"),
    400,
    "unable to validate request",
    "must be one of 'asc desc'",
  ],
  [
    "with the id of a signing key for a key",
    async (world) => {
      const path = `/tenants/${world.other.id}/secrets/jwk`;
      const { id } = await ok(admin("POST", path, { name: "no key" }), 201);
      return world.other.call("GET", "/credentials", undefined, { key: id });
    },
    401,
    "The api key is invalid",
  ],
  [
    "with space around the key",
    (world) => get("/credentials", { key: ` ${world.tenant.apiKey} ` })(world),
    200,
  ],
  ...strangers("GET", "/credentials"),
];

const one = (method, body, options) => (world) =>
  world.tenant.call(method, `/credentials/${world.user.passkey.id}`, body, options);

const credential = [
  ["one", one("GET"), 200, ({ json }) => assert.equal(typeof json.public_key, "string")],
  [
    "one that is not there",
    get(`/credentials/${absent}`),
    404,
    `credential with id '${absent}' not found`,
  ],
  [
    "one of another tenant",
    (world) => get(`/credentials/${world.foreigner.passkey.id}`)(world),
    404,
    "not found",
  ],
  ...strangers("GET", `/credentials/${absent}`),
];

const credentialUpdate = [
  [
    "a new name",
    async (world) => {
      const answer = await one("PATCH", { name: "Blue key" })(world);
      assert.equal((await ok(one("GET")(world))).name, "Blue key");
      return answer;
    },
    204,
  ],
  [
    "no name",
    one("PATCH", {}),
    400,
    "unable to validate request",
    "name is a required field",
  ],
  ["no body", one("PATCH"), 400, "unable to validate request", "name is a required field"],
  ["half a body", one("PATCH", "{"), 400, "unable to process request"],
  [
    "a number for a name",
    one("PATCH", { name: 7 }),
    400,
    "unable to process request",
    "Unmarshal type error",
  ],
  [
    "text that is not JSON",
    one("PATCH", "name", { headers: { "content-type": "text/plain" } }),
    400,
    "unable to process request",
    "Unsupported Media Type",
  ],
  [
    "a name for one that is not there",
    (world) => world.tenant.call("PATCH", `/credentials/${absent}`, { name: "x" }),
    404,
    "not found",
  ],
  [
    "a name for one of another tenant",
    (world) =>
      world.tenant.call("PATCH", `/credentials/${world.foreigner.passkey.id}`, {
        name: "x",
      }),
    404,
    "not found",
  ],
  ...strangers("PATCH", `/credentials/${absent}`, { name: "x" }),
];

const remove = (world, id) => world.tenant.call("DELETE", `/credentials/${id}`);

const credentialRemoval = [
  [
    "one, which then logs nobody in",
    async (world) => {
      const { passkey } = await register(world.tenant, `gone-${Date.now()}`);
      const answer = await remove(world, passkey.id);
      const options = await ok(world.tenant.call("POST", "/login/initialize"));
      const assertion = passkey.get(options, { origin: world.tenant.origin });
      const login = await world.tenant.call("POST", "/login/finalize", assertion);
      assert.equal(login.status, 401);
      assert.equal((await remove(world, passkey.id)).status, 404);
      return answer;
    },
    204,
  ],
  [
    "one that is not there",
    (world) => remove(world, absent),
    404,
    `credential with id '${absent}' not found`,
  ],
  [
    "one of another tenant",
    (world) => remove(world, world.foreigner.passkey.id),
    404,
    "not found",
  ],
  ...strangers("DELETE", `/credentials/${absent}`),
];

const audit = (query) => get(`/audit_logs${query}`);
const ofTypes = (...types) =>
  listed((entries) => {
    assert.ok(entries.length > 0);
    const found = new Set(entries.map(({ type }) => type));
    assert.deepEqual([...found].sort(), types.sort());
  });
const registered = "webauthn_registration_final_succeeded";
const begun = "webauthn_registration_init_succeeded";

const auditLog = [
  [
    "newest first, with everything an entry has",
    audit(""),
    200,
    listed((entries, headers) => {
      assert.ok(Number(headers.get("x-total-count")) > 5);
      const times = entries.map(({ created_at }) => Date.parse(created_at));
      assert.deepEqual(
        times,
        [...times].sort((a, b) => b - a),
      );
      for (const entry of entries) {
        for (const name of ["id", "type", "created_at", "updated_at", "tenant_id"])
          assert.equal(typeof entry[name], "string", name);
        for (const name of ["meta_http_request_id", "meta_source_ip", "meta_user_agent"])
          assert.equal(typeof entry[name], "string", name);
        assert.ok("transaction_id" in entry);
      }
    }),
  ],
  ["of one type", audit(`?type=${registered}`), 200, ofTypes(registered)],
  [
    "of two types, named twice",
    audit(`?type=${registered}&type=${begun}`),
    200,
    ofTypes(registered, begun),
  ],
  [
    "of two types, with a comma",
    audit(`?type=${registered},${begun}`),
    200,
    ofTypes(registered, begun),
  ],
  [
    "of a type that would be SQL",
    audit(`?type=${encodeURIComponent("x') OR true OR type IN ('x")}`),
    200,
    listed((entries) => assert.deepEqual(entries, [])),
  ],
  [
    "of one user",
    (world) => audit(`?actor_user_id=${world.user.userId}&per_page=100`)(world),
    200,
    listed((entries) => {
      assert.ok(entries.length > 0);
      assert.equal(new Set(entries.map(({ actor_user_id }) => actor_user_id)).size, 1);
    }),
  ],
  [
    "of failures, which were not forgotten",
    async (world) => {
      const attestation = await attested(world.tenant, { origin: "https://evil.example" });
      await world.tenant.call("POST", "/registration/finalize", attestation);
      return audit("?type=webauthn_registration_final_failed")(world);
    },
    200,
    listed((entries) => assert.ok(entries[0]?.error)),
  ],
  [
    "of another time",
    audit("?end_time=2020-01-01T00:00:00Z"),
    200,
    listed((entries) => assert.deepEqual(entries, [])),
  ],
  [
    "one to a page",
    audit("?page=2&per_page=1"),
    200,
    listed((entries) => assert.equal(entries.length, 1)),
  ],
  [
    "of a time that is none",
    audit("?start_time=yesterday"),
    400,
    "unable to list audit logs",
  ],
  [
    "of a caller with the longest of names",
    (world) => get("/audit_logs", { headers: { "user-agent": "x".repeat(4000) } })(world),
    200,
  ],
  ...strangers("GET", "/audit_logs"),
];

/** The areas, each with its rows. */
export const management = {
  "what is well known": wellKnown,
  "paths and headers": unknownPaths,
  "the list of credentials": credentialsList,
  "a credential": credential,
  "renaming a credential": credentialUpdate,
  "removing a credential": credentialRemoval,
  "the audit log": auditLog,
};
