// What every journey needs: a browser, somebody logged in, everything that was received, and what must not be in it.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";

const required = (name) => process.env[name] ?? assert.fail(`${name} is not set`);
const require = createRequire(path.join(required("DOORWARD_MODULES"), "x.js"));
const { chromium } = require("playwright-core");

export const axePath = require.resolve("axe-core/axe.min.js");
export const url = required("DOORWARD_URL");
export const creds = JSON.parse(readFileSync(required("DOORWARD_CREDS"), "utf8"));
const shots = required("DOORWARD_SHOTS");
mkdirSync(shots, { recursive: true });

let launched;

/** Returns the browser; one for all journeys. */
export async function browser() {
  launched ??= await chromium.launch({
    executablePath: required("DOORWARD_CHROMIUM"),
    // As root, in containers, there is no sandbox to be had. Everything it opens is our own.
    args: ["--no-sandbox", "--disable-gpu", "--lang=en-GB"],
  });
  return launched;
}

/** Takes a picture of every page that is open, when something has failed, and closes them. */
export async function shotsOfAll() {
  const pages = launched?.contexts().flatMap((context) => context.pages()) ?? [];
  for (const [n, page] of pages.entries()) await page.screenshot({ path: path.join(shots, `failed-${n}.png`) }).catch(() => {});
  for (const context of launched?.contexts() ?? []) await context.close();
}

export async function close() {
  await launched?.close();
}

/** What a page may fail to fetch without harm: it asks whether there is anything to set up, and there is no such page any more. */
const MAY_FAIL = [/\/api\/onboarding$/];

/** One person's browser: an own profile, with everything recorded that it received. */
export class Person {
  /** Everything received that is not a file of the frontend's package. */
  received = [];
  /** Console errors, script errors, and requests that failed without leave. */
  complaints = [];
  /** The commands that the hub did not know. */
  unknown = new Set();

  static async open(name, options = {}) {
    const person = new Person();
    person.name = name;
    person.context = await (await browser()).newContext({ locale: "en-GB", timezoneId: "UTC", ...options });
    person.page = await person.context.newPage();
    person.page.setDefaultTimeout(20_000);
    person.#watch(person.page);
    return person;
  }

  #watch(page) {
    page.on("console", (message) => {
      if (message.type() !== "error") return;
      const from = message.location().url ?? "";
      if (MAY_FAIL.some((pattern) => pattern.test(from))) return;
      this.complaints.push(`console: ${message.text()} (${from})`);
    });
    page.on("pageerror", (error) => this.complaints.push(`script: ${error.message}`));
    page.on("response", async (response) => {
      const address = new URL(response.url());
      if (/^\/(static|frontend_latest|frontend_es5)\/|^\/sw-|^\/service_worker/.test(address.pathname)) {
        if (response.status() >= 400) this.complaints.push(`${response.status()} ${address.pathname}`);
        return;
      }
      if (response.status() >= 400 && !this.expected?.(response) && !MAY_FAIL.some((p) => p.test(response.url()))) {
        this.complaints.push(`${response.status()} ${response.request().method()} ${address.pathname}`);
      }
      // The pages themselves are the same for everybody, before anybody has logged in.
      if (/^text\/html/.test(response.headers()["content-type"] ?? "")) return;
      const body = await response.text().catch(() => "");
      this.received.push({ from: address.pathname, body });
    });
    page.on("websocket", (socket) => {
      const sent = {};
      // Pages tell the hub of their own errors, which says more than the console.
      socket.on("framesent", ({ payload }) => {
        for (const message of [].concat(JSON.parse(payload))) sent[message.id] = message.type;
        if (String(payload).includes('"system_log"')) this.complaints.push(`told: ${payload}`);
      });
      socket.on("framereceived", ({ payload }) => {
        this.received.push({ from: "websocket", body: String(payload) });
        if (!String(payload).includes("unknown_command")) return;
        for (const { id, error } of [].concat(JSON.parse(payload))) {
          if (error?.code === "unknown_command") this.unknown.add(sent[id]);
        }
      });
    });
  }

  /** Logs in on the frontend's own page. A wrong password first, if one is given. */
  async logIn(username, password, { wrong, path: where = "/" } = {}) {
    const { page } = this;
    this.expected = (response) => response.status() === 404 && /\/api\/onboarding/.test(response.url());
    await page.goto(url + where);
    const user = page.locator('input[name="username"]');
    await user.waitFor();
    if (wrong !== undefined) {
      await user.fill(username);
      await page.locator('input[name="password"]').fill(wrong);
      await page.getByRole("button", { name: "Log in" }).click();
      await page.getByText(/invalid username or password/i).waitFor();
    }
    await user.fill(username);
    await page.locator('input[name="password"]').fill(password);
    await page.getByRole("button", { name: "Log in" }).click();
  }

  async shot(name) {
    await this.page.screenshot({ path: path.join(shots, `${name}.png`) });
  }

  /** Fails if anything went wrong in this browser. */
  isContent() {
    const unknown = [...this.unknown].join(", ");
    assert.deepEqual(this.complaints, [], `${this.name}'s browser complained; unknown commands: ${unknown}`);
  }

  /** Fails if one of these texts was received. */
  neverGot(texts) {
    for (const { from, body } of this.received) {
      for (const text of texts) {
        const at = body.indexOf(text);
        if (at >= 0) assert.fail(`${this.name} got "${text}" from ${from}: …${body.slice(Math.max(0, at - 120), at + 120)}…`);
      }
    }
  }

  async leave() {
    await this.context.close();
  }
}

/** Sends a request to the API as one of the demo's users. */
export async function api(user, method, where, body) {
  const answer = await fetch(url + where, {
    method,
    headers: { Authorization: `Bearer ${creds.users[user].token}`, "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${where}: ${answer.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}

/** Sends WebSocket commands as one of the demo's users, from a page of its own; returns the results in order. */
export async function ask(user, ...commands) {
  const page = await (await browser()).newPage();
  try {
    await page.goto(`${url}/robots.txt`);
    return await page.evaluate(
      ({ token, commands }) =>
        new Promise((done, failed) => {
          const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/api/websocket`);
          const results = [];
          let n = 0;
          socket.onerror = () => failed(new Error("no socket"));
          socket.onmessage = ({ data }) => {
            const message = JSON.parse(data);
            if (message.type === "auth_required") {
              socket.send(JSON.stringify({ type: "auth", access_token: token }));
            } else if (message.type === "auth_ok") {
              commands.forEach((command, at) => socket.send(JSON.stringify({ id: at + 1, ...command })));
            } else if (message.type === "result") {
              if (!message.success) failed(new Error(`${commands[message.id - 1].type}: ${JSON.stringify(message.error)}`));
              results[message.id - 1] = message.result;
              n += 1;
              if (n === commands.length) done(results);
            }
          };
        }),
      { token: creds.users[user].token, commands },
    );
  } finally {
    await page.close();
  }
}

/** Returns what `kitchen` must never receive: ids and names of what it may not read, rooms, people, integrations. */
export async function forbiddenForKitchen() {
  const [all, areas, devices, users] = await ask(
    "owner",
    { type: "get_states" },
    { type: "config/area_registry/list" },
    { type: "config/device_registry/list" },
    { type: "config/auth/list" },
  );
  const own = await ask(
    "kitchen",
    { type: "get_states" },
    { type: "config/device_registry/list" },
    { type: "config/area_registry/list" },
    { type: "get_config" },
  );
  const seen = JSON.stringify(own);
  const names = [
    ...all.flatMap((state) => [state.entity_id, `"${state.attributes.friendly_name}"`]),
    ...areas.flatMap((area) => [`"${area.area_id}"`, `"${area.name}"`]),
    ...devices.flatMap((device) => [device.id, `"${device.name}"`]),
    ...users.flatMap((user) => [user.id, `"${user.name}"`]),
  ];
  const me = users.find((user) => user.username === "kitchen");
  const forbidden = names.filter((name) => name !== '"null"' && name !== '"undefined"' && !seen.includes(name));
  return forbidden.filter((name) => ![me.id, `"${me.name}"`].includes(name));
}

export { assert };
