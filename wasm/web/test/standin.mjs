// A module with the exports of the real one that does as little as can be, to see what becomes of one that goes wrong.

const unreachable = 0x00;
const noop = 0x01;
const i32 = 0x7f;
const i64 = 0x7e;

/** The bytes of a module whose `call` traps, after `abi_version` has said so; with `loops`, it never returns instead. */
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
