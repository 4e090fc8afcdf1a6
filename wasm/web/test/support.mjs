// Shared by the tests: fixtures, the command, the examples of README.md, and a stand-in for the module.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { nodeArchive } from "holdfast";

export const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = join(root, "metadata/testdata/fixtures");

/** The names of the databases of real daemons. */
export const fixtures = readdirSync(folder);

export const path = (fixture, file) => join(folder, fixture, file);
export const bytes = (fixture, file = "before.db.gz") => readFileSync(path(fixture, file));
export const expected = (fixture) => JSON.parse(readFileSync(path(fixture, "expected.json")));

/** Traces and seeds with their hashes, which every host must reproduce. */
export const equality = () => JSON.parse(readFileSync(new URL("equality.json", import.meta.url)));

/** Returns the minor version: "2.4" for "2.4.2+unknown". */
export const minor = (version) => version.split(".").slice(0, 2).join(".");

/** The path of a file of a situation from public reports. */
export const casePath = (name, file) => join(root, "metadata/testdata/cases", name, file);

export const program = fileURLToPath(new URL("../dist/holdfast", import.meta.url));

/** Packs a database with a content store that has a manifest and its config. */
export function damagedNode(database) {
  const digestOf = (text) => createHash("sha256").update(text).digest("hex");
  const config = '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}';
  const descriptor = { mediaType: "application/vnd.oci.image.config.v1+json", digest: `sha256:${digestOf(config)}`, size: config.length };
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", config: descriptor, layers: [] });
  const blobs = [config, manifest].map((text) => ({ path: `io.containerd.content.v1.content/blobs/sha256/${digestOf(text)}`, bytes: Buffer.from(text) }));
  return nodeArchive([{ path: "io.containerd.metadata.v1.bolt/meta.db", bytes: gunzipSync(database) }, ...blobs]);
}

/** Returns the output of `holdfast ARGS --json`. */
export function commandLine(...args) {
  const done = spawnSync(program, [...args, "--json"], { maxBuffer: 1 << 28 });
  if (done.error !== undefined || done.status > 1) {
    throw new Error(`holdfast ${args.join(" ")}: ${done.error ?? done.stderr}`);
  }
  return JSON.parse(done.stdout);
}

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

/**
 * Returns the examples of README.md of one kind: the code, the line on which it starts, and the expected output, if
 * any.
 */
export function examples(kind) {
  const blocks = readme.matchAll(/^```(.+)\n([^]*?)^```\n(?:\n```output\n([^]*?)^```\n)?/gm);
  const found = [...blocks].map(({ 1: kind, 2: code, 3: output, index }) => ({ kind, code, output, line: readme.slice(0, index).split("\n").length }));
  return found.filter((example) => example.kind === kind);
}

const unreachable = 0x00;
const noop = 0x01;
const i32 = 0x7f;
const i64 = 0x7e;

/**
 * Returns the bytes of a minimal module with the exports of the real one. `abi_version` returns `version`. `call` traps
 * or, with `loops`, never returns.
 */
export function standin({ version = 1, loops = false } = {}) {
  const call = loops ? [0x03, 0x40, 0x0c, 0, 0x0b, unreachable] : [unreachable]; // loop br 0 end
  const functions = [
    ["_initialize", [], [], [noop]],
    ["abi_version", [], [i32], [0x41, version]],
    ["alloc", [i32], [i32], [0x41, 8]],
    ["free", [i32], [], [noop]],
    ["call", [i32, i32], [i64], call],
  ];
  const list = (items) => [items.length, ...items.flat()];
  const sized = (code) => [code.length, ...code];
  const text = (string) => sized([...Buffer.from(string)]);
  const section = (id, items) => [id, ...sized(list(items))];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, functions.map(([, takes, gives]) => [0x60, ...sized(takes), ...sized(gives)])),
    ...section(3, functions.map((_, i) => [i])),
    ...section(5, [[0, 16]]), // a memory of 1 MiB
    ...section(7, [[...text("memory"), 2, 0], ...functions.map(([name], i) => [...text(name), 0, i])]),
    ...section(10, functions.map(([, , , code]) => sized([0, ...code, 0x0b]))),
  ]);
}
