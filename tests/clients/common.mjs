// What the programs of this folder share: questions to the test that started them, and patience.
import assert from "node:assert/strict";
import { createInterface } from "node:readline";

export const { BASE_URL, SCENARIO } = process.env;
export const SCOPES = ["read", "write", "follow", "push"];
export const OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob";
const PATIENCE_MS = 30_000;

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Let the test do what no client can; `javascript.py` lists what may be asked. */
export async function ask(errand, given = {}) {
  process.stdout.write(JSON.stringify({ errand, ...given }) + "\n");
  const { value } = await answers.next();
  return JSON.parse(value);
}

/** Look until there is something, and answer it. */
export async function eventually(what, look) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found) return found;
    assert(Date.now() < end, `not within ${PATIENCE_MS} ms: ${what}`);
    await new Promise((resume) => setTimeout(resume, 100));
  }
}

/** Wait for something that comes by itself, but not for ever. */
export async function within(what, promise) {
  let timer;
  const late = new Promise((_, refuse) => {
    timer = setTimeout(() => refuse(new Error(`not within ${PATIENCE_MS} ms: ${what}`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** When a post for later is due. */
export const inTenMinutes = () => new Date(Date.now() + 600_000).toISOString();

/** Run the scenario that was asked for. */
export async function run(scenarios) {
  assert(SCENARIO in scenarios, `there is no ${SCENARIO}`);
  await scenarios[SCENARIO]();
  process.exit(0);
}
