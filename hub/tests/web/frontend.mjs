// Home Assistant's frontend, unmodified, used as people use it.

import { createHmac } from "node:crypto";

import { Person, api, ask, assert, creds, forbiddenForKitchen, url } from "./lib.mjs";

const LIGHT = "light.kitchen_lights";

const stateOf = async (entity) => (await api("owner", "GET", `/api/states/${entity}`)).state;
const call = (service, data) => api("owner", "POST", `/api/services/${service.replace(".", "/")}`, data);

/** Waits until something holds. */
async function until(what, holds) {
  for (const end = Date.now() + 15_000; Date.now() < end; ) {
    if (await holds()) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  assert.fail(`not within 15 s: ${what}`);
}

/** Logs in and waits for the overview; returns how long it took from the click on "Log in" until it was drawn. */
async function toOverview(person, username, options) {
  await person.logIn(username, `${username}-pass`, options);
  const clicked = Date.now();
  await person.page.waitForURL(/\/home\/overview/);
  await person.page.getByText(/^Welcome /).first().waitFor();
  return Date.now() - clicked;
}

/** Opens an entity's dialog from wherever the page is. */
async function openDialog({ page }, entity) {
  const here = new URL(page.url());
  here.searchParams.set("more-info-entity-id", entity);
  await page.goto(here.href);
  await page.locator("ha-more-info-dialog").getByText("Kitchen").first().waitFor();
}

/** Switches the light in its dialog. */
async function flip({ page }) {
  await page.locator("ha-more-info-dialog ha-icon-button-group ha-icon-button").first().click();
}

export const journeys = {
  async "a light is switched in its dialog, and a second browser sees it"() {
    const [admin, other] = await Promise.all([Person.open("admin"), Person.open("user")]);
    const took = await toOverview(admin, "admin", { wrong: "wrong-pass" });
    console.log(`        from "Log in" to a drawn overview: ${took} ms`);
    await admin.shot("overview-admin");
    await toOverview(other, "user");
    await call("light.turn_off", { entity_id: LIGHT });
    await other.page.goto(`${url}/light`);
    const tile = other.page.locator("hui-tile-card", { hasText: /Kitchen lights/i }).first();
    await tile.getByText("Off").waitFor();
    await openDialog(admin, LIGHT);
    await admin.shot("light-dialog-admin");
    await flip(admin);
    await until("the light is on", async () => (await stateOf(LIGHT)) === "on");
    await tile.getByText(/On|%/).first().waitFor();
    await flip(admin);
    await until("the light is off", async () => (await stateOf(LIGHT)) === "off");
    await tile.getByText("Off").waitFor();
    admin.isContent();
    other.isContent();
    await admin.leave();
    await other.leave();
  },

  async "users, people and integrations are looked after"() {
    const admin = await Person.open("admin");
    await toOverview(admin, "admin");
    const { page } = admin;
    await page.goto(`${url}/config/users`);
    for (const name of ["Kitchen", "Reader", "Owner"]) await page.getByText(name, { exact: true }).first().waitFor();
    await admin.shot("users");
    await page.goto(`${url}/config/person`);
    await page.getByRole("heading", { name: /people/i }).or(page.getByText("People").first()).first().waitFor();
    await page.goto(`${url}/config/integrations/dashboard`);
    await page.getByRole("button", { name: /add integration/i }).first().waitFor();
    await admin.shot("integrations");
    // Added by its flow, with a wrong password first.
    const host = `web-${Date.now()}`;
    await call("demo_bridge.set_password", { host, password: "right" });
    await page.getByRole("button", { name: /add integration/i }).first().click();
    await page.getByPlaceholder(/search/i).last().fill("bridge");
    await page.locator("ha-integration-list-item, ha-list-item, ha-md-list-item").filter({ hasText: /bridge/i }).first().click();
    await page.locator("step-flow-form").waitFor();
    await admin.shot("add-integration");
    const form = page.locator("step-flow-form");
    await form.locator("input").nth(0).fill(host);
    await form.locator("input").nth(1).fill("wrong");
    await page.getByRole("button", { name: "Submit" }).click();
    await form.getByText("The password is refused").waitFor();
    await form.locator("input").nth(0).fill(host);
    await form.locator("input").nth(1).fill("right");
    await page.getByRole("button", { name: "Submit" }).click();
    await page.getByRole("button", { name: /finish|skip/i }).first().click();
    const entries = () => api("owner", "GET", "/api/config/config_entries/entry?domain=demo_bridge");
    await until("the entry is loaded", async () => (await entries()).some((entry) => entry.title.includes(host) && entry.state === "loaded"));
    // What it brought has a page of its own.
    const entry_id = (await entries()).find((entry) => entry.title.includes(host)).entry_id;
    const [devices] = await ask("owner", { type: "config/device_registry/list" });
    const device = devices.find((device) => device.config_entry_id === entry_id);
    await page.goto(`${url}/config/devices/device/${device.id}`);
    await page.getByText(device.name).first().waitFor();
    await page.waitForLoadState("networkidle");
    await admin.shot("device");
    // Its credentials are refused: it asks to sign in again, and does.
    await call("demo_bridge.set_password", { host, password: "another" });
    const entry = (await entries()).find((entry) => entry.title.includes(host));
    await api("owner", "POST", `/api/config/config_entries/entry/${entry.entry_id}/reload`);
    await until("it must sign in again", async () => (await entries()).find((e) => e.entry_id === entry.entry_id).state === "setup_error");
    await page.goto(`${url}/config/integrations/dashboard`);
    await page.getByRole("button", { name: /reconfigure|reauthenticate|re-authenticate|sign in/i }).first().click();
    await admin.shot("reauth");
    await page.locator("step-flow-form input").last().fill("another");
    await page.getByRole("button", { name: "Submit" }).click();
    await until("the entry is loaded again", async () => (await entries()).find((e) => e.entry_id === entry.entry_id).state === "loaded");
    admin.isContent();
    await admin.leave();
  },

  async "a second factor is set up in the profile, and asked for"() {
    const [{ user }] = await ask("owner", { type: "config/auth/create", name: "Tess", group_ids: ["system-users"] });
    const login = { user_id: user.id, username: "tess", password: "tess-pass" };
    await ask("owner", { type: "config/auth_provider/homeassistant/create", ...login });
    const tess = await Person.open("tess");
    await toOverview(tess, "tess", { wrong: "nothing" });
    const { page } = tess;
    await page.goto(`${url}/profile/security`);
    const factors = page.locator("ha-mfa-modules-card");
    await factors.getByRole("button", { name: "Enable" }).first().click();
    const dialog = page.locator("ha-mfa-module-setup-flow");
    const shown = dialog.getByText(/[A-Z2-7]{16,}/).last();
    await shown.waitFor();
    await tess.shot("second-factor");
    const secret = (await shown.innerText()).match(/[A-Z2-7]{16,}/)[0];
    await dialog.locator("input").first().fill(totp(secret));
    await dialog.getByRole("button", { name: /submit/i }).click();
    await dialog.getByText(/finished|success|complete/i).first().waitFor();
    await dialog.getByRole("button", { name: /close|ok|done/i }).first().click();
    await factors.getByRole("button", { name: "Disable" }).first().waitFor();
    // Out, and in again with it.
    await logOut(tess);
    await tess.logIn("tess", "tess-pass", { path: "/" });
    await page.locator("input").first().waitFor();
    await page.locator('input[name="code"]').fill(totp(secret, 1));
    await page.getByRole("button", { name: /log in|next|submit/i }).first().click();
    await page.getByText(/^Welcome /).first().waitFor();
    await logOut(tess);
    tess.isContent();
    await tess.leave();
  },

  async "somebody who may use one light sees one light, and nothing else is sent"() {
    const forbidden = await forbiddenForKitchen();
    assert.ok(forbidden.length > 200, `only ${forbidden.length} things are forbidden`);
    const kitchen = await Person.open("kitchen");
    await toOverview(kitchen, "kitchen", { wrong: "guess" });
    await kitchen.shot("overview-kitchen");
    const { page } = kitchen;
    assert.equal(await page.getByText("Settings", { exact: true }).count(), 0);
    await page.goto(`${url}/light`);
    await page.getByText(/Kitchen lights/i).first().waitFor();
    assert.equal(await page.locator("hui-tile-card").count(), 1);
    await call("light.turn_off", { entity_id: LIGHT });
    await openDialog(kitchen, LIGHT);
    await kitchen.shot("light-dialog-kitchen");
    await flip(kitchen);
    await until("the light is on", async () => (await stateOf(LIGHT)) === "on");
    for (const where of ["/config/users", "/config/integrations/dashboard", "/climate", "/security", "/history", "/logbook", "/calendar", "/profile/general", "/profile/security", "/permissions"]) {
      await page.goto(url + where);
      await page.waitForLoadState("networkidle");
    }
    kitchen.isContent();
    kitchen.neverGot(forbidden);
    await kitchen.leave();
  },

  async "what is allowed while a page is open comes and goes in it"() {
    const kitchen = await Person.open("kitchen");
    await toOverview(kitchen, "kitchen");
    const { page } = kitchen;
    await page.goto(`${url}/light`);
    await page.getByText(/Kitchen lights/i).first().waitFor();
    const policy = (more) => ({ entities: { entity_ids: { [LIGHT]: { read: true, control: true }, ...more } } });
    const set = (more) => api("owner", "POST", "/api/doorward/groups/kitchen-light", { policy: policy(more) });
    await set({ "light.bed_light": { read: true } });
    await page.getByText(/Bed light/i).first().waitFor();
    await kitchen.shot("came-into-sight");
    await set({});
    await page.getByText(/Bed light/i).first().waitFor({ state: "detached" });
    kitchen.isContent();
    await kitchen.leave();
  },
};

/** Logs out on the profile's page. */
async function logOut({ page }) {
  await page.goto(`${url}/profile`);
  await page.getByRole("button", { name: "Log out" }).first().click();
  const sure = page.locator("dialog-box").getByRole("button", { name: /log out/i });
  await sure.first().click();
  await page.locator('input[name="username"]').waitFor();
}

/** Returns the code of now, or of so many steps later (RFC 6238, SHA-1, 30 s, six digits). */
function totp(secret, later = 0) {
  const bits = [...secret].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
  const mac = createHmac("sha1", key).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
