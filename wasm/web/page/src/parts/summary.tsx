import type { Accounting, Expiry, Part, Withheld } from "../../../src/index.js";
import { unheldTitle } from "../state/areas.js";
import { hrefOf } from "../state/route.js";
import { count, plural, sizeOf, time } from "../text/format.js";
import { titleOfKind } from "../text/holders.js";
import { visible } from "../text/nodes.js";
import { NodeLink } from "./node-link.js";

/** The sums of each kind of holder, of garbage, and of files without a record. */
export function Summary({ accounting }: { accounting: Accounting }) {
  const { kinds, garbage, unheld, unknown } = accounting;
  return (
    <div class="scroller" tabIndex={0} role="region" aria-label="Summary">
      <table class="summary">
        <caption>Summary</caption>
        <thead>
          <tr>
            <th scope="col">Kind</th>
            <th scope="col" class="number">
              Count
            </th>
            <th scope="col" class="number">
              Size
            </th>
            <th scope="col" class="number">
              Reclaimable
            </th>
          </tr>
        </thead>
        <tbody>
          {kinds.map((sum) => (
            <Row key={titleOfKind(sum)} title={titleOfKind(sum)} number={sum.count} size={sum.kept} reclaimable={sum.reclaimable} />
          ))}
          <Row title="garbage" number={garbage.objects} size={garbage} reclaimable={garbage} />
          {unheld !== undefined && <Row title={unheldTitle} number={unheld.objects} size={unheld} reclaimable={unknownPart} />}
          {unknown !== undefined && <Row title="on disk only" number={unknown.objects} size={unknown} />}
        </tbody>
      </table>
    </div>
  );
}

const unknownPart: Part = { bytes: -1, objects: -1, unsizedSnapshots: 0 };

function Row({ title, number, size, reclaimable }: { title: string; number: number; size: Part; reclaimable?: Part }) {
  return (
    <tr>
      <th scope="row">{title}</th>
      <td class="number">{count(number)}</td>
      <td class="number">{sizeOf(size)}</td>
      <td class="number">{reclaimable === undefined ? "" : sizeOf(reclaimable)}</td>
    </tr>
  );
}

/** The next expiry, and the part that a collection could then remove. */
export function NextExpiry({ next }: { next: Expiry | undefined }) {
  if (next === undefined) {
    return <p class="hint">Nothing expires later.</p>;
  }
  return (
    <p class="expiry">
      From <time dateTime={next.at}>{time(next.at)}</time> on, when <Ending nodes={next.nodes} /> ends, a collection would remove{" "}
      {plural(next.freed.objects, "more object")}, <strong>{sizeOf(next.freed)}</strong>.{" "}
      <span class="hint">containerd starts no collection at that time by itself: its scheduler waits for a deletion.</span>
    </p>
  );
}

/** The first of the objects that expire. */
export function Ending({ nodes }: { nodes: readonly string[] }) {
  const [first] = nodes;
  return (
    <>
      {first !== undefined && <NodeLink node={first} most={40} />}
      {nodes.length > 1 && <> (and {count(nodes.length - 1)} more)</>}
    </>
  );
}

/** The namespaces of a damaged file in which nothing is called garbage. */
export function WithheldNote({ withheld = [] }: { withheld: readonly Withheld[] | undefined }) {
  if (withheld.length === 0) {
    return null;
  }
  return (
    <section class="note warning" aria-label="Withheld">
      <p>
        <strong>Records of these namespaces are lost, and one of them may keep any object of its namespace.</strong> So nothing in them
        is called garbage, and figures that a lost record could change are unknown:
      </p>
      <ul>
        {withheld.map(({ namespace, objects, lost }) => (
          <li key={namespace}>
            {visible(namespace)}: {plural(objects, "object")} withheld. Lost: {visible(lost)}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Explains sizes that lack snapshots of unknown size. */
export function UnsizedNote({ snapshots, archive }: { snapshots: number; archive: boolean }) {
  if (snapshots === 0) {
    return null;
  }
  return (
    <p class="hint">
      <strong>+?</strong> marks sizes that lack snapshots of unknown size: {plural(snapshots, "snapshot")} in all, which no area and no
      sum in bytes includes.{" "}
      {archive
        ? "The snapshotters record no size for active snapshots. On the node, holdfast top --measure walks their directories."
        : "Their sizes are in the snapshotters’ databases: open the node’s directory, or an archive."}{" "}
      {!archive && <a href={hrefOf("start")}>How?</a>}
    </p>
  );
}
