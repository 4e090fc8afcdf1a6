// Checks that the types declare exactly the fields of real results.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { Holdfast } from "holdfast";
import { bytes, casePath, damagedNode, expected } from "./support.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

function typeCheck(project) {
  const done = spawnSync(process.execPath, [here("../node_modules/typescript/bin/tsc"), "-p", project], { encoding: "utf8" });
  assert.equal(done.status, 0, (done.stdout + done.stderr).slice(0, 2000));
}

test("valid uses of the package compile, and invalid uses do not", () => typeCheck(here("types")));

/** Returns a database of which one meta page is damaged. */
function withDamagedMeta() {
  const database = gunzipSync(bytes("c242-tiny"));
  return database.fill(0xed, 4096, 8192);
}

/** Returns results of every type. Together, they have every declared field. */
async function answers() {
  const all = [];
  const add = (type, answer) => all.push([type, answer]);
  const watch = (type) => ({ onProgress: (progress) => progress.did === progress.of && add(type, progress) });
  for (const [fixture, containerd] of [["c17-labels"], ["c17-labels", "2.4"], ["c242-labels"], ["c242-labels", "2.1"], ["c242-labels", "1.7"], ["c242-interrupted"]]) {
    const at = expected(fixture).gc_time;
    const file = await Holdfast.read({ bytes: bytes(fixture), at, containerd });
    const objects = await file.objects();
    add("ObjectSize[]", objects);
    add("Plan", await file.plan());
    add("Plan", await file.plan({ deleted: [objects.find(({ node }) => node.startsWith("image/")).node] }));
    add("Top", await file.top());
    add("Fsck", await Holdfast.check({ bytes: bytes(fixture), at, containerd }));
    add("Tree", await file.inspect());
    for (const { node } of containerd === undefined ? objects : []) {
      add("Why", await file.why(node));
    }
    const { node: blob } = objects.find(({ node, bytes }) => node.startsWith("content/") && bytes > 0);
    add("Tree", await file.inspect(blob));
    const { plan, bytes: collected } = await file.gc();
    add("Plan", plan);
    const after = await Holdfast.read({ bytes: collected, at });
    add("Diff", await file.diff(after));
    add("Diff", await after.diff(file));
    await Promise.all([file.close(), after.close()]);
  }
  for (const name of ["snapshot-orphan-on-disk", "lease-until-tomorrow", "discarded-and-not-unpacked", "sizes-from-snapshotter"]) {
    const archive = readFileSync(casePath(name, name.startsWith("lease") ? "meta.db.gz" : "root.tar.gz"));
    const file = await Holdfast.read({ bytes: archive, at: "2026-11-28T20:00:00Z" });
    add("Accounting", await file.account());
    add("Plan", await file.plan({ until: "2026-12-28T20:00:00Z" }));
    add("Fsck", await Holdfast.check({ bytes: archive, at: "2026-11-28T20:00:00Z", ...watch("Progress<CheckProgress>") }));
    await file.close();
  }
  add("Fsck", await Holdfast.check({ bytes: readFileSync(casePath("salvage-one-leaf", "meta.db.gz")) }));
  const rest = await Holdfast.read({ bytes: readFileSync(casePath("salvage-one-leaf", "meta.db.gz")), salvage: true });
  add("Accounting", await rest.account());
  add("Plan", await rest.plan());
  add("Top", await rest.top());
  add("Why", await rest.why("container/default/c1"));
  add("Diff", await rest.diff(rest));
  await rest.close();
  const lost = readFileSync(casePath("salvage-one-leaf", "meta.db.gz"));
  const orphan = readFileSync(casePath("snapshot-orphan-on-disk", "root.tar.gz"));
  for (const file of [lost, orphan, damagedNode(lost), withDamagedMeta()]) {
    add("Salvaged", (await Holdfast.salvage({ bytes: file })).salvaged);
  }
  const node = await Holdfast.open({ bytes: bytes("c242-labels") });
  add("Tree", await node.inspect("v1/default/containers/c1/spec"));
  const before = await node.fork();
  const garbage = (await node.plan()).removed.find((name) => name.startsWith("content/default/"));
  const target = { digest: garbage.split("/")[2], mediaType: "text/plain", size: "1" };
  const image = (await node.objects()).find((object) => object.node.startsWith("image/default/")).node;
  const results = await node.apply([
    { op: "images.create", ns: "elsewhere", image: { name: "astray", target } },
    { op: "namespaces.setlabel", name: "default", key: "a", value: "b" },
    { op: "images.update", ns: "default", image: { name: image.slice("image/default/".length), target: { ...target, digest: `sha256:${"0".repeat(64)}` } } },
    { op: "images.get", ns: "default", name: "nobody" },
  ]);
  assert.deepEqual(results.map(({ code }) => code), ["ok", "ok", "ok", "not_found"]);
  add("Result[]", results);
  add("Why", await node.why(garbage));
  add("Diff", await before.diff(node));
  add("Collection", await node.collect());
  await Promise.all([node.close(), before.close()]);
  add("About", await Holdfast.about());
  add("Outcome", await Holdfast.simulate({ seed: 7, ops: 300, ...watch("Progress<SimulationProgress>") }));
  add("Outcome", await Holdfast.simulate({ seed: 7, ops: 300, profile: "calm" }));
  add("Comparison", await Holdfast.compare({ days: 1, seeds: 1, policies: [{}], ...watch("Progress<StudyProgress>") }));
  return all;
}

test("real results match their types", async () => {
  const folder = here("../dist/checked");
  const all = await answers();
  const types = [...new Set(all.flatMap(([type]) => type.match(/\w+/g)))];
  const lines = all.map(([type, answer], i) => `export const answer${i}: ${type} = ${JSON.stringify(answer)};`);
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(`${folder}/answers.ts`, `import type { ${types} } from "../index.js";\n${lines.join("\n")}\n`);
    const compilerOptions = { rootDir: "..", declaration: false, emitDeclarationOnly: false, noEmit: true };
    writeFileSync(`${folder}/tsconfig.json`, JSON.stringify({ extends: "../../tsconfig.json", compilerOptions, include: [], files: ["answers.ts"] }));
    typeCheck(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }

  const seen = new Set();
  JSON.stringify(all, (key, value) => (seen.add(key), value));
  const source = readFileSync(here("../src/answers.ts"), "utf8");
  const declared = [...source.matchAll(/^ {2}(\w+)\??:/gm)].map(([, name]) => name);
  assert(declared.length > 80);
  const rare = ["fails", "fault", "hex", "keeps", "more", "omittedLosses", "platform", "snapshotter"]; // no fixture has these fields
  assert.deepEqual(declared.filter((name) => !seen.has(name) && !rare.includes(name)), []);
});
