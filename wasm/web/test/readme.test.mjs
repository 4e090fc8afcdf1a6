// Runs the examples of README.md for Node and compares their output. The browser's tests run the other examples.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { bytes, examples } from "./support.mjs";

for (const { code, output, line } of examples("js node")) {
  test(`the example on line ${line}`, (t) => {
    const dist = fileURLToPath(new URL("../dist/", import.meta.url)); // inside the package, so that the import of its name resolves
    const folder = mkdtempSync(join(dist, "example-"));
    t.after(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "meta.db"), gunzipSync(bytes("c242-basic")));
    writeFileSync(join(folder, "example.mjs"), code);
    const { status, stdout, stderr } = spawnSync(process.execPath, ["example.mjs"], { cwd: folder, encoding: "utf8", timeout: 60_000 });
    assert.equal(status, 0, stderr);
    assert.equal(stdout, output);
  });
}
