// What the tests share: the fixtures, and the command line to compare with.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = join(root, "metadata/testdata/fixtures");

/** The names of databases of real daemons. */
export const fixtures = readdirSync(folder);

export const path = (fixture, file) => join(folder, fixture, file);
export const bytes = (fixture, file = "before.db.gz") => readFileSync(path(fixture, file));
export const expected = (fixture) => JSON.parse(readFileSync(path(fixture, "expected.json")));

/** Traces and seeds, and the hashes that they must have on every host. */
export const equality = () => JSON.parse(readFileSync(new URL("equality.json", import.meta.url)));

/** "2.4.2+unknown" is of 2.4. */
export const minor = (version) => version.split(".").slice(0, 2).join(".");

const program = fileURLToPath(new URL("../dist/holdfast", import.meta.url));

/** What `holdfast ARGUMENTS --json` prints. */
export function commandLine(...args) {
  const done = spawnSync(program, [...args, "--json"], { maxBuffer: 1 << 28 });
  if (done.error !== undefined || done.status > 1) {
    throw new Error(`holdfast ${args.join(" ")}: ${done.error ?? done.stderr}`);
  }
  return JSON.parse(done.stdout);
}
