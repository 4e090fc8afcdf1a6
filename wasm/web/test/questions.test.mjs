// Queries databases of real daemons and compares the results with the command and with the collections of the daemons.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { Holdfast } from "holdfast";
import { bytes, casePath, commandLine, expected, fixtures, minor, path } from "./support.mjs";

for (const fixture of fixtures) {
  const known = expected(fixture);
  const at = known.gc_time;
  const containerd = minor(known.collected_by);

  test(`${fixture}: queries equal the command and the daemon`, async () => {
    const file = await Holdfast.read({ bytes: bytes(fixture), at });
    const database = path(fixture, "before.db.gz");
    const command = (verb, ...args) => commandLine(verb, database, "--at", at, ...args);

    const plan = await file.plan({ others: true });
    assert.deepEqual(plan, command("plan"));
    assert.deepEqual(await Holdfast.check({ bytes: bytes(fixture), at }), command("fsck"));

    const objects = await file.objects();
    const large = objects.length > 1000;
    const some = [0, 1, 2, 3, 4].slice(large ? 3 : 0).map((i) => objects[Math.floor((i * objects.length) / 5)].node);
    for (const node of some) {
      assert.deepEqual(await file.why(node, { limit: 4 }), command("why", node, "-n", "4"));
      assert.deepEqual(await file.inspect(node), commandLine("inspect", database, node));
    }
    if (!large) {
      assert.deepEqual(await file.inspect(), commandLine("inspect", database));
      assert.deepEqual((await file.top({ limit: 3 })).roots, (await file.top()).roots.slice(0, 3));
    }
    const image = objects.find(({ node }) => node.startsWith("image/")).node;
    assert.deepEqual(await file.plan({ deleted: [image], others: true }), command("plan", "--delete", image));

    const daemons = await file.view({ at, containerd });
    assert.deepEqual(await daemons.plan({ others: true }), command("plan", "--containerd", containerd));
    assert.deepEqual((await daemons.plan()).removed, known.removed);

    const { plan: removed, bytes: collected } = await daemons.gc();
    assert.deepEqual(removed.removed, known.removed);
    const after = await Holdfast.read({ bytes: collected, at, containerd });
    assert.deepEqual((await after.plan()).removed, []);
    assert.deepEqual(await file.diff(after), diffOf(database, collected));
    await Promise.all([file.close(), daemons.close(), after.close()]);
  });

  test(`${fixture}: a node collects, saves and opens again`, async () => {
    const node = await Holdfast.open({ bytes: bytes(fixture), rules: containerd, now: at });
    const before = await node.fork();
    const plan = await node.plan();
    assert.deepEqual(plan.removed, known.removed);
    assert.deepEqual((await node.collect()).removed.toSorted(), known.removed);
    assert.deepEqual((await node.plan()).removed, []);
    assert.deepEqual((await before.plan()).removed, known.removed, "a fork is independent");
    assert.deepEqual((await before.diff(node)).removed, known.removed);

    const again = await Holdfast.open({ bytes: await node.save(), rules: containerd, now: at });
    assert.equal(await again.dump(), await node.dump());
    const third = await Holdfast.open({ bytes: await again.save(), rules: containerd, now: at });
    assert.equal(await third.hash(), await again.hash());
    assert.notEqual(await again.hash(), await before.hash());
    await Promise.all([node, before, again, third].map((n) => n.close()));
  });
}

test("the readable rest of a damaged file: queries equal the command", async () => {
  const [damaged, at] = [casePath("salvage-one-leaf", "meta.db.gz"), "2026-11-29T12:00:00Z"];
  const file = await Holdfast.read({ bytes: readFileSync(damaged), at, salvage: true });
  assert.deepEqual(await file.plan({ others: true }), commandLine("plan", damaged, "--salvage", "--at", at));
  const accounting = await file.account();
  assert.deepEqual(accounting, commandLine("top", damaged, "--salvage", "--at", at, "-n", "0"));
  assert.equal(accounting.retainedBytes, -1);
  await file.close();
});

/** Returns the diff of the command between a file and a database in memory. */
function diffOf(older, newer) {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-"));
  try {
    writeFileSync(join(folder, "after.db"), newer);
    return commandLine("diff", older, join(folder, "after.db"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
