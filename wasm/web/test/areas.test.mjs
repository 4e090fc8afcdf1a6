// Tests parts of the page that have no markup: the areas of the treemap, nodes in folders, and commands for a shell.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { Holdfast } from "holdfast";
import { bytes, casePath, expected, fixtures } from "./support.mjs";

/** Compiles a module of the page and imports it. */
async function compiled(t, path) {
  const dir = fileURLToPath(new URL("../dist/areas/", import.meta.url));
  mkdirSync(dir, { recursive: true });
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const name = `${path.replaceAll("/", "-")}.mjs`;
  const bundle = await rolldown({ input: fileURLToPath(new URL(`../page/src/${path}.ts`, import.meta.url)) });
  await bundle.write({ dir, format: "es", entryFileNames: name });
  return import(join(dir, name));
}

const archive = (name) => readFileSync(new URL(`testdata/${name}.tar.gz`, import.meta.url));

test("the areas of the treemap are all bytes and all objects", async (t) => {
  const { areasOf, partsOf } = await compiled(t, "state/areas");
  const weightOf = ({ weight, children }) => (children === undefined ? weight : children.reduce((sum, child) => sum + weightOf(child), 0));
  const databases = [
    ...fixtures.map((name) => [name, bytes(name), expected(name).gc_time]),
    ...["cri", "buildkit"].map((name) => [name, archive(name), "2026-11-29T12:00:00Z"]),
    ["orphan", readFileSync(casePath("snapshot-orphan-on-disk", "root.tar.gz")), "2026-11-29T12:00:00Z"],
  ];
  for (const [name, database, at] of databases) {
    const file = await Holdfast.read({ bytes: database, at });
    const accounting = await file.account({ holdersPerSet: 3 });
    for (const grouping of ["namespace", "client"]) {
      assert.equal(weightOf(areasOf(accounting, "bytes", grouping)), accounting.totalBytes, name);
      assert.equal(weightOf(areasOf(accounting, "objects", grouping)), accounting.totalObjects, name);
    }
    const parts = Object.values(partsOf(accounting));
    for (const [field, total] of [["bytes", "totalBytes"], ["objects", "totalObjects"], ["unsizedSnapshots", "unsizedSnapshots"]]) {
      assert.equal(parts.reduce((sum, part) => sum + part[field], 0), accounting[total], `${name}: ${field}`);
    }
    const { removedBytes } = await file.plan();
    assert.equal(accounting.garbage.bytes, removedBytes, name);
    await file.close();
  }
});

test("sizes that lack snapshots are marked, and are never 0 B", async (t) => {
  const { size } = await compiled(t, "text/format");
  assert.deepEqual([size(0, 0), size(0, 3), size(2048, 0), size(2048, 1)], ["0 B", "unknown", "2.0 KiB", "2.0 KiB+?"]);
});

test("nodes in a folder", async (t) => {
  const { nodesIn, chosenFolder } = await compiled(t, "state/folder");
  const files = (...paths) => paths.map((path) => ({ path, file: new File([path], path.split("/").at(-1)) }));
  const found = (...paths) => nodesIn("copy", files(...paths)).map(({ name, snapshotters }) => [name, snapshotters]);
  const meta = "io.containerd.metadata.v1.bolt/meta.db";
  const overlay = "io.containerd.snapshotter.v1.overlayfs/metadata.db";
  assert.deepEqual(found(meta, overlay, "io.containerd.snapshotter.v1.native/metadata.db", "other/metadata.db"), [["copy", 2]]);
  assert.deepEqual(found(`k3s/agent/containerd/${meta}`, overlay), [["copy/k3s/agent/containerd", 0]]);
  assert.deepEqual(found("containerdmeta.db", "snapshots/metadata.db", "cache.db", "snapshots/snapshots/1/metadata.db"), [["copy", 1]]);
  assert.deepEqual(found(`b/${meta}`, `b/${overlay}`, `a/x/${meta}`, "meta.db"), [["copy/b", 1], ["copy/meta.db", 0], ["copy/a/x", 0]]);
  assert.deepEqual(found("metadata.db", "meta.db.bak", "xmeta.db"), []);

  const chosen = (name, webkitRelativePath) => Object.defineProperty(new File([], name), "webkitRelativePath", { value: webkitRelativePath });
  const { folder, files: list } = chosenFolder([chosen("meta.db", `root/${meta}`), chosen("x", "root/x")]);
  assert.deepEqual([folder, list.map(({ path }) => path)], ["root", [meta, "x"]]);
  const single = chosenFolder([chosen("meta.db", "")]); // a phone
  assert.deepEqual(nodesIn(single.folder, single.files).map(({ name }) => name), ["files/meta.db"]);
});

test("a shell reads the arguments of the command", async (t) => {
  const { planCommand } = await compiled(t, "text/command");
  const deleted = ["holder/image/k8s.io/app:1", "lease/*", "a b", "it's", 'say "$HOME" `id` \\n', "line\nbreak\u0003\u001b'\\", "é"];
  const command = planCommand("-my node.tar.gz", { containerd: "2.4", at: "2026-01-01T00:00:00.000Z", until: "2026-02-01T00:00:00Z", deleted });
  assert(!/[\u0000-\u001f]/.test(command), "control characters are escaped");
  const { stdout } = spawnSync("bash", ["-c", `holdfast() { printf '%s\\0' "$@"; }; ${command}`], { encoding: "utf8" });
  const words = ["plan", "./-my node.tar.gz", "--containerd", "2.4", "--at", "2026-01-01T00:00:00.000Z", "--until", "2026-02-01T00:00:00Z"];
  assert.deepEqual(stdout.split("\0").slice(0, -1), [...words, ...deleted.flatMap((selection) => ["--delete", selection])]);
});
