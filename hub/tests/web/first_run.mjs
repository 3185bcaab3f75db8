// An empty hub, opened for the first time.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { Person, assert, axePath } from "./lib.mjs";

/** Starts a hub on an empty directory; returns its address and what ends it. */
async function empty(...more) {
  const data = mkdtempSync(path.join(tmpdir(), "doorward-web-"));
  const files = ["--frontend", process.env.DOORWARD_FRONTEND];
  const hub = spawn(process.env.DOORWARD_BIN, ["serve", "--listen", "127.0.0.1:0", "--data", data, ...files, ...more]);
  const url = await new Promise((found, failed) => {
    let said = "";
    hub.on("exit", (status) => failed(new Error(`the hub ended with ${status}: ${said}`)));
    hub.stderr.on("data", (text) => (said += text));
    hub.stdout.on("data", (text) => {
      said += text;
      const address = said.match(/listens on (http:\S+)/);
      if (address) found(address[1]);
    });
  });
  const end = () =>
    new Promise((done) => {
      hub.removeAllListeners("exit");
      hub.on("exit", () => done(rmSync(data, { recursive: true, force: true })));
      hub.kill();
    });
  return { url, end };
}

/** Logs in on the frontend's page of this hub. */
async function toOverview({ page }, url, username, password) {
  await page.goto(url);
  await page.locator('input[name="username"]').fill(username);
  await page.locator('input[name="password"]').fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.waitForURL(/\/home\/overview/);
}

export const journeys = {
  async "first run: whoever opens an empty hub makes it theirs"() {
    const { url, end } = await empty();
    try {
      const ann = await Person.open("ann", { viewport: { width: 360, height: 720 } });
      ann.expected = (response) => response.status() === 422;
      const { page } = ann;
      await page.goto(url);
      await page.waitForURL(/\/doorward\/first-run/);
      await page.evaluate(readFileSync(axePath, "utf8"));
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      assert.deepEqual(serious.map(({ id }) => id), []);
      const fill = async (fields) => {
        for (const [name, value] of Object.entries(fields)) await page.locator(`[name="${name}"]`).fill(value);
      };
      await fill({ name: "Ann", username: "ann", password: "a long password", password_again: "another one", home: "The hut" });
      await page.getByRole("button", { name: "Make the home mine" }).click();
      await page.locator("p.beside").first().waitFor();
      await ann.shot("first-run");
      // What was typed is there still, but for the passwords.
      assert.equal(await page.locator('[name="username"]').inputValue(), "ann");
      await fill({ password: "a long password", password_again: "a long password" });
      await page.getByRole("button", { name: "Make the home mine" }).click();
      await page.getByText("Logged in as Ann").waitFor();
      ann.complaints = ann.complaints.filter((complaint) => !complaint.includes("422"));
      ann.isContent();
      await ann.leave();
      const again = await Person.open("ann");
      await toOverview(again, url, "ann", "a long password");
      again.isContent();
      await again.leave();
    } finally {
      await end();
    }
  },

  async "first run: a Home Assistant is brought in, and its people log in as before"() {
    const { url, end } = await empty("--import-from", path.join(process.env.DOORWARD_TESTDATA, "ha-config"));
    try {
      const somebody = await Person.open("somebody");
      const { page } = somebody;
      await page.goto(url);
      await page.getByRole("heading", { name: "Bring a Home Assistant in" }).waitFor();
      await somebody.shot("first-run-import");
      await page.getByRole("button", { name: "Bring it in" }).click();
      // Without anybody pressing anything: through the progress to the login.
      await page.getByLabel("User name").waitFor();
      await somebody.leave();
      const kitchen = await Person.open("kitchen");
      await toOverview(kitchen, url, "kitchen", "kitchen-pass");
      kitchen.isContent();
      await kitchen.leave();
    } finally {
      await end();
    }
  },
};
