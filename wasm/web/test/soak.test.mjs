// The memory of an instance while databases are opened and closed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { Holdfast } from "../dist/index.js";
import { bytes } from "./support.mjs";

test("opening and closing 100 databases needs no more memory", async () => {
  const { instantiate } = WebAssembly;
  let memory;
  WebAssembly.instantiate = async (...args) => {
    const instance = await instantiate(...args);
    memory = instance.exports.memory;
    return instance;
  };
  const holdfast = await Holdfast.start({ worker: false });
  WebAssembly.instantiate = instantiate;

  const database = gunzipSync(bytes("c242-labels"));
  let half;
  for (let i = 0; i < 100; i++) {
    const file = await holdfast.read({ bytes: database, at: "2026-11-22T12:00:00Z" });
    await file.plan();
    await file.close();
    half = i === 50 ? memory.buffer.byteLength : half;
  }
  const end = memory.buffer.byteLength;
  const step = 2 ** 22; // the heap of the module can grow by one of these at any collection
  assert(database.length > step / 50, "a leak would go unnoticed");
  assert(end <= half + step && end <= 3 * database.length + 2 ** 25, `${half} bytes after half of the files, ${end} at the end`);
  holdfast.close();
});

test("errors have the documented codes", async () => {
  const file = await Holdfast.read({ bytes: bytes("c242-tiny"), at: "2026-11-22T12:00:00Z" });
  await assert.rejects(file.why("nope"), { name: "HoldfastError", code: "not_found" });
  await assert.rejects(file.inspect("v1/nowhere"), { code: "not_found" });
  await assert.rejects(file.plan({ deleted: "image/default/a" }), { code: "invalid_argument", message: /"deleted" must be a list/ });
  await file.close();
  const notBolt = { bytes: new TextEncoder().encode("text") };
  await assert.rejects(Holdfast.read({ ...notBolt, at: "2026-11-22T12:00:00Z" }), { code: "invalid_argument", reason: "not_bolt" });
});
