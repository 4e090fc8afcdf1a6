/** Node, whose workers are threads and whose fetch knows no files. */
export const inNode = typeof process !== "undefined" && typeof process.versions?.node === "string" && typeof Worker === "undefined";

/** Keeps bundlers for browsers from looking for what only Node has. */
export function nodeModule(name: string): string {
  return `node:${name}`;
}
