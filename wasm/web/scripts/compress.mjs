// Writes the module in brotli and gzip beside itself, for servers that don't compress.
import { readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const file = new URL("../dist/holdfast.wasm", import.meta.url);
const bytes = readFileSync(file);
const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN, BROTLI_PARAM_SIZE_HINT } = constants;
const quality = Number(process.env.BROTLI_QUALITY ?? 9); // 11 takes half a minute and saves 8 %
const params = { [BROTLI_PARAM_QUALITY]: quality, [BROTLI_PARAM_LGWIN]: 24, [BROTLI_PARAM_SIZE_HINT]: bytes.length };
const packed = { gz: gzipSync(bytes, { level: 9 }), br: brotliCompressSync(bytes, { params }) };
for (const [suffix, data] of Object.entries(packed)) {
  writeFileSync(`${file.pathname}.${suffix}`, data);
}
const sizes = Object.entries({ raw: bytes, ...packed }).map(([name, { length }]) => `${name} ${(length / 1e6).toFixed(2)} MB`);
console.log(`holdfast.wasm: ${sizes.join(", ")}`);
