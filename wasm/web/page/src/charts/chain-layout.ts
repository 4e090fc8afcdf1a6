import type { Chain, Step } from "../../../src/index.js";

/** A step with its place in a picture: the layer from the top, and the place in it from the left. */
export interface Placed {
  step: Step;
  layer: number;
  place: number;
}

export interface Edge {
  from: Placed;
  to: Placed;
  missed: boolean;
}

/** Chains of the same length, laid over one another: what they have in common is there once. */
export function layOutChains(chains: readonly Chain[]): { layers: Placed[][]; edges: Edge[] } {
  const layers: Placed[][] = [];
  const edges = new Map<string, Edge>();
  for (const chain of chains) {
    const offset = Math.max(...chains.map((other) => other.length)) - chain.length; // the object itself is always last
    let from: Placed | undefined;
    for (const [i, step] of chain.entries()) {
      const to = placedIn(layers, i + offset, step);
      if (from !== undefined) {
        edges.set(`${to.layer} ${from.place} ${to.place}`, { from, to, missed: step.missed === true });
      }
      from = to;
    }
  }
  return { layers, edges: [...edges.values()] };
}

function placedIn(layers: Placed[][], layer: number, step: Step): Placed {
  while (layers.length <= layer) {
    layers.push([]);
  }
  const row = layers[layer]!;
  const there = row.find((placed) => placed.step.node === step.node);
  if (there !== undefined) {
    return there;
  }
  const placed = { step, layer, place: row.length };
  row.push(placed);
  return placed;
}
