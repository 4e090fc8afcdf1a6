import type { Node } from "yaml";

/** The largest profile that the module accepts, in bytes. */
const sizeMax = 1 << 20;

/** The deepest nesting that the module accepts. */
const depthMax = 100;

/** An error in the text of a profile. */
export class ProfileError extends Error {
  /** The number of the line, from 1. */
  readonly line: number;

  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`);
    this.name = "ProfileError";
    this.line = line;
  }
}

/**
 * Converts a load profile from YAML to the JSON that the module accepts. Scalars become strings without interpretation:
 * `50GB`, `0.50` and `7d` keep their text. Each value keeps its line, so that the module reports errors with the lines
 * of the YAML. The YAML parser is loaded on first use.
 *
 * @throws ProfileError for invalid YAML, and for anchors, aliases, tags and several documents, which profiles must not
 * use.
 */
export async function profileJSON(text: string): Promise<string> {
  if (new Blob([text]).size > sizeMax) {
    throw new ProfileError(1, `the file exceeds ${sizeMax} bytes`);
  }
  const { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseAllDocuments } = await import("yaml");
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { schema: "failsafe", lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const lineAt = (offset: number) => lines.linePos(offset).line;
  for (const document of documents) {
    const problem = document.errors[0] ?? document.warnings[0];
    if (problem !== undefined) {
      throw new ProfileError(lineAt(problem.pos[0]), problem.message);
    }
  }
  const [document, second] = documents;
  if (second !== undefined) {
    throw new ProfileError(lineAt(second.range[0]), "the file has more than one document");
  }
  if (document === undefined || !isMap(document.contents)) {
    throw new ProfileError(1, "the file is not a mapping");
  }

  let json = "";
  let line = 1;
  const write = (node: Node, depth: number) => {
    const own = lineAt(node.range?.[0] ?? 0);
    json += "\n".repeat(Math.max(0, own - line));
    line = Math.max(line, own);
    if (isAlias(node)) {
      throw new ProfileError(own, "aliases are not supported");
    }
    if (node.tag !== undefined || ("anchor" in node && node.anchor !== undefined)) {
      throw new ProfileError(own, "tags and anchors are not supported");
    }
    if (depth > depthMax) {
      throw new ProfileError(own, "the nesting is too deep");
    }
    if (isScalar(node)) {
      json += JSON.stringify(String(node.value ?? ""));
      return;
    }
    const items = isMap(node) || isSeq(node) ? (node.items as unknown[]) : [];
    json += isMap(node) ? "{" : "[";
    items.forEach((item, i) => {
      json += i === 0 ? "" : ",";
      if (isPair(item)) {
        if (!isScalar(item.key)) {
          throw new ProfileError(lineAt((item.key as Node).range?.[0] ?? 0), "a key is not a scalar");
        }
        write(item.key, depth + 1);
        json += ":";
        if (item.value === null) {
          json += '""';
        } else {
          write(item.value as Node, depth + 1);
        }
      } else {
        write(item as Node, depth + 1);
      }
    });
    json += isMap(node) ? "}" : "]";
  };
  write(document.contents, 0);
  return json;
}
