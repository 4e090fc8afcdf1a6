import type { Chain, Step } from "../../../src/index.js";

/** A step with its position: the layer from the top and the place from the left. */
export interface Cell {
  step: Step;
  layer: number;
  place: number;
}

export interface Edge {
  from: Cell;
  to: Cell;
  missed: boolean;
}

/** Lays out chains in layers. Steps that several chains share appear once. */
export function layOutChains(chains: readonly Chain[]): { layers: Cell[][]; edges: Edge[] } {
  const layers: Cell[][] = [];
  const edges = new Map<string, Edge>();
  for (const chain of chains) {
    const offset = Math.max(...chains.map((other) => other.length)) - chain.length; // the object is always in the last layer
    let from: Cell | undefined;
    for (const [i, step] of chain.entries()) {
      const to = cellOf(layers, i + offset, step);
      if (from !== undefined) {
        edges.set(`${to.layer} ${from.place} ${to.place}`, { from, to, missed: step.missed === true });
      }
      from = to;
    }
  }
  return { layers, edges: [...edges.values()] };
}

function cellOf(layers: Cell[][], layer: number, step: Step): Cell {
  while (layers.length <= layer) {
    layers.push([]);
  }
  const row = layers[layer]!;
  const existing = row.find((cell) => cell.step.node === step.node);
  if (existing !== undefined) {
    return existing;
  }
  const cell = { step, layer, place: row.length };
  row.push(cell);
  return cell;
}
