// Doorward's own page, used as an administrator uses it.

import { readFileSync } from "node:fs";

import { Person, api, ask, assert, axePath, url } from "./lib.mjs";

/** Logs in on the page's own form. */
async function logIn(person, username, password = `${username}-pass`) {
  const { page } = person;
  await page.goto(`${url}/doorward`);
  await page.getByLabel("User name").fill(username);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
}

/** Returns a moment as a form takes it, in the home's time zone, which is UTC in the demo. */
const typed = (date) => date.toISOString().slice(0, 16);

const days = (n) => new Date(Date.now() + n * 86_400_000);

async function makeGuest(name) {
  const [{ user }] = await ask("owner", { type: "config/auth/create", name, group_ids: [] });
  const username = name.toLowerCase();
  const login = { user_id: user.id, username, password: `${username}-pass` };
  await ask("owner", { type: "config/auth_provider/homeassistant/create", ...login });
  return user.id;
}

/** Every page there is, with something in it. */
async function pages() {
  const [users, states] = await ask("owner", { type: "config/auth/list" }, { type: "get_states" });
  const kitchen = users.find((user) => user.username === "kitchen").id;
  assert.ok(states.length > 100);
  return [
    "/doorward",
    "/doorward/groups",
    "/doorward/new-group",
    "/doorward/groups/kitchen-light",
    "/doorward/matrix",
    `/doorward/why?user=${kitchen}&entity=lock.front_door`,
    "/doorward/who?entity=lock.front_door&permission=control",
    "/doorward/people",
    `/doorward/people/${kitchen}`,
    "/doorward/tokens",
    "/doorward/audit",
    "/doorward/bans",
    "/doorward/settings",
  ];
}

export const journeys = {
  async "page: a guest gets the kitchen for a while, and their open page follows"() {
    const guestId = await makeGuest("Gus");
    const guest = await Person.open("gus");
    await guest.logIn("gus", "gus-pass");
    await guest.page.waitForURL(/\/home\/overview/);
    await guest.page.goto(`${url}/light`);
    const light = guest.page.getByText(/Kitchen lights/i).first();
    assert.equal(await light.count(), 0);

    const admin = await Person.open("admin");
    await logIn(admin, "admin");
    const { page } = admin;
    await page.getByRole("heading", { level: 1 }).first().waitFor();
    await admin.shot("page-home");
    await page.goto(`${url}/doorward/new-group`);
    await page.getByLabel("Name", { exact: true }).fill("Weekend guests");
    await page.getByLabel("Who").selectOption(guestId);
    // From Friday to Sunday, first: what it would change is said before anything is saved.
    const toFriday = (5 - new Date().getUTCDay() + 7) % 7 || 7;
    await page.getByLabel(/^From/).fill(typed(days(toFriday)));
    await page.getByLabel(/^Until/).fill(typed(days(toFriday + 2)));
    const kitchen = page.getByRole("row", { name: /^Kitchen/ });
    await kitchen.getByRole("checkbox").nth(0).check();
    await kitchen.getByRole("checkbox").nth(1).check();
    // By itself, as one types.
    const checked = page.locator("#checked");
    await checked.getByText("light.kitchen_lights").first().waitFor();
    await checked.getByText(/while the membership counts/).first().waitFor();
    await admin.shot("page-new-group");
    assert.deepEqual(await api("owner", "GET", "/api/doorward/groups").then((all) => all.filter((g) => g.name === "Weekend guests")), []);
    // Then now, until soon. The form knows minutes.
    const end = new Date(Math.ceil((Date.now() + 12_000) / 60_000) * 60_000);
    await page.getByLabel(/^From/).fill(typed(days(-2)));
    await page.getByLabel(/^Until/).fill(typed(end));
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("Made.").waitFor();
    await light.waitFor();
    await guest.shot("guest-has-the-kitchen");
    // Why, and for how long, is to be seen.
    await page.goto(`${url}/doorward/why?user=${guestId}&entity=light.kitchen_lights`);
    await page.getByText("control: yes").waitFor();
    await page.getByText(/Weekend guests/).first().waitFor();
    await admin.shot("page-why");
    await page.goto(`${url}/doorward/matrix`);
    await page.getByText("Gus").first().waitFor();
    await admin.shot("page-matrix");
    // The clock passes the end.
    await light.waitFor({ state: "detached", timeout: end.getTime() - Date.now() + 15_000 });
    assert.ok(Date.now() >= end.getTime(), "too early");
    await page.goto(`${url}/doorward/why?user=${guestId}&entity=light.kitchen_lights`);
    await page.getByText("control: no").waitFor();
    await page.goto(`${url}/doorward/audit?action=set_member`);
    await page.locator("main tbody").getByText("Gus").first().waitFor();
    await page.goto(`${url}/doorward/audit?action=set_group`);
    await page.locator("main tbody").getByText(/weekend.guests/i).first().waitFor();
    admin.isContent();
    guest.isContent();
    await admin.leave();
    await guest.leave();
  },

  async "page: everybody can read and use it, on a phone and in the dark"() {
    const axe = readFileSync(axePath, "utf8");
    const all = await pages();
    for (const colorScheme of ["light", "dark"]) {
      const admin = await Person.open("admin", { colorScheme, viewport: { width: 360, height: 720 } });
      await admin.page.goto(`${url}/doorward`);
      await check(admin, axe, "/doorward/login");
      await logIn(admin, "admin");
      await admin.page.getByRole("heading", { name: "Overview" }).waitFor();
      for (const where of all) {
        const styles = [];
        const count = (request) => request.resourceType() === "stylesheet" && styles.push(request.url());
        admin.page.on("request", count);
        const response = await admin.page.goto(url + where);
        admin.page.off("request", count);
        const { length } = await response.body();
        assert.ok(length < 100_000, `${where} has ${length} bytes`);
        assert.ok(styles.length <= 1, `${where} asks for ${styles}`);
        await check(admin, axe, where);
      }
      await admin.shot(`page-phone-${colorScheme}`);
      admin.isContent();
      await admin.leave();
    }
  },

  async "page: it opens inside the frontend without another login, for administrators alone"() {
    const admin = await Person.open("admin");
    await admin.logIn("admin", "admin-pass");
    await admin.page.getByText("Permissions", { exact: true }).first().click();
    const frame = admin.page.frameLocator("iframe");
    await frame.getByRole("link", { name: "Groups" }).first().waitFor();
    await admin.shot("page-in-the-frontend");
    admin.isContent();
    await admin.leave();
    const kitchen = await Person.open("kitchen");
    kitchen.expected = (response) => response.status() === 403;
    await logIn(kitchen, "kitchen");
    await kitchen.page.getByText(/administrator/i).first().waitFor();
    assert.ok(!(await kitchen.page.content()).includes("front_door"));
    await kitchen.leave();
  },
};

/** Fails if somebody could not use the page: by what axe-core calls serious, or because it is wider than a phone. */
async function check({ page }, axe, where) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const said = serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
  assert.deepEqual(said, [], `${where} cannot be used by everybody`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${where} is ${wide} px wider than the window`);
}
