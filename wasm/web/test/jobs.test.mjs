// Jobs: their progress, cancellation, and results that do not depend on the sizes of steps.
import assert from "node:assert/strict";
import test from "node:test";
import { Holdfast, pinnedBy } from "holdfast";
import { bytes, commandLine, path } from "./support.mjs";

const study = { profile: "k8s-node", days: 1, seeds: 1, seed: 3, policies: [{ release: ["kubelet"] }, { collect: "interval:every=1h", release: ["lru", "ttl:after=1d"] }] };

/** Returns the result of the command for the same study, without the version. */
function commandResult(...more) {
  const policies = ["kubelet", "interval:every=1h+lru+ttl:after=1d"];
  const { version, ...comparison } = commandLine("compare", "--days", "1", "--seeds", "1", "--seed", "3", ...policies, ...more);
  return comparison;
}

test("a simulation reports progress and is reproducible", async () => {
  const reports = [];
  const begin = { seed: "18446744073709551615", ops: 600, profile: "calm" };
  const outcome = await Holdfast.simulate({ ...begin, onProgress: (progress) => reports.push(progress) });
  assert.equal(outcome.failure, undefined);
  assert(outcome.steps >= 600 && outcome.codes.ok > 0);
  assert(reports.length > 1);
  reports.reduce((before, after) => (assert(after.did >= before.did && after.progress.steps >= before.progress.steps), after));
  assert.equal(reports.at(-1).did, reports.at(-1).of);
  const [again, bigint, other] = await Promise.all([
    Holdfast.simulate({ ...begin, worker: false }),
    Holdfast.simulate({ ...begin, seed: 2n ** 64n - 1n }),
    Holdfast.simulate({ ...begin, seed: 1 }),
  ]);
  assert.deepEqual(again, outcome);
  assert.deepEqual(bigint, outcome);
  assert.notDeepEqual(other, outcome);
});

test("the replay of a simulation's trace has the simulation's hashes", async () => {
  const texts = { trace: "", hashes: "" };
  const outcomes = [];
  for (const body of ["trace", "hashes"]) {
    outcomes.push(await Holdfast.simulate({ seed: 7, ops: 300, body, onProgress: ({ text }) => (texts[body] += text) }));
  }
  assert.deepEqual(outcomes[0], outcomes[1]);
  const { node, steps } = await Holdfast.replay(texts.trace, { hashes: true });
  assert.deepEqual(steps.map(({ hash }) => hash), texts.hashes.trim().split("\n"));
  await node.close();
});

test("a comparison equals the command's", async () => {
  const reports = [];
  const comparison = await Holdfast.compare({ ...study, onProgress: (progress) => reports.push(progress) });
  assert.deepEqual(comparison, commandResult());
  assert.equal(comparison.policies.length, 3);
  for (const { series } of comparison.policies) {
    assert(series.every(({ pinned }) => pinned.length === pinnedBy.length));
  }
  assert.equal(reports.at(-1).did, reports.at(-1).of);
  assert.equal(reports[0].progress.total, reports[0].of);
  assert.deepEqual(await Holdfast.compare({ ...study, noClairvoyant: true, worker: false }), commandResult("--no-clairvoyant"));
  const faults = { remove: 0.5, snapshotter: 0.1 };
  assert.deepEqual(await Holdfast.compare({ ...study, faults }), commandResult("--fault", "remove=50%,snapshotter=10%"));
});

test("a comparison starts from a node", async () => {
  const node = await Holdfast.open({ bytes: bytes("c242-labels") });
  const hash = await node.hash();
  const { load, ...comparison } = await node.compare(study);
  const { load: expectedLoad, ...expected } = commandResult("--from", path("c242-labels", "before.db.gz"));
  assert.deepEqual(comparison, expected);
  assert.equal(load.kind, expectedLoad.kind);
  assert.equal(await node.hash(), hash);
  await node.close();
  await assert.rejects(node.compare(study), { code: "failed_precondition" });
});

test("a signal cancels a job, and other calls run between its steps", async () => {
  const holdfast = await Holdfast.start();
  const node = await holdfast.create();
  for (const [work, much] of [["simulate", { ops: 1_000_000 }], ["compare", { days: 300 }]]) {
    const stop = new AbortController();
    let others = 0;
    const job = holdfast[work]({
      ...much,
      signal: stop.signal,
      onProgress: async ({ did }) => {
        await node.hash();
        if (++others === 5) {
          stop.abort(new Error(`enough after ${did}`));
        }
      },
    });
    await assert.rejects(job, ({ code, cause }) => code === "canceled" && cause.message.startsWith("enough"));
    assert.equal(others, 5);
  }
  // The cancelled jobs are released: the maximum number of jobs fits again.
  const jobs = Array.from({ length: 16 }, () => holdfast.simulate({ ops: 10 }));
  await Promise.all(jobs);
  const own = Holdfast.simulate({ ops: 1_000_000, worker: true, signal: AbortSignal.timeout(50) });
  await assert.rejects(own, ({ code, cause }) => code === "canceled" && cause.name === "TimeoutError");
  holdfast.close();
});

test("invalid arguments of jobs", async () => {
  for (const wrong of [{ profile: "none" }, { ops: -1 }, { seed: "x" }, { seed: -1 }, { seed: 2n ** 64n }, { body: "all" }, { frob: 1 }, { faults: { none: 1 } }]) {
    await assert.rejects(Holdfast.simulate(wrong), { name: "HoldfastError", code: "invalid_argument" }, JSON.stringify(wrong, (_, v) => `${v}`));
  }
  for (const wrong of [{ profile: "none" }, { days: -1 }, { seeds: 1e9 }, { policies: [{ collect: "never ever" }] }, { policies: "lru" }, { frob: 1 }]) {
    await assert.rejects(Holdfast.compare(wrong), { name: "HoldfastError" }, JSON.stringify(wrong));
  }
});
