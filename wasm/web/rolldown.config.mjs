// Bundles the dependencies into the package: workers in browsers have no import maps.
export default {
  logLevel: "warn",
  input: { index: "src/index.ts", worker: "src/worker.ts" },
  output: { dir: "dist", format: "es", entryFileNames: "[name].js", chunkFileNames: "[name].js" },
};
