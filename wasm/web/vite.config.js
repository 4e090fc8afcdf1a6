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

export default defineConfig({
  root: at("page"),
  base: "./", // from any folder
  plugins: [besideThePage],
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
