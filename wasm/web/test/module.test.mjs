// Loads the module from every kind of source, plain and gzip'd, with the headers of different servers.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { Holdfast, HoldfastNode, MetaFile } from "holdfast";

const wasm = readFileSync(new URL(import.meta.resolve("holdfast/holdfast.wasm")));
const packed = gzipSync(wasm, { level: 1 });

const served = {
  "/holdfast.wasm": [wasm, { "content-type": "application/wasm" }],
  "/untyped.wasm": [wasm, { "content-type": "application/octet-stream" }],
  "/encoded.wasm": [packed, { "content-type": "application/wasm", "content-encoding": "gzip" }],
  "/holdfast.wasm.gz": [packed, { "content-type": "application/octet-stream" }],
  "/typed": [packed, { "content-type": "application/gzip" }],
  "/encoded.wasm.gz": [packed, { "content-type": "application/wasm", "content-encoding": "gzip" }],
};

test("sources of the module", async (t) => {
  const server = createServer((request, response) => {
    const [body, headers] = served[request.url];
    response.writeHead(200, headers).end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const folder = mkdtempSync(join(tmpdir(), "holdfast-"));
  t.after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });
  writeFileSync(join(folder, "m.wasm.gz"), packed);
  const base = `http://127.0.0.1:${server.address().port}`;

  const sources = {
    bytes: wasm,
    "an ArrayBuffer": new Uint8Array(wasm).buffer,
    "a Module": await Holdfast.compile(),
    "a file that is packed": pathToFileURL(join(folder, "m.wasm.gz")),
    "a promise of a response": fetch(`${base}/holdfast.wasm`),
    "a response that is packed": await fetch(`${base}/holdfast.wasm.gz`),
    ...Object.fromEntries(Object.keys(served).map((path) => [path, base + path])),
  };
  for (const [name, module] of Object.entries(sources)) {
    await t.test(name, async () => {
      assert.equal((await Holdfast.about({ module, worker: false })).abi, 1);
    });
  }
});

test("one compiled module serves several instances", async () => {
  const module = await Holdfast.compile();
  assert.equal(await Holdfast.compile(), module);
  const instances = await Promise.all([Holdfast.start({ module }), Holdfast.start({ module, worker: false })]);
  const nodes = await Promise.all(instances.map((holdfast) => holdfast.create({ seed: "5" })));
  const [a, b] = await Promise.all(nodes.map((node) => node.hash()));
  assert.equal(a, b);
  instances.forEach((holdfast) => holdfast.close());
});

test("every verb of the module has a method", async () => {
  const classes = {
    ...Object.fromEntries(["about", "open", "read", "check", "salvage", "simulate", "compare"].map((verb) => [verb, Holdfast])),
    ...Object.fromEntries(["close", "plan", "why", "top", "account", "fsck", "inspect", "objects", "diff"].map((verb) => [verb, MetaFile])),
    ...Object.fromEntries(["apply", "collect", "hash", "dump", "save", "fork"].map((verb) => [verb, HoldfastNode])),
    ...{ view: MetaFile, gc: MetaFile },
  };
  const others = ["new", "step", "stop"]; // create, and the methods of jobs
  assert.deepEqual([...Object.keys(classes), ...others].sort(), (await Holdfast.about()).verbs.toSorted());
  for (const [verb, { prototype }] of Object.entries(classes)) {
    assert.equal(typeof prototype[verb], "function", verb);
  }
});
