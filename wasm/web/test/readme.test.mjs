// The examples of README.md print what it says. That of a page, and of a Worker, are run in the browser's tests.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { examples } from "./examples.mjs";
import { bytes } from "./support.mjs";

for (const { code, output, line } of examples("js node")) {
  test(`the example on line ${line}`, (t) => {
    const dist = fileURLToPath(new URL("../dist/", import.meta.url)); // within the package, so that its name is known
    const folder = mkdtempSync(join(dist, "example-"));
    t.after(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "meta.db"), gunzipSync(bytes("c242-basic")));
    writeFileSync(join(folder, "example.mjs"), code);
    const { status, stdout, stderr } = spawnSync(process.execPath, ["example.mjs"], { cwd: folder, encoding: "utf8", timeout: 60_000 });
    assert.equal(status, 0, stderr);
    assert.equal(stdout, output);
  });
}
