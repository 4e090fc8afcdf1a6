import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { defineConfig } from "vite";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/** What the page fetches when it runs, by name: from where it is served, as it is. */
const fetched = {
  "holdfast.wasm.gz": () => gzipSync(readFileSync(at("dist/holdfast.wasm")), { level: 9 }),
  "sample-meta.db.gz": () => readFileSync(at("../../metadata/testdata/fixtures/c242-basic/before.db.gz")),
};

/** Puts what is fetched beside the page, and serves it while the page is worked on. */
const besideThePage = {
  name: "beside-the-page",
  generateBundle() {
    for (const [fileName, source] of Object.entries(fetched)) {
      this.emitFile({ type: "asset", fileName, source: source() });
    }
  },
  configureServer({ middlewares }) {
    middlewares.use((request, response, next) => {
      const source = fetched[new URL(request.url, "http://page").pathname.slice(1)];
      return source === undefined ? next() : response.end(source());
    });
  },
};

/** Makes the service worker, which has the page work without a network: it must know every file. */
const withoutNetwork = {
  name: "without-network",
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
  base: "./", // from any folder
  plugins: [besideThePage, withoutNetwork],
  worker: { format: "es" },
  build: {
    outDir: at("dist/page"),
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // the page's policy forbids what is inline
    modulePreload: { polyfill: false },
    license: { fileName: "licenses.md" },
  },
});
