// Runs the journeys one after the other. Arguments choose those whose names contain one of them.

import { close, shotsOfAll } from "./lib.mjs";
import { journeys as firstRun } from "./first_run.mjs";
import { journeys as frontend } from "./frontend.mjs";
import { journeys as page } from "./page.mjs";

const wanted = process.argv.slice(2);
const all = { ...firstRun, ...frontend, ...page };
let failed = 0;
for (const [name, journey] of Object.entries(all)) {
  if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) continue;
  const began = Date.now();
  try {
    await journey();
    console.log(`ok      ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed += 1;
    await shotsOfAll();
    console.log(`FAILED  ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)\n${error.stack}`);
  }
}
await close();
process.exit(failed === 0 ? 0 : 1);
