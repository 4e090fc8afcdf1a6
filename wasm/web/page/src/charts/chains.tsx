import { useLayoutEffect, useRef } from "preact/hooks";
import type { Step, Why } from "../../../src/index.js";
import { hrefOf } from "../state/route.js";
import { parseNode, shortKey, visible } from "../text/nodes.js";
import { fit } from "../text/fit.js";
import { count } from "../text/format.js";
import { layOutChains, type Cell } from "./chain-layout.js";
import { useWidth } from "./treemap.js";

const box = { width: 206, height: 62, across: 14, down: 30 };

/** The place of the text in a box. */
const inside = { left: 14, width: box.width - 14 - 8 };

/** The chains from roots to an object, as a diagram and as text. It scrolls so that the object shows. */
export function Chains({ why }: { why: Why }) {
  const { layers, edges } = layOutChains(why.chains);
  const widest = Math.max(...layers.map((layer) => layer.length));
  const width = widest * (box.width + box.across) - box.across + 4;
  const height = layers.length * (box.height + box.down) - box.down + 4;
  const left = (cell: Cell) =>
    2 +
    (width - 4 - (layers[cell.layer]!.length * (box.width + box.across) - box.across)) / 2 +
    cell.place * (box.width + box.across);
  const subject = layers.at(-1)?.[0];
  const middle = subject === undefined ? 0 : left(subject) + box.width / 2;
  const scroller = useRef<HTMLDivElement>(null);
  const shown = useWidth(scroller);
  useLayoutEffect(() => {
    scroller.current!.scrollLeft = middle - shown / 2;
  }, [why, shown, middle]);
  const top = (cell: Cell) => 2 + cell.layer * (box.height + box.down);
  return (
    <>
      <div class="scroller chains" ref={scroller} tabIndex={0} role="region" aria-label="Diagram of the chains">
        <svg
          width={width}
          height={height}
          viewBox={`0 0 ${width} ${height}`}
          role="group"
          aria-label={`${count(why.chains.length)} of ${count(why.chainCount)} shortest chains, from the roots at the top to the object at the bottom`}
        >
          {edges.map(({ from, to, missed }, i) => {
            const [x1, y1, x2, y2] = [left(from) + box.width / 2, top(from) + box.height, left(to) + box.width / 2, top(to)];
            const middle = (y1 + y2) / 2;
            return (
              <g key={i} class={missed ? "edge missed" : "edge"}>
                <path d={`M${x1} ${y1}C${x1} ${middle} ${x2} ${middle} ${x2} ${y2 - 6}`} />
                <path class="tip" d={`M${x2 - 4} ${y2 - 8}L${x2} ${y2 - 1}L${x2 + 4} ${y2 - 8}Z`} />
              </g>
            );
          })}
          {layers.flat().map((cell) => (
            <Box
              key={`${cell.layer} ${cell.step.node}`}
              cell={cell}
              x={left(cell)}
              y={top(cell)}
              last={cell.layer === layers.length - 1}
            />
          ))}
        </svg>
      </div>
      {why.chainCount > why.chains.length && (
        <p class="hint">
          Showing {count(why.chains.length)} of {count(why.chainCount)} chains.
        </p>
      )}
      <details>
        <summary>As text</summary>
        {why.chains.map((chain, i) => (
          <ol key={i} class="chain">
            {chain.map((step) => (
              <li key={step.node}>
                {step.node}: {reasonsOf(step)}
                {notes(step)}
              </li>
            ))}
          </ol>
        ))}
      </details>
    </>
  );
}

function Box({ cell, x, y, last }: { cell: Cell; x: number; y: number; last: boolean }) {
  const { step } = cell;
  const name = parseNode(step.node);
  return (
    <a href={hrefOf("explore", step.node)} class={`box ${name?.kind ?? ""}${step.exists ? "" : " gone"}${last ? " last" : ""}`}>
      <rect x={x} y={y} width={box.width} height={box.height} rx="6">
        <title>{`${step.node}\n${reasonsOf(step)}${notes(step)}`}</title>
      </rect>
      <rect class="stripe" x={x} y={y} width="5" height={box.height} rx="2" />
      <text class="kind" x={x + inside.left} y={y + 18}>
        {fit(`${name?.kind} · ${name?.namespace ?? ""}${step.exists ? "" : " · does not exist"}`, inside.width, "11.5px")}
      </text>
      <text class="key" x={x + inside.left} y={y + 35}>
        {fit(shortKey(name?.key ?? visible(step.node), 60), inside.width, "600 12px", true)}
      </text>
      <text class="reason" x={x + inside.left} y={y + 52}>
        {fit(`${reasonsOf(step)}${notes(step)}`, inside.width, "11.5px")}
      </text>
    </a>
  );
}

function reasonsOf(step: Step): string {
  return step.reasons.map((reason) => reason.text).join("; ");
}

function notes(step: Step): string {
  return `${step.flat === true ? " (flat)" : ""}${step.missed === true ? " (missing)" : ""}`;
}
