// Accounts for the bytes of nodes, checks them, and reads archives, and compares the results with the command.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { gunzipSync } from "node:zlib";
import { Holdfast, HoldfastError, nodeArchive } from "holdfast";
import { bytes, casePath, commandLine, damagedNode, expected, fixtures, path, program } from "./support.mjs";

const at = "2026-11-28T20:00:00Z";

/** Fails unless the parts of an accounting add up to its totals. */
function addsUp({ totalBytes, totalObjects, unsizedSnapshots, holders, retainedBytes, shared, sharedBytes, garbage, unknown }) {
  const none = { bytes: 0, objects: 0, unsizedSnapshots: 0 };
  const sum = (list, of) => list.reduce((total, part) => total + of(part), 0);
  assert.equal(sum(holders, (h) => h.retainedBytes), retainedBytes);
  assert.equal(sum(shared, (s) => s.bytes), sharedBytes);
  assert.equal(retainedBytes + sharedBytes + garbage.bytes + (unknown ?? none).bytes, totalBytes);
  const objects = sum(holders, (h) => h.retainedObjects) + sum(shared, (s) => s.objects);
  assert.equal(objects + garbage.objects + (unknown ?? none).objects, totalObjects);
  const unsized = sum(holders, (h) => h.unsizedSnapshots) + sum(shared, (s) => s.unsizedSnapshots);
  assert.equal(unsized + garbage.unsizedSnapshots + (unknown ?? none).unsizedSnapshots, unsizedSnapshots);
}

for (const fixture of fixtures) {
  test(`${fixture}: the accounting of the command, in which all parts add up`, async () => {
    const at = expected(fixture).gc_time;
    const database = path(fixture, "before.db.gz");
    const file = await Holdfast.read({ bytes: bytes(fixture), at });
    const all = await file.account();
    assert.deepEqual(all, commandLine("top", database, "--at", at, "-n", "0"));
    addsUp(all);
    const some = await file.account({ limit: 3, holdersPerSet: 1, byName: true });
    const { shared, ...named } = commandLine("top", database, "--at", at, "-n", "3", "--by", "name");
    assert.deepEqual(some, { ...named, shared: shared.map((part) => ({ ...part, holders: part.holders.slice(0, 1) })) });

    const deletable = all.holders.find(({ kind }) => kind === "image").holder;
    const [namespace] = deletable.split("/").slice(1);
    for (const deleted of [[`holder/${deletable}`], [`namespace/${namespace}`], ["lease/*", `image/${namespace}/*`]]) {
      const command = commandLine("plan", database, "--at", at, "--until", "7d", ...deleted.flatMap((name) => ["--delete", name]));
      const until = new Date(Date.parse(at) + 7 * 864e5);
      assert.deepEqual(await file.plan({ deleted, until: until.toISOString(), others: true }), command);
      assert.deepEqual(await file.plan({ deleted, until, others: true }), command);
    }
    await assert.rejects(file.plan({ deleted: ["namespace/nowhere"] }), { name: "HoldfastError", message: /the namespace does not exist/ });
    await assert.rejects(file.plan({ until: new Date(NaN) }), { name: "HoldfastError", code: "invalid_argument" });
    await file.close();
  });
}

test("the next expiry", async () => {
  const database = casePath("lease-until-tomorrow", "meta.db.gz");
  const file = await Holdfast.read({ bytes: readFileSync(database), at });
  const plan = await file.plan({ until: "2026-12-05T20:00:00Z", others: true });
  assert.deepEqual(plan, commandLine("plan", database, "--at", at, "--until", "7d"));
  assert.equal(plan.next.nodes[0], "lease/moby/1724841234-abcd");
  assert.equal(plan.untilCount, plan.until.length);
  assert(plan.untilFreed.objects > 0);
  await file.close();
});

for (const name of ["sizes-from-snapshotter", "snapshot-orphan-on-disk", "discarded-and-not-unpacked", "zeroed-config"]) {
  test(`${name}: an archive has the results of the command`, async (t) => {
    const archive = casePath(name, "root.tar.gz");
    const folder = mkdtempSync(join(tmpdir(), "holdfast-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const unpacked = spawnSync("tar", ["-xzf", archive, "-C", folder]);
    assert.equal(unpacked.status, 0, String(unpacked.stderr));
    const collected = join(folder, "node.tar.gz");
    assert.equal(spawnSync(program, ["collect-files", folder, "-o", collected]).status, 0);
    for (const [source, contents] of [[archive, readFileSync(archive)], [collected, readFileSync(collected)], [collected, packed(collected, folder)]]) {
      const file = await Holdfast.read({ bytes: contents, at });
      const accounting = await file.account();
      assert.deepEqual(accounting, commandLine("top", source, "--at", at, "-n", "0"));
      addsUp(accounting);
      assert.deepEqual(await file.plan({ others: true }), commandLine("plan", source, "--at", at));
      assert.deepEqual(await Holdfast.check({ bytes: contents, at }), commandLine("fsck", source, "--at", at));
      const verified = await Holdfast.check({ bytes: contents, at, verify: true });
      assert.deepEqual(verified, commandLine("fsck", source, "--at", at, "--verify"));

      const { bytes: remaining } = await file.gc();
      const rest = await Holdfast.read({ bytes: remaining, at });
      assert.deepEqual((await rest.plan()).removed, []);
      const node = await Holdfast.open({ bytes: contents, now: at });
      const same = await Holdfast.open({ bytes: readFileSync(join(folder, "io.containerd.metadata.v1.bolt/meta.db")), now: at });
      assert.equal(await node.hash(), await same.hash());
      await Promise.all([file, rest, node, same].map((one) => one.close()));
    }
  });
}

/** Packs the files of an archive of the command with the package. */
function packed(collected, folder) {
  const { stdout } = spawnSync("tar", ["-tzf", collected], { encoding: "utf8" });
  return nodeArchive(stdout.trim().split("\n").map((path) => ({ path, bytes: new Blob([readFileSync(join(folder, path))]) })));
}

test("an archive of long paths and of every type of bytes", async () => {
  const database = gunzipSync(bytes("c242-tiny"));
  const long = `io.containerd.snapshotter.v1.${"x".repeat(90)}/metadata.db`;
  for (const contents of [database, new Uint8Array(database).buffer, new Blob([database])]) {
    const archive = nodeArchive([
      { path: "io.containerd.metadata.v1.bolt/meta.db", bytes: contents },
      { path: long, bytes: new Uint8Array() },
    ]);
    const file = await Holdfast.read({ bytes: archive, at });
    const alone = await Holdfast.read({ bytes: database, at });
    assert.deepEqual((await file.plan()).removed, (await alone.plan()).removed);
    await Promise.all([file.close(), alone.close()]);
  }
  for (const path of ["", "/meta.db", "a//b", "../meta.db", "x".repeat(101), `${"y".repeat(160)}/meta.db`]) {
    assert.throws(() => nodeArchive([{ path, bytes: database }]), (error) => error instanceof HoldfastError && error.code === "invalid_argument", path);
  }
  assert.throws(() => nodeArchive([{ path: "a", bytes: "text" }]), { code: "invalid_argument" });
  const none = nodeArchive([{ path: "etc/passwd", bytes: database }]);
  await assert.rejects(Holdfast.read({ bytes: none, at }), { name: "HoldfastError", reason: "no_database" });
  await assert.rejects(Holdfast.check({ bytes: none, at }), { name: "HoldfastError", reason: "no_database" });
  await assert.rejects(Holdfast.open({ bytes: none }), { name: "HoldfastError", reason: "no_database" });
});

test("a check reports its phases, and reads a damaged file as far as possible", async () => {
  const damaged = casePath("salvage-one-leaf", "meta.db.gz");
  const phases = [];
  const fsck = await Holdfast.check({ bytes: readFileSync(damaged), at, onProgress: ({ did, of, progress }) => phases.push([did, of, progress.phase]) });
  const command = commandLine("fsck", damaged, "--at", at);
  command.previous.fault = command.previous.fault.replace(`database ${JSON.stringify(damaged)}`, "database"); // the module has no paths
  assert.deepEqual(fsck, command);
  assert(fsck.lost.length > 0 && fsck.previous !== undefined);
  assert.deepEqual(phases, [[1, 4, "pages"], [2, 4, "read"], [3, 4, "records"], [4, 4, ""]]);

  const stop = new AbortController();
  const cancelled = Holdfast.check({ bytes: bytes("c242-large"), at, signal: stop.signal, onProgress: () => stop.abort() });
  await assert.rejects(cancelled, { name: "HoldfastError", code: "canceled" });
  assert((await Holdfast.check({ bytes: bytes("c242-tiny"), at })).findings.length >= 0, "the instance continues");

  const wrong = readFileSync(casePath("wrong-file", "metadata.db.gz"));
  await assert.rejects(Holdfast.check({ bytes: wrong, at }), { reason: "foreign", message: /a snapshotter's metadata\.db/ });
});

test("a salvage has the result and the sound database of the command", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const packed = readFileSync(casePath("salvage-one-leaf", "meta.db.gz"));
  const node = join(folder, "node.tar");
  writeFileSync(node, new Uint8Array(await damagedNode(packed).arrayBuffer()));
  for (const source of [casePath("salvage-one-leaf", "meta.db.gz"), path("c242-tiny", "before.db.gz"), node]) {
    const out = join(folder, "sound.db");
    const command = commandLine("salvage", source, "-o", out);
    const { salvaged, bytes: sound } = await Holdfast.salvage({ bytes: readFileSync(source) });
    assert.deepEqual(salvaged, command);
    assert.equal(salvaged.lost.length > 0, source !== path("c242-tiny", "before.db.gz"), source);
    assert.deepEqual(Buffer.from(sound), readFileSync(out), source);
    rmSync(out);
    const file = await Holdfast.read({ bytes: sound, at });
    assert.equal((await file.objects()).length, salvaged.objects);
    await file.close();
  }
  const { orphans } = commandLine("salvage", node, "-o", join(folder, "again.db"));
  assert(orphans.blobs.some(({ content }) => content === "manifest") && orphans.blobs.some(({ partOf }) => partOf?.length === 1));

  const buffer = new Uint8Array(packed).buffer;
  await Holdfast.salvage({ bytes: buffer, transfer: true });
  assert.equal(buffer.byteLength, 0);
  const stop = AbortSignal.abort();
  await assert.rejects(Holdfast.salvage({ bytes: packed, signal: stop }), { name: "HoldfastError", code: "canceled" });
  await assert.rejects(Holdfast.salvage({ bytes: "text" }), { name: "HoldfastError", code: "invalid_argument" });
  await assert.rejects(Holdfast.salvage({ bytes: new Uint8Array(100_000).fill(0xed) }), { name: "HoldfastError", reason: "not_bolt" });
});
