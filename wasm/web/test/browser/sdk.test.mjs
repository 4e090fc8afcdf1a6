// Tests the package in Chromium, without a bundler and under a strict content security policy.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { Holdfast } from "holdfast";
import { bytes, equality, examples, expected as known, fixtures, minor, path } from "../support.mjs";
import { launch, serve, visit } from "./harness.mjs";

const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src data:";
const blank = `<!doctype html><meta charset="utf-8"><meta http-equiv="content-security-policy" content="${policy}"><link rel="icon" href="data:,"><title>SDK</title>`;
const dist = fileURLToPath(new URL("../../dist/", import.meta.url));
const fixtureFolder = fileURLToPath(new URL("../../../../metadata/testdata/fixtures/", import.meta.url));

test("the package in Chromium", async (t) => {
  const browser = await launch(t);
  const origin = await serve(t, { folders: { "/sdk/": dist, "/fixtures/": fixtureFolder }, pages: { "/": blank }, scripts: { "/equality.mjs": readFileSync(new URL("../equality.mjs", import.meta.url)) } });
  const open = (t) => visit(t, browser, `${origin}/`);

  for (const worker of [true, false]) {
    await t.test(`the results equal the results in Node, ${worker ? "in a worker" : "in the page"}`, async (t) => {
      const page = await open(t);
      for (const fixture of worker ? fixtures : ["c17-labels", "c242-labels"]) {
        const at = known(fixture).gc_time;
        const containerd = minor(known(fixture).collected_by);
        const [plan, top, accounting, hash, after] = await page.evaluate(
          async ({ fixture, at, containerd, worker }) => {
            const { Holdfast } = await import("/sdk/index.js");
            const bytes = await (await fetch(`/fixtures/${fixture}/before.db.gz`)).blob();
            globalThis.holdfast ??= await Holdfast.start({ worker });
            const file = await globalThis.holdfast.read({ bytes, at });
            const node = await globalThis.holdfast.open({ bytes, rules: containerd, now: at });
            const answers = [await file.plan(), await file.top({ limit: 20 }), await file.account({ limit: 20 }), await node.hash()];
            await node.collect();
            return [...answers, await node.hash()];
          },
          { fixture, at, containerd, worker },
        );
        const file = await Holdfast.read({ bytes: bytes(fixture), at });
        const node = await Holdfast.open({ bytes: bytes(fixture), rules: containerd, now: at });
        assert.deepEqual(plan, await file.plan(), fixture);
        assert.deepEqual(top, await file.top({ limit: 20 }), fixture);
        assert.deepEqual(accounting, await file.account({ limit: 20 }), fixture);
        assert.equal(hash, await node.hash(), fixture);
        await node.collect();
        assert.equal(after, await node.hash(), fixture);
        await Promise.all([file.close(), node.close()]);
      }
    });
  }

  await t.test("the hash after every step equals the native hash", async (t) => {
    const page = await open(t);
    for (const { name, trace, simulation, ...expected } of equality()) {
      const found = await page.evaluate(
        async (work) => {
          const [{ Holdfast }, { run }] = await Promise.all([import("/sdk/index.js"), import("/equality.mjs")]);
          return run(Holdfast, work);
        },
        { trace, simulation },
      );
      assert.deepEqual(found, expected, name);
    }
  });

  await t.test("the page stays responsive during a call", async (t) => {
    const page = await open(t);
    const { longestMs, workedMs } = await page.evaluate(async () => {
      const { Holdfast } = await import("/sdk/index.js");
      const bytes = await (await fetch("/fixtures/c242-large/before.db.gz")).blob();
      await Holdfast.about();
      let longestMs = 0;
      let last = performance.now();
      const ticks = setInterval(() => {
        longestMs = Math.max(longestMs, performance.now() - last);
        last = performance.now();
      });
      const began = performance.now();
      const node = await Holdfast.open({ bytes });
      await node.top();
      const workedMs = performance.now() - began;
      clearInterval(ticks);
      return { longestMs, workedMs };
    });
    assert(longestMs < workedMs / 2, `${longestMs} ms of ${workedMs} ms`);
  });

  await t.test("a signal ends an instance during a call", async (t) => {
    const page = await open(t);
    const error = await page.evaluate(async () => {
      const { Holdfast, HoldfastError } = await import("/sdk/index.js");
      const stop = new AbortController();
      const bytes = await (await fetch("/fixtures/c242-large/before.db.gz")).arrayBuffer();
      const holdfast = await Holdfast.start({ signal: stop.signal });
      const opening = holdfast.open({ bytes, transfer: true });
      setTimeout(() => stop.abort(), 5);
      try {
        await opening;
      } catch (error) {
        const after = await holdfast.about().catch((again) => again.code);
        return [error instanceof HoldfastError, error.code, after, bytes.byteLength];
      }
    });
    assert.deepEqual(error, [true, "unavailable", "unavailable", 0]);
  });

  await t.test("a Worker that the page creates", async (t) => {
    const page = await open(t);
    const hash = await page.evaluate(async () => {
      const { Holdfast } = await import("/sdk/index.js");
      const node = await Holdfast.create({}, { worker: () => new Worker("/sdk/worker.js", { type: "module" }) });
      return node.hash();
    });
    const node = await Holdfast.create();
    assert.equal(hash, await node.hash());
    await node.close();
  });

  await t.test("a worker that cannot be loaded is an error", async (t) => {
    const page = await visit(t, browser, `${origin}/`, { expected: ["worker.js", "net::"] });
    await page.route("**/worker.js", (route) => route.abort());
    const error = await page.evaluate(async () => {
      const { Holdfast } = await import("/sdk/index.js");
      return Holdfast.create().catch(({ name, code, message }) => `${name} ${code} ${message}`);
    });
    assert.match(error, /^HoldfastError unavailable .*worker/);
  });

  await t.test("the page of README.md", async (t) => {
    const [{ code }] = examples("html page");
    const origin = await serve(t, { folders: { "/node_modules/holdfast/dist/": dist }, pages: { "/": code.replace("<title>", '<link rel="icon" href="data:,"><title>') } });
    const page = await visit(t, browser, `${origin}/`, { now: known("c242-interrupted").gc_time }); // objects expire later
    await page.getByLabel("meta.db").setInputFiles(path("c242-interrupted", "before.db.gz"));
    await page.getByText(`${known("c242-interrupted").removed.length} objects`).waitFor();
  });

  await t.test("the Worker of README.md", async (t) => {
    const [{ code }] = examples("js worker");
    const origin = await serve(t, {
      folders: { "/node_modules/holdfast/dist/": dist, "/fixtures/": fixtureFolder },
      pages: { "/": blank },
      scripts: { "/worker.js": code },
    });
    const page = await visit(t, browser, `${origin}/`);
    const { removed, size } = await page.evaluate(async () => {
      const bytes = await (await fetch("/fixtures/c242-basic/before.db.gz")).arrayBuffer();
      const worker = new Worker("/worker.js", { type: "module" });
      worker.postMessage(bytes);
      const { data } = await new Promise((resolve) => worker.addEventListener("message", resolve, { once: true }));
      return { removed: data.removed, size: data.database.length };
    });
    assert.equal(removed, known("c242-basic").removed.length);
    assert(size > 10_000);
  });
});
