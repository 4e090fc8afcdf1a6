// What the tests share: the fixtures, and the command line to compare with.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = join(root, "metadata/testdata/fixtures");

/** The names of databases of real daemons. */
export const fixtures = readdirSync(folder);

export const path = (fixture, file) => join(folder, fixture, file);
export const bytes = (fixture, file = "before.db.gz") => readFileSync(path(fixture, file));
export const expected = (fixture) => JSON.parse(readFileSync(path(fixture, "expected.json")));

/** "2.4.2+unknown" is of 2.4. */
export const minor = (version) => version.split(".").slice(0, 2).join(".");

let program;

/** What `holdfast ARGUMENTS --json` prints; the program is built once. */
export function commandLine(...args) {
  program ??= build();
  const done = spawnSync(program, [...args, "--json"], { maxBuffer: 1 << 28 });
  if (done.status > 1) {
    throw new Error(`holdfast ${args.join(" ")}: ${done.stderr}`);
  }
  return JSON.parse(done.stdout);
}

function build() {
  if (process.env.W2_CLI) return process.env.W2_CLI;
  const to = mkdtempSync(join(tmpdir(), "holdfast-"));
  process.on("exit", () => rmSync(to, { recursive: true }));
  execFileSync("go", ["build", "-o", to, "./sim/cmd/holdfast"], { cwd: root, stdio: "inherit" });
  return join(to, "holdfast");
}
