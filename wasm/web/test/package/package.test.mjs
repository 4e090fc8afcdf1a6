// Installs the packed tarball in fresh folders and uses it as people do. It needs a registry of npm packages for the
// bundlers, and takes minutes: make package.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { bytes, casePath } from "../support.mjs";

const web = fileURLToPath(new URL("../../", import.meta.url));
const { devDependencies } = JSON.parse(readFileSync(join(web, "package.json")));
const work = mkdtempSync(join(tmpdir(), "holdfast-package-"));
const browserless = process.env.BROWSER === "0";
let tarball;

before(() => {
  const [{ filename }] = JSON.parse(run(web, "npm", "pack", "--json", "--silent", "--pack-destination", work));
  tarball = join(work, filename);
});

after(() => rmSync(work, { recursive: true, force: true }));

function run(cwd, command, ...args) {
  try {
    return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 26 });
  } catch (error) {
    throw new Error(`${command} ${args.join(" ")}: ${error.stdout}\n${error.stderr}`);
  }
}

/** Makes a folder with files, a database, the package and further packages. */
function project(name, files, ...packages) {
  const folder = join(work, name);
  for (const [file, text] of Object.entries({ "package.json": '{"private":true}', ...files })) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  writeFileSync(join(folder, "meta.db"), bytes("c242-basic"));
  run(folder, "npm", "install", "--no-audit", "--no-fund", "--loglevel=error", tarball, ...packages);
  return folder;
}

const answer = "49 objects";
const question = `
const file = await Holdfast.read({ bytes: await readFile("meta.db"), at: "2026-11-22T12:00:00Z" });
console.log((await file.plan()).removed.length, "objects");
await file.close();
`;

test("the tarball is complete", () => {
  const folder = project("contents", {});
  const root = join(folder, "node_modules/holdfast");
  for (const file of ["LICENSE", "NOTICES.md", "README.md", "dist/holdfast.wasm", "dist/holdfast.wasm.br", "dist/holdfast.wasm.gz", "dist/worker.js"]) {
    assert(existsSync(join(root, file)), file);
  }
  const notices = readFileSync(join(root, "NOTICES.md"), "utf8");
  for (const name of ["## Go go1", "github.com/tidwall/btree", "github.com/opencontainers/go-digest", "@bjorn3/browser_wasi_shim"]) {
    assert(notices.includes(name), name);
  }
  const described = JSON.parse(readFileSync(join(root, "package.json")));
  for (const field of ["repository", "homepage", "bugs", "keywords", "license", "description", "engines"]) {
    assert(described[field], field);
  }
  assert.equal(described.dependencies, undefined);
  for (const [, link] of readFileSync(join(root, "README.md"), "utf8").matchAll(/\]\(([^)]+)\)/g)) {
    assert(/^(https:|#)/.test(link) || existsSync(join(root, link)), `README.md links to ${link}`);
  }
  assert(!readdirSync(join(root, "dist")).includes("page"));
});

test("Node: ES modules", () => {
  const main = `import { readFile } from "node:fs/promises";\nimport { Holdfast } from "holdfast";\n${question}`;
  const folder = project("esm", { "main.mjs": main });
  assert(run(folder, "node", "main.mjs").includes(answer));
});

test("Node: CommonJS", () => {
  const main = (load) => `const { readFile } = require("node:fs/promises");\n(async () => {\n${load}\n${question}})();\n`;
  const folder = project("cjs", {
    "require.cjs": main(`const { Holdfast } = require("holdfast");`),
    "import.cjs": main(`const { Holdfast } = await import("holdfast");`),
  });
  for (const file of ["require.cjs", "import.cjs"]) {
    assert(run(folder, "node", file).includes(answer), file);
  }
});

test("Node: the rest of a damaged database", () => {
  const main = `
import { readFile, writeFile } from "node:fs/promises";
import { Holdfast } from "holdfast";
const { salvaged, bytes } = await Holdfast.salvage({ bytes: await readFile("damaged.db") });
console.log(salvaged.lost.length, "lost");
const file = await Holdfast.read({ bytes, at: "2026-11-22T12:00:00Z" });
console.log((await file.objects()).length === salvaged.objects);
await file.close();
`;
  const folder = project("salvage", { "main.mjs": main });
  copyFileSync(casePath("salvage-one-leaf", "meta.db.gz"), join(folder, "damaged.db"));
  assert.match(run(folder, "node", "main.mjs"), /^[1-9]\d* lost\ntrue\n$/);
});

const typed = `
import { readFile } from "node:fs/promises";
import { Holdfast, HoldfastError, type Plan, type Salvaged } from "holdfast";

export async function main(signal: AbortSignal): Promise<void> {
  await using file = await Holdfast.read({ bytes: await readFile("meta.db"), at: new Date("2026-11-22T12:00:00Z"), signal });
  const plan: Plan = await file.plan({ signal });
  const { salvaged, bytes }: { salvaged: Salvaged; bytes: Uint8Array } = await Holdfast.salvage({ bytes: await readFile("meta.db"), signal });
  console.log(salvaged.lost.length, bytes.length);
  console.log(plan.removed.length, "objects");
  try {
    await file.why("nope");
  } catch (error) {
    console.log(error instanceof HoldfastError && error.code);
  }
  // @ts-expect-error: a name is a string
  await file.why(7).catch(() => undefined);
}

void main(new AbortController().signal);
`;

for (const [module, moduleResolution] of [["esnext", "bundler"], ["node16", "node16"], ["nodenext", "nodenext"]]) {
  test(`TypeScript, strict: ${moduleResolution}`, () => {
    const compilerOptions = {
      ...{ module, moduleResolution, target: "es2022", lib: ["es2023", "esnext.disposable", "dom"], types: ["node"] },
      ...{ strict: true, noUncheckedIndexedAccess: true, skipLibCheck: false, outDir: "out" },
    };
    const files = { "main.ts": typed, "tsconfig.json": JSON.stringify({ compilerOptions }), "package.json": '{"private":true,"type":"module"}' };
    const versions = ["typescript", "@types/node"].map((name) => `${name}@${devDependencies[name]}`);
    const folder = project(`types-${moduleResolution}`, files, ...versions);
    run(folder, "npx", "tsc");
    const output = run(folder, "node", "out/main.js");
    assert(output.includes(answer) && output.includes("not_found"), output);
  });
}

const page = (script) => `<!doctype html><meta charset="utf-8"><title>x</title><output></output><script type="module" src="${script}"></script>`;
const inBrowser = (specifier) => `
import { Holdfast } from "${specifier}";
const show = (text) => { document.querySelector("output").textContent = text; };
try {
  const bytes = await (await fetch("./meta.db")).arrayBuffer();
  const file = await Holdfast.read({ bytes, at: "2026-11-22T12:00:00Z" });
  show((await file.plan()).removed.length + " objects");
} catch (error) {
  show("failed: " + error.message);
}
`;

const types = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };

/** Serves a folder, opens its page in Chromium, and returns what the page shows. */
async function shown(folder) {
  const server = createServer((request, response) => {
    const path = join(folder, new URL(request.url, "http://x").pathname.replace(/\/$/, "/index.html"));
    if (!existsSync(path)) {
      return response.writeHead(404).end();
    }
    response.writeHead(200, { "content-type": types[extname(path)] ?? "application/octet-stream" }).end(readFileSync(path));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  try {
    const tab = await browser.newPage();
    await tab.goto(`http://127.0.0.1:${server.address().port}/`);
    await tab.waitForFunction(() => document.querySelector("output").textContent !== "", undefined, { timeout: 120_000 });
    return await tab.textContent("output");
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
}

const skip = browserless ? "BROWSER=0" : false;

test("a page without a bundler", { skip }, async () => {
  const folder = project("plain", { "index.html": page("./main.js"), "main.js": inBrowser("./node_modules/holdfast/dist/index.js") });
  assert.equal(await shown(folder), answer);
});

test("Vite with an empty configuration", { skip }, async () => {
  const folder = project("vite", { "index.html": page("/main.js"), "main.js": inBrowser("holdfast") }, `vite@${devDependencies.vite}`);
  run(folder, "npx", "vite", "build");
  copyFileSync(join(folder, "meta.db"), join(folder, "dist/meta.db"));
  assert.equal(await shown(join(folder, "dist")), answer);
});

test("webpack with an empty configuration", { skip }, async () => {
  const files = { "src/index.js": inBrowser("holdfast"), "package.json": '{"private":true,"sideEffects":true}' };
  const folder = project("webpack", files, "webpack@5", "webpack-cli@6");
  run(folder, "npx", "webpack", "--mode", "production");
  writeFileSync(join(folder, "dist/index.html"), page("./main.js"));
  copyFileSync(join(folder, "meta.db"), join(folder, "dist/meta.db"));
  assert.equal(await shown(join(folder, "dist")), answer);
});

// esbuild copies no files that new URL names: README.md says what to copy.
test("esbuild", { skip }, async () => {
  const folder = project("esbuild", { "main.js": inBrowser("holdfast"), "out/index.html": page("./main.js") }, "esbuild");
  run(folder, "npx", "esbuild", "main.js", "--bundle", "--format=esm", "--outdir=out");
  for (const file of ["holdfast.wasm", "worker.js", "platform.js"]) {
    copyFileSync(join(folder, "node_modules/holdfast/dist", file), join(folder, "out", file));
  }
  copyFileSync(join(folder, "meta.db"), join(folder, "out/meta.db"));
  assert.equal(await shown(join(folder, "out")), answer);
});
