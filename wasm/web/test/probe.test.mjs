// Large files of other programs are refused from a few pages, with the message of the command.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { Holdfast } from "holdfast";
import { bytes, casePath, program } from "./support.mjs";

/** A Blob that counts the bytes that are read from it, in pages and in streams. */
class Counted extends Blob {
  read = 0;
  streamed = 0;

  slice(from, to) {
    this.read += to - from;
    return super.slice(from, to);
  }

  arrayBuffer() {
    this.read += this.size;
    return super.arrayBuffer();
  }

  stream() {
    const transform = (part, controller) => {
      this.streamed += part.length;
      controller.enqueue(part);
    };
    return super.stream().pipeThrough(new TransformStream({ transform }));
  }
}

const size = 4 << 20;
const pageSize = 4096;

/** Makes a database large, with its root on the last page: the first pages don't have it. */
function far(database) {
  const large = Buffer.alloc(size);
  database.copy(large);
  const last = size / pageSize - 1;
  const root = Number(database.readBigUInt64LE(16 + 16));
  database.copy(large, last * pageSize, root * pageSize, (root + 1) * pageSize);
  large.writeBigUInt64LE(BigInt(last), last * pageSize);
  for (const meta of [16, pageSize + 16]) {
    large.writeBigUInt64LE(BigInt(last), meta + 16);
    large.writeBigUInt64LE(BigInt(last + 1), meta + 40);
    let sum = 0xcbf29ce484222325n;
    for (const byte of large.subarray(meta, meta + 56)) {
      sum = BigInt.asUintN(64, (sum ^ BigInt(byte)) * 0x100000001b3n);
    }
    large.writeBigUInt64LE(sum, meta + 56);
  }
  return large;
}

const foreign = gunzipSync(readFileSync(casePath("wrong-file", "metadata.db.gz")));
const text = Buffer.alloc(size, "This is no database. ");

for (const [name, file, reason] of [
  ["a text", text, "not_bolt"],
  ["a packed text", gzipSync(text, { level: 0 }), "not_bolt"],
  ["a snapshotter's database", far(foreign), "foreign"],
]) {
  test(`${name} is refused from its first pages`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "holdfast-"));
    const command = (() => {
      try {
        writeFileSync(join(folder, "wrong.db"), file);
        return spawnSync(program, ["plan", join(folder, "wrong.db")], { encoding: "utf8" }).stderr;
      } finally {
        rmSync(folder, { recursive: true });
      }
    })();
    const blob = new Counted([file]);
    const here = await Holdfast.start({ worker: false });
    await assert.rejects(here.read({ bytes: blob }), (error) => {
      assert.equal(error.reason, reason);
      assert(command.includes(error.message.replace(/^database: /, "")), `${error.message}\nis not in\n${command}`);
      return true;
    });
    assert(blob.read < 200_000, `${blob.read} bytes were read`);
    assert(blob.streamed === 0 || name === "a packed text", "the whole file was read"); // Node unpacks ahead
  });
}

test("a large database of containerd is opened, also with namespaces that are named like a snapshotter's buckets", async () => {
  const node = await Holdfast.open({ bytes: bytes("c242-labels") });
  await node.apply(["snapshots", "parents"].map((name) => ({ op: "namespaces.create", name })));
  const database = far(Buffer.from(await node.save()));
  await node.close();
  const blob = new Counted([database]);
  const here = await Holdfast.start({ worker: false });
  const file = await here.read({ bytes: blob, at: "2026-11-29T12:00:00Z" });
  assert.deepEqual((await file.inspect("v1")).items.filter(({ path }) => path.length === 2 && /^(snap|par)/.test(path[1])).length, 2);
  assert.equal(blob.streamed, size, "the whole file was read");
  here.close();
});
