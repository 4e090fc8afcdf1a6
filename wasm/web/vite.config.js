import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The files that the page fetches at run time, by name. */
const runtimeFiles = {
  "holdfast.wasm.gz": () => readFileSync(at("dist/holdfast.wasm.gz")),
  "holdfast.wasm.br": () => readFileSync(at("dist/holdfast.wasm.br")),
  "sample-meta.db.gz": () => readFileSync(at("../../metadata/testdata/fixtures/c242-basic/before.db.gz")),
};

/** Adds the run-time files to the build, and serves them during development. */
const addRuntimeFiles = {
  name: "runtime-files",
  generateBundle() {
    for (const [fileName, source] of Object.entries(runtimeFiles)) {
      this.emitFile({ type: "asset", fileName, source: source() });
    }
  },
  configureServer({ middlewares }) {
    middlewares.use((request, response, next) => {
      const source = runtimeFiles[new URL(request.url, "http://page").pathname.slice(1)];
      return source === undefined ? next() : response.end(source());
    });
  },
};

/** Adds the service worker with the list of all files, which it caches for offline use. */
const addServiceWorker = {
  name: "service-worker",
  generateBundle: {
    order: "post",
    handler(_, bundle) {
      const hash = createHash("sha256");
      const files = ["./", "icon.svg", "sample-trace.jsonl"];
      for (const [name, file] of Object.entries(bundle)) {
        hash.update(name).update(file.type === "chunk" ? file.code : file.source);
        files.push(name);
      }
      const source = readFileSync(at("page/service-worker.js"), "utf8")
        .replace("__VERSION__", hash.digest("hex").slice(0, 16))
        .replace("__FILES__", JSON.stringify(files.filter((name) => name !== "index.html" && name !== "licenses.md")));
      this.emitFile({ type: "asset", fileName: "service-worker.js", source });
    },
  },
};

export default defineConfig({
  root: at("page"),
  base: "./", // the page works at any path
  plugins: [addRuntimeFiles, addServiceWorker],
  worker: { format: "es" },
  build: {
    outDir: at("dist/page"),
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // the content security policy forbids inline data
    modulePreload: { polyfill: false },
    license: { fileName: "licenses.md" },
  },
});
