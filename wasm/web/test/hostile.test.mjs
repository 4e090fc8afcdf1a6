// Sends invalid input. Every failure must be a HoldfastError with the right code.
import assert from "node:assert/strict";
import test from "node:test";
import { Holdfast, HoldfastError, HoldfastNode } from "holdfast";
import { bytes, standin } from "./support.mjs";

const database = bytes("c242-tiny");
const large = bytes("c242-large");

/** Fails unless the promise is rejected with the code, a matching message and, for database files, the reason. */
async function rejects(promise, code, message = /./, reason = undefined) {
  await assert.rejects(promise, (error) => {
    assert(error instanceof HoldfastError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    assert(reason === undefined || error.reason === reason, `${error.message}: reason ${error.reason}`);
    return true;
  });
}

for (const worker of [true, false]) {
  test(`invalid calls, ${worker ? "in a worker" : "in the thread"}`, async (t) => {
    const holdfast = await Holdfast.start({ worker });
    t.after(() => holdfast.close());

    await t.test("invalid databases", async () => {
      for (const nothing of [undefined, null, 7, "meta.db", [1, 2], {}]) {
        await rejects(holdfast.open({ bytes: nothing }), "invalid_argument", /Uint8Array/);
        await rejects(holdfast.read({ bytes: nothing }), "invalid_argument", /Uint8Array/);
      }
      for (const [garbage, reason] of [
        [new Uint8Array()],
        [new Uint8Array(100_000).fill(0xed), "not_bolt"],
        [database.subarray(0, 1000), "truncated"],
        [new Blob(["meta.db"])],
      ]) {
        await rejects(holdfast.open({ bytes: garbage }), "invalid_argument", /./, reason);
        await rejects(holdfast.read({ bytes: garbage }), "invalid_argument", /./, reason);
      }
      await rejects(holdfast.open({ bytes: database, rules: "0.9" }), "invalid_argument", /0\.9/);
      await rejects(holdfast.open({ bytes: database, now: "noon" }), "invalid_argument");
      await rejects(holdfast.open({ bytes: database, now: new Date(NaN) }), "invalid_argument", /time/);
      await rejects(holdfast.read({ bytes: database, containerd: 2 }), "invalid_argument");
      await rejects(holdfast.create({ frob: true }), "invalid_argument", /frob/);
    });

    await t.test("every type of bytes", async (t) => {
      const copy = new Uint8Array(database);
      const hashes = new Set();
      for (const given of [database, copy, copy.buffer, new Blob([database]), new File([database], "meta.db")]) {
        const node = await holdfast.open({ bytes: given });
        hashes.add(await node.hash());
        await node[Symbol.asyncDispose]();
      }
      assert.equal(hashes.size, 1);
      assert.equal(copy.length, database.length, "bytes are copied by default");
      const node = await holdfast.open({ bytes: copy, transfer: true });
      t.after(() => node.close());
      assert(hashes.has(await node.hash()));
      assert.equal(copy.length, worker ? 0 : database.length, "transfer detaches them");
    });

    await t.test("wrong arguments", async (t) => {
      const node = await holdfast.open({ bytes: database });
      t.after(() => node.close());
      const hash = await node.hash();
      await rejects(node.why(), "not_found");
      await rejects(node.why(7), "invalid_argument");
      await rejects(node.why("image/default/none"), "not_found", /none/);
      await rejects(node.why("\u0000\ud800"), "not_found");
      await rejects(node.why("x".repeat(2 << 20)), "invalid_argument", /header/);
      await rejects(node.top({ limit: "all" }), "invalid_argument");
      await rejects(node.plan({ deleted: "image/default/a" }), "invalid_argument");
      await rejects(node.plan({ deleted: ["sandbox/default/a"] }), "not_found");
      await rejects(node.inspect("nowhere/at/all"), "not_found");
      await rejects(node.inspect({}), "invalid_argument");
      await rejects(node.diff(), "invalid_argument");
      await rejects(node.diff({ hash }), "invalid_argument");
      await rejects(node.apply(7), "invalid_argument");
      await rejects(node.apply([{ op: "frob" }]), "invalid_argument", /line 1.*frob/);
      await rejects(node.apply('{"op":"hash"}\n\n{"op":'), "invalid_argument", /line 3/);
      const ring = { op: "images.get" };
      ring.ring = ring;
      await rejects(node.apply([ring]), "invalid_argument", /JSON/);
      assert.deepEqual(await node.apply([]), []);
      assert.deepEqual(await node.apply(""), []);
      assert.equal(await node.hash(), hash);
    });

    await t.test("closed nodes and files", async () => {
      const node = await holdfast.open({ bytes: database });
      const fork = await node.fork();
      const file = await holdfast.read({ bytes: database });
      const view = await file.view();
      await Promise.all([node.close(), node.close(), file.close()]);
      for (const verb of ["plan", "top", "account", "fsck", "inspect", "objects", "collect", "hash", "dump", "save", "fork"]) {
        await rejects((async () => node[verb]())(), "failed_precondition", /closed/);
      }
      await rejects(node.why("a"), "failed_precondition");
      await rejects(node.apply([]), "failed_precondition");
      await rejects(fork.diff(node), "failed_precondition");
      await rejects((async () => file.view())(), "failed_precondition");
      await rejects((async () => file.gc())(), "failed_precondition");
      assert.equal((await fork.plan()).removed.length, 11, "a fork stays open");
      assert((await view.plan()).removed.length > 0, "a view stays open");
      await Promise.all([node.close(), fork.close(), view.close()]);
    });

    await t.test("too many nodes", async () => {
      const nodes = await Promise.all(Array.from({ length: 1024 }, () => holdfast.create()));
      await rejects(holdfast.create(), "resource_exhausted");
      await rejects(nodes[0].fork(), "resource_exhausted");
      await nodes[0].close();
      nodes[0] = await holdfast.create();
      await Promise.all(nodes.map((node) => node.close()));
    });

    await t.test("concurrent calls", async (t) => {
      const node = await holdfast.open({ bytes: database });
      t.after(() => node.close());
      const first = await node.plan();
      const plans = Array.from({ length: 50 }, (_, i) => (i % 2 ? node.plan() : node.why(first.removed[i % 11])));
      const failing = Array.from({ length: 50 }, () => rejects(node.why("nobody"), "not_found"));
      const answers = await Promise.all(plans);
      await Promise.all(failing);
      answers.forEach((answer, i) => (i % 2 ? assert.deepEqual(answer, first) : assert.equal(answer.node, first.removed[i % 11])));
    });

    await t.test("a signal cancels a call", async (t) => {
      const reason = new Error("enough");
      await rejects(holdfast.open({ bytes: database, signal: AbortSignal.abort(reason) }), "canceled");
      const signal = AbortSignal.abort(reason);
      const node = await holdfast.open({ bytes: database });
      t.after(() => node.close());
      const calls = [node.plan({ signal }), node.apply([], { signal }), node.fork({ signal }), node.save({ signal })];
      await Promise.all(calls.map((call) => rejects(call, "canceled")));
      await assert.rejects(node.plan({ signal }), { cause: reason });

      const hash = await node.hash();
      const stop = new AbortController();
      const opens = [large, database, database].map((bytes) => holdfast.open({ bytes, signal: stop.signal }));
      const waits = rejects(node.apply([{ op: "namespaces.create", name: "never" }], { signal: stop.signal }), "canceled");
      setTimeout(() => stop.abort(), 5);
      const closed = (opened) => opened.close(); // the call may complete before the signal
      await Promise.all(opens.map((open) => open.then(closed, (error) => assert.equal(error.code, "canceled"))));
      await waits;
      assert.equal(await node.hash(), hash, "a waiting call is dropped");
      const nodes = await Promise.all(Array.from({ length: 1023 }, () => holdfast.create())); // fails if a cancelled call left a node open
      await Promise.all(nodes.map((one) => one.close()));
    });
  });

  test(`an instance that traps, ${worker ? "in a worker" : "in the thread"}`, async () => {
    const holdfast = await Holdfast.start({ worker, module: standin() });
    assert.equal(holdfast.ended, undefined);
    const waiting = [holdfast.create(), holdfast.about()].map((call) => rejects(call, "unavailable", /the instance has ended.*unreachable/));
    await rejects(holdfast.open({ bytes: database }), "unavailable", /unreachable/);
    await Promise.all(waiting);
    await rejects(holdfast.simulate(), "unavailable", /unreachable/);
    assert.match(holdfast.ended.message, /unreachable/);
    await rejects(Holdfast.create({}, { worker, module: standin() }), "unavailable", /unreachable/);
  });

  test(`invalid modules, ${worker ? "in a worker" : "in the thread"}`, async () => {
    await rejects(Holdfast.start({ worker, module: standin({ version: 2 }) }), "invalid_argument", /ABI has version 2/);
    await rejects(Holdfast.start({ worker, module: new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) }), "invalid_argument");
    await rejects(Holdfast.start({ worker, module: new Uint8Array(8) }), "invalid_argument", /module/);
    await rejects(Holdfast.start({ worker, module: new URL("nowhere.wasm", import.meta.url) }), "not_found", /nowhere/);
    await rejects(Holdfast.start({ worker, module: new Response("", { status: 404 }) }), "not_found", /404/);
    await rejects(Holdfast.start({ worker, module: 7 }), "invalid_argument");
  });

  test(`a closed instance, ${worker ? "in a worker" : "in the thread"}`, async () => {
    const holdfast = await Holdfast.start({ worker });
    const node = await holdfast.create();
    const call = rejects(node.hash(), "unavailable", /closed/);
    holdfast.close();
    holdfast.close();
    await call;
    await rejects(node.hash(), "unavailable", /closed/);
    await node.close();
    await rejects(holdfast.create(), "unavailable");
  });
}

test("a signal ends an instance that hangs", async () => {
  const stop = new AbortController();
  const holdfast = await Holdfast.start({ module: standin({ loops: true }), signal: stop.signal });
  const call = rejects(holdfast.about(), "unavailable", /closed/);
  setTimeout(() => stop.abort(), 20);
  await call;
  assert(holdfast.ended);
  await rejects(Holdfast.start({ signal: stop.signal }), "canceled");

  const own = new AbortController();
  const open = rejects(Holdfast.open({ bytes: database, module: standin({ loops: true }), signal: own.signal }), "canceled");
  setTimeout(() => own.abort(), 100);
  await open; // the thread has ended too, otherwise the process would not exit
});

test("the shared instance starts again after it has ended", async () => {
  const [a, b] = await Promise.all([Holdfast.create(), Holdfast.create()]);
  assert.equal((await a.diff(b)).added.length, 0, "both nodes are in the shared instance");
  const other = await Holdfast.create({}, { worker: false });
  await rejects(a.diff(other), "invalid_argument", /same instance/);
  await Promise.all([a, b, other].map((node) => node.close()));
  await rejects(other.hash(), "failed_precondition");
  assert(a instanceof HoldfastNode);

  (await Holdfast.shared()).close();
  const c = await Holdfast.create();
  assert.equal((await c.hash()).length, 64);
  await c.close();
});

test("a file whose size changes while it is read", async () => {
  const holdfast = await Holdfast.start({ worker: false });
  for (const change of [-1, 1]) {
    class Changed extends Blob {
      get size() {
        return super.size + change;
      }
    }
    await rejects(holdfast.open({ bytes: new Changed([database]) }), "invalid_argument", /cannot read the file: it (grows|shrinks)/, "unreadable");
  }
  const node = await holdfast.open({ bytes: new Blob([database]) });
  await node.close();
  holdfast.close();
});
