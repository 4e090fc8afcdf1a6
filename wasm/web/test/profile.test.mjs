// Converts load profiles from YAML to JSON like the page, and runs studies with the JSON in the module.
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { Holdfast } from "holdfast";
import { commandLine, root } from "./support.mjs";

const folder = join(root, "sim/study/profile/data");
const read = (name) => readFileSync(join(folder, name), "utf8");

/** Compiles the converter, which is part of the page, and imports it. */
async function converter(t) {
  const dir = fileURLToPath(new URL("../dist/converter/", import.meta.url));
  mkdirSync(dir, { recursive: true });
  t.after(() => rmSync(dir, { recursive: true }));
  const input = fileURLToPath(new URL("../page/src/state/profile.ts", import.meta.url));
  const bundle = await rolldown({ input, external: ["yaml"] });
  await bundle.write({ dir, format: "es", entryFileNames: "profile.mjs" });
  return import(join(dir, "profile.mjs"));
}

test("profiles in YAML", async (t) => {
  const { profileJSON, ProfileError } = await converter(t);

  for (const name of readdirSync(folder).filter((name) => name.endsWith(".yaml"))) {
    await t.test(`${name} equals its JSON`, async () => {
      assert.deepEqual(JSON.parse(await profileJSON(read(name))), JSON.parse(read(name.replace(".yaml", ".json"))));
    });
  }

  await t.test("a study equals the command's", async () => {
    const profileText = await profileJSON(read("edge.yaml"));
    const { load, ...comparison } = await Holdfast.compare({ profileText, days: 1, seeds: 1, seed: 3, policies: [{ release: ["lru"] }] });
    const { version, load: expectedLoad, ...expected } = commandLine("compare", "--profile-file", join(folder, "edge.yaml"), "--days", "1", "--seeds", "1", "--seed", "3", "lru");
    assert.deepEqual(comparison, expected);
    assert.equal(load.name, expectedLoad.name);
  });

  await t.test("scalars keep their text", async () => {
    const json = await profileJSON('a: 0.50\nb: 50GB\nc: "x: y"\nd: [1e3, 0x10]\ne: {0: 1s, 1: 2s}\nf:\n');
    assert.deepEqual(JSON.parse(json), { a: "0.50", b: "50GB", c: "x: y", d: ["1e3", "0x10"], e: { 0: "1s", 1: "2s" }, f: "" });
  });

  await t.test("the module reports the lines of the YAML", async () => {
    const lines = read("edge.yaml").split("\n");
    const at = lines.findIndex((line) => line.trim().startsWith("evidence:"));
    lines[at] = lines[at].replace(/evidence: .*/, "evidence: hearsay");
    const profileText = await profileJSON(lines.join("\n"));
    const figure = at; // the figure starts with its distribution, one line before the evidence
    await assert.rejects(Holdfast.compare({ profileText, days: 1 }), { code: "invalid_argument", message: new RegExp(`line ${figure}\\b`) });
  });

  for (const [name, text, line] of [
    ["an empty file", "", 1],
    ["a scalar", "text", 1],
    ["an unclosed list", "a: 1\nb: [1,\nc: 2\n", 3],
    ["a duplicate key", "a: 1\nb: 2\na: 3\n", 3],
    ["a tab as indentation", "a:\n\tb: 1\n", 2],
    ["an anchor", "a: 1\nb: &x 2\n", 2],
    ["an alias", "a: 1\nb: *x\n", 2],
    ["a tag", "a: 1\nb: !!binary eA==\n", 2],
    ["two documents", "a: 1\n---\nb: 2\n", 2],
    ["a key that is a list", "a: 1\n[b]: 2\n", 2],
    ["deep nesting", `a: 1\nb: ${"[".repeat(200)}${"]".repeat(200)}\n`, 2],
    ["a huge file", `a: ${"x".repeat(2 << 20)}`, 1],
  ]) {
    await t.test(name, () =>
      assert.rejects(profileJSON(text), (error) => {
        assert(error instanceof ProfileError, error.stack);
        assert.equal(error.line, line, error.message);
        assert.match(error.message, new RegExp(`^line ${line}: `));
        return true;
      }),
    );
  }
});
