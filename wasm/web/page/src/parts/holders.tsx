import type { Holding, Kind, Top } from "../../../src/index.js";
import { bytes, count, plural } from "../text/format.js";
import { NodeLink } from "./node-link.js";

const rowsMax = 12;

/** The roots with the largest retained size. */
export function Holders({ top }: { top: Top }) {
  const roots = top.roots.slice(0, rowsMax);
  const most = Math.max(1, ...roots.map((root) => root.retainedBytes));
  return (
    <>
      <div class="scroller" tabIndex={0} role="region" aria-label="Largest roots">
        <table class="holders">
          <caption>
            Largest roots{" "}
            <span class="count">
              {count(roots.length)} of {plural(top.rootCount, "root")}
            </span>
          </caption>
          <thead>
            <tr>
              <th scope="col">Root</th>
              <th scope="col" class="number">
                Retained
              </th>
              <th scope="col" class="number">
                Objects
              </th>
              <th scope="col" class="number">
                Shared
              </th>
              <td class="chart" aria-hidden="true" />
            </tr>
          </thead>
          <tbody>
            {roots.map((root) => (
              <Row key={root.node} root={root} most={most} />
            ))}
          </tbody>
        </table>
      </div>
      <p class="hint">{byKind(top)}</p>
    </>
  );
}

function Row({ root, most }: { root: Holding; most: number }) {
  return (
    <tr>
      <th scope="row">
        <NodeLink node={root.node} most={56} />
      </th>
      <td class="number">{bytes(root.retainedBytes)}</td>
      <td class="number">{count(root.retainedObjects)}</td>
      <td class="number">{bytes(root.sharedBytes)}</td>
      <td class="chart" aria-hidden="true">
        <span class="bar stays" style={{ width: `${(100 * root.retainedBytes) / most}%` }} />
      </td>
    </tr>
  );
}

function byKind(top: Top): string {
  const sums = new Map<Kind, number>();
  for (const root of top.roots) {
    sums.set(root.kind, (sums.get(root.kind) ?? 0) + root.retainedBytes);
  }
  const parts = [...sums]
    .filter(([, sum]) => sum > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, sum]) => `${names[kind]} ${bytes(sum)}`);
  return parts.length === 0 ? "" : `Retained size by kind of root: ${parts.join(", ")}.`;
}

const names: Record<Kind, string> = {
  image: "images",
  container: "containers",
  sandbox: "sandboxes",
  lease: "leases",
  content: "blobs",
  ingest: "uploads",
  snapshot: "snapshots",
};
