import { useMemo, useState } from "preact/hooks";
import type { Accounting, Holder, SharedPart } from "../../../src/index.js";
import { partsOf } from "../state/areas.js";
import { count, plural, size, sizeOf } from "../text/format.js";
import { holderKinds, namesOf, notesOf } from "../text/holders.js";
import { Search, Select } from "./controls.js";
import { NodeLink } from "./node-link.js";

/** The number of rows that a table shows first, and that each press of "Show more" adds. */
const rowsFirst = 12;
const rowsMore = 50;

const orders = [
  ["retained", "Largest alone"],
  ["shared", "Largest shared"],
  ["name", "By name"],
] as const;

type Order = (typeof orders)[number][0];

/** All holders with their sizes, filtered and ordered. */
export function Holders({ accounting }: { accounting: Accounting }) {
  const { holders } = accounting;
  const [text, setText] = useState("");
  const [kind, setKind] = useState("");
  const [client, setClient] = useState("");
  const [order, setOrder] = useState<Order>("retained");
  const [most, setMost] = useState(rowsFirst);
  const list = useMemo(() => choose(holders, text, kind, client, order), [holders, text, kind, client, order]);
  const unsized = useMemo(() => unsizedShared(accounting), [accounting]);
  const clients = useMemo(() => [...new Set(holders.map((holder) => holder.client))].sort(), [holders]);
  const rows = list.slice(0, most);
  const largest = Math.max(1, ...rows.map(({ retainedBytes }) => retainedBytes));
  return (
    <>
      <div class="filters">
        <Search hint="Search holders and their names" text={text} onChange={setText} />
        <Select
          label="Kind of holder"
          value={kind}
          onChange={setKind}
          options={[["", "All kinds"], ...holderKinds.filter(([name]) => holders.some((holder) => holder.kind === name))]}
        />
        <Select label="Client" value={client} onChange={setClient} options={[["", "All clients"], ...clients.map((name) => [name, name] as const)]} />
        <Select label="Order of holders" value={order} onChange={setOrder} options={orders} />
      </div>
      <div class="scroller" tabIndex={0} role="region" aria-label="Holders">
        <table class="holders">
          <caption>
            Holders{" "}
            <span class="count">
              {count(rows.length)} of {plural(list.length, "holder")}
            </span>
          </caption>
          <thead>
            <tr>
              <th scope="col">Holder</th>
              <th scope="col">Client</th>
              <th scope="col" class="number">
                Alone
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
            {rows.map((holder) => (
              <Row key={holder.holder} holder={holder} unsizedShared={unsized.get(holder.holder) ?? 0} largest={largest} />
            ))}
          </tbody>
        </table>
      </div>
      <More shown={rows.length} all={list.length} onMore={() => setMost(most + rowsMore)} />
    </>
  );
}

function choose(holders: readonly Holder[], text: string, kind: string, client: string, order: Order): Holder[] {
  const words = text.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const list = holders.filter(
    (holder) =>
      (kind === "" || holder.kind === kind) &&
      (client === "" || holder.client === client) &&
      (words.length === 0 || words.every((word) => holder.nodes.some((node) => node.toLowerCase().includes(word)))),
  );
  switch (order) {
    case "retained":
      return list; // the order of the accounting
    case "shared":
      return list.sort((a, b) => b.sharedBytes - a.sharedBytes);
    case "name":
      return list.sort((a, b) => (a.holder < b.holder ? -1 : 1));
  }
}

/** The numbers of snapshots of unknown size that holders share with others, by holder. */
function unsizedShared({ shared }: Accounting): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const { holders, unsizedSnapshots } of shared) {
    if (unsizedSnapshots > 0) {
      holders.forEach((holder) => numbers.set(holder, (numbers.get(holder) ?? 0) + unsizedSnapshots));
    }
  }
  return numbers;
}

interface RowProps {
  holder: Holder;
  unsizedShared: number;
  /** The bytes of the longest bar. */
  largest: number;
}

function Row({ holder, unsizedShared, largest }: RowProps) {
  const notes = notesOf(holder);
  return (
    <tr>
      <th scope="row" title={holder.nodes.join("\n")}>
        <NodeLink node={holder.holder} most={56} />
        {notes !== "" && <span class="small"> {notes}</span>}
      </th>
      <td>{holder.client}</td>
      <td class="number">{size(holder.retainedBytes, holder.unsizedSnapshots)}</td>
      <td class="number">{count(holder.retainedObjects)}</td>
      <td class="number">{size(holder.sharedBytes, unsizedShared)}</td>
      <td class="chart" aria-hidden="true">
        <span class="bar stays" style={{ width: `${(100 * Math.max(0, holder.retainedBytes)) / largest}%` }} />
      </td>
    </tr>
  );
}

/** The sets of holders that share bytes. */
export function SharedSets({ accounting }: { accounting: Accounting }) {
  const [most, setMost] = useState(rowsFirst);
  const rows = accounting.shared.slice(0, most);
  if (rows.length === 0) {
    return <p class="empty">No holders share objects.</p>;
  }
  return (
    <>
      <div class="scroller" tabIndex={0} role="region" aria-label="Shared parts">
        <table class="sets">
          <caption>
            Shared by several holders{" "}
            <span class="count">
              {count(rows.length)} of {plural(accounting.sharedCount, "set")}, {sizeOf(partsOf(accounting).shared)} in all
            </span>
          </caption>
          <thead>
            <tr>
              <th scope="col">Kept by</th>
              <th scope="col" class="number">
                Holders
              </th>
              <th scope="col" class="number">
                Objects
              </th>
              <th scope="col" class="number">
                Size
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((set, i) => (
              <SharedRow key={i} set={set} />
            ))}
          </tbody>
        </table>
      </div>
      <More shown={rows.length} all={accounting.shared.length} onMore={() => setMost(most + rowsMore)} />
    </>
  );
}

function SharedRow({ set }: { set: SharedPart }) {
  return (
    <tr>
      <th scope="row" title={set.holders.join("\n")}>
        {namesOf(set, 3)}
      </th>
      <td class="number">{set.holderCount === 0 ? "many" : count(set.holderCount)}</td>
      <td class="number">{count(set.objects)}</td>
      <td class="number">{sizeOf(set)}</td>
    </tr>
  );
}

function More({ shown, all, onMore }: { shown: number; all: number; onMore: () => void }) {
  return shown < all ? (
    <button type="button" class="quiet" onClick={onMore}>
      Show {count(Math.min(rowsMore, all - shown))} more
    </button>
  ) : null;
}
