import { readFileSync } from "node:fs";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

/** The examples of README.md of that kind, with the line on which each begins, and the output that follows, if any does. */
export function examples(kind) {
  const blocks = readme.matchAll(/^```(.+)\n([^]*?)^```\n(?:\n```output\n([^]*?)^```\n)?/gm);
  const found = [...blocks].map(({ 1: kind, 2: code, 3: output, index }) => ({ kind, code, output, line: readme.slice(0, index).split("\n").length }));
  return found.filter((example) => example.kind === kind);
}
