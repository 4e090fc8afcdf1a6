// The same traces and seeds give the same hash after every step as natively. The Go test of wasm/host writes equality.json.
import assert from "node:assert/strict";
import test from "node:test";
import { Holdfast } from "holdfast";
import { run } from "./equality.mjs";
import { equality } from "./support.mjs";

for (const { name, trace, simulation, ...expected } of equality()) {
  test(`${name}: the same hash after every step`, async () => {
    assert.deepEqual(await run(Holdfast, { trace, simulation }), expected);
  });
}
