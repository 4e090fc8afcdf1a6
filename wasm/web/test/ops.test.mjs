// Applies Ops and replays traces.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { Holdfast, parseTrace } from "holdfast";
import { run } from "./equality.mjs";
import { commandLine, equality, root } from "./support.mjs";

const hello = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const image = { name: "hello", target: { mediaType: "text/plain", digest: hello, size: "5" } };
const write = [
  { op: "namespaces.create", name: "default" },
  { op: "writers.open", ns: "default", name: "w", ref: "r", desc: { digest: hello, size: "5" } },
  { op: "writers.write", name: "w", data: "hello" },
  { op: "writers.commit", ns: "default", name: "w", size: 5n, expected: hello },
];

test("Ops are applied in order, and failed Ops do not stop a batch", async () => {
  const node = await Holdfast.create({ seed: "7", start: "2026-03-01T12:00:00Z" });
  const results = await node.apply(write);
  assert.deepEqual(results.map(({ code }) => code), ["ok", "ok", "ok", "ok"]);
  const [created, got, missing] = await node.apply([
    { op: "images.create", ns: "default", image },
    { op: "images.get", ns: "default", name: "hello" },
    { op: "images.get", ns: "default", name: "nobody" },
  ]);
  assert.equal(created.code, "ok");
  assert.equal(got.value.name, "hello");
  assert.equal(got.value.createdAt, "2026-03-01T12:00:00Z");
  assert.equal(missing.code, "not_found");
  assert.match(missing.error, /nobody/);

  const why = await node.why(`content/default/${hello}`);
  assert.equal(why.kept, true);
  assert.deepEqual(why.roots, ["image/default/hello"]);
  assert.deepEqual((await node.plan({ deleted: ["image/default/hello"] })).removed, [`content/default/${hello}`]);
  assert.equal((await node.objects()).find((object) => object.node.startsWith("content/")).bytes, 5);

  const fork = await node.fork();
  await fork.apply('{"op":"images.delete","ns":"default","name":"hello"}');
  assert.deepEqual((await fork.collect()).removed, [`content/default/${hello}`]);
  assert.notEqual(await fork.hash(), await node.hash());
  assert.deepEqual((await node.diff(fork)).removed, [`content/default/${hello}`, "image/default/hello"]);
  assert.match(await node.dump(), /hello/);
  await Promise.all([node.close(), fork.close()]);
});

for (const [name, trace] of Object.entries({
  stores: "engine/testdata/stores.jsonl",
  world: "engine/testdata/world.jsonl",
  turns: "engine/testdata/turns.jsonl",
  replay: "sim/cmd/holdfast/testdata/replay.jsonl",
})) {
  test(`the trace ${name} has the native results and hashes`, async () => {
    const path = join(root, trace);
    const text = readFileSync(path);
    const native = commandLine("replay", path, "--hashes");
    const reports = [];
    const { node, steps } = await Holdfast.replay(text, { hashes: true, onStep: (step) => reports.push(step) });
    assert.deepEqual(reports, steps);
    const brief = (all) => all.map(({ line, op, result, hash }) => ({ line, op: op.op, result, hash }));
    assert.deepEqual(brief(steps), brief(native.ops));
    const last = steps.at(-1).hash;
    assert.equal(await node.hash(), last);
    await node.close();

    const without = await Holdfast.replay(text.toString());
    assert.deepEqual(without.steps, steps.map(({ line, op, result }) => ({ line, op, result })));
    assert.equal(await without.node.hash(), last);
    await without.node.close();
  });
}

// The Go test of wasm/host writes equality.json.
for (const { name, trace, simulation, ...expected } of equality()) {
  test(`${name}: the hash after every step equals the native hash`, async () => {
    assert.deepEqual(await run(Holdfast, { trace, simulation }), expected);
  });
}

test("a trace is parsed and replayed step by step with forks", async () => {
  const lines = ["default", "other", "default", "third"].map((name) => JSON.stringify({ op: "namespaces.create", name }));
  const text = ['{"holdfast":1,"seed":"3"}', "# comment", "", ...lines].join("\r\n");
  const { setup, ops } = parseTrace(text);
  assert.deepEqual(setup, { holdfast: 1, seed: "3" });
  assert.deepEqual(ops.map(({ line, text }) => [line, text]), lines.map((line, i) => [i + 4, line]));
  assert.deepEqual(parseTrace(new TextEncoder().encode(text)).ops, ops);

  const states = [await Holdfast.create(setup)];
  for (const { op } of ops) {
    const next = await states.at(-1).fork();
    await next.apply([op]);
    states.push(next);
  }
  const { node, steps } = await Holdfast.replay(text, { hashes: true });
  for (const [i, { hash }] of steps.entries()) {
    assert.equal(await states[i + 1].hash(), hash);
  }
  assert.equal(await states[2].hash(), await states[3].hash(), "a failed Op changes nothing");
  await Promise.all([node, ...states].map((one) => one.close()));
});

test("invalid traces", async () => {
  for (const [text, message] of [["", /empty/], ["# nothing\n", /empty/], ["{}", /holdfast/], ["nonsense", /line 1/], ['{"holdfast":1}\n{"op":', /line 2/]]) {
    await assert.rejects(Holdfast.replay(text), { name: "HoldfastError", code: "invalid_argument", message });
  }
  await assert.rejects(Holdfast.replay('{"holdfast":1}\n{"op":"frob"}'), { code: "invalid_argument", message: /frob/ });
});

test("the capabilities of the module", async () => {
  const { abi, ops, verbs, kinds } = await Holdfast.about();
  assert.deepEqual([abi, ops], [1, 1]);
  assert(verbs.includes("plan") && kinds.includes("images.create"));
});
