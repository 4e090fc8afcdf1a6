// Writes NOTICES.md: the licenses of the Go modules and npm packages that the package contains.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const bundled = ["@bjorn3/browser_wasi_shim"]; // into dist

function goModules() {
  const format = "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}";
  const env = { ...process.env, GOOS: "wasip1", GOARCH: "wasm" };
  const lines = execFileSync("go", ["list", "-deps", "-f", format, "./wasm/guest"], { cwd: root, env, encoding: "utf8" });
  const goroot = execFileSync("go", ["env", "GOROOT", "GOVERSION"], { encoding: "utf8" }).trim().split("\n");
  const modules = [...new Set(lines.split("\n"))].filter((line) => line !== "").map((line) => line.split(" "));
  return [["Go", goroot[1], goroot[0]], ...modules.sort()];
}

function npmPackages() {
  return bundled.map((name) => {
    const folder = fileURLToPath(new URL(`../node_modules/${name}/`, import.meta.url));
    return [name, JSON.parse(readFileSync(join(folder, "package.json"))).version, folder];
  });
}

/** The texts of the licenses and notices in a folder. */
function texts(name, folder) {
  const files = readdirSync(folder).filter((file) => /^(licen[sc]e|notice|copying)/i.test(file)).sort();
  if (files.length === 0) {
    throw new Error(`${name}: no license in ${folder}`);
  }
  return files.map((file) => readFileSync(join(folder, file), "utf8").trim());
}

const parts = [...goModules(), ...npmPackages()].map(
  ([name, version, folder]) => `## ${name} ${version}\n\n${texts(name, folder).map((text) => `\`\`\`text\n${text}\n\`\`\``).join("\n\n")}\n`,
);
writeFileSync(
  new URL("../NOTICES.md", import.meta.url),
  `# Third-party notices\n\nThe package contains code of the following projects, compiled into holdfast.wasm or bundled into dist.\n\n${parts.join("\n")}`,
);
