import type { Plan, Top } from "../../../src/index.js";
import type { Area } from "../charts/treemap.js";
import { parseNode, shortName } from "../text/nodes.js";
import { bytes, count, plural } from "../text/format.js";
import { hrefOf } from "./route.js";

export type Measure = "bytes" | "objects";

/** The maximum number of areas per namespace. The remaining roots share one area. */
const areasMax = 120;

/** The parts of a database: garbage, retained by one root, and shared by several roots. */
export interface Parts {
  garbage: number;
  retained: number;
  shared: number;
}

export function partsOf(top: Top, plan: Plan, measure: Measure): Parts {
  const retained = top.roots.reduce((sum, root) => sum + (measure === "bytes" ? root.retainedBytes : root.retainedObjects), 0);
  if (measure === "bytes") {
    return { garbage: top.removedBytes, retained, shared: Math.max(0, top.keptBytes - retained) };
  }
  const kept = Object.values(plan.keptCount).reduce((sum, n) => sum + (n ?? 0), 0);
  return { garbage: plan.removed.length, retained, shared: Math.max(0, kept - retained) };
}

/** The retained sizes of roots as areas, grouped by namespace. */
export function areasOf(top: Top, measure: Measure): Area {
  const figure = measure === "bytes" ? bytes : count;
  const spaces = new Map<string, Area[]>();
  for (const root of top.roots) {
    const weight = measure === "bytes" ? root.retainedBytes : root.retainedObjects;
    const name = parseNode(root.node);
    if (weight === 0 || name === undefined) {
      continue;
    }
    const areas = spaces.get(name.namespace) ?? [];
    spaces.set(name.namespace, areas);
    areas.push({
      name: lastPart(shortName(root.node, 60)),
      look: root.kind,
      weight,
      figure: figure(weight),
      title: `${root.node}: retains ${bytes(root.retainedBytes)}, ${plural(root.retainedObjects, "object")}`,
      href: hrefOf("explore", root.node),
    });
  }
  return {
    name: "all",
    look: "",
    title: "",
    weight: 0,
    children: [...spaces].map(([namespace, areas]) => spaceOf(namespace, areas, figure)),
  };
}

/** The part of a name after the registry and the repository's path. */
function lastPart(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1) || name;
}

function spaceOf(namespace: string, areas: Area[], figure: (n: number) => string): Area {
  const sum = (list: Area[]) => list.reduce((total, area) => total + area.weight, 0);
  const sorted = [...areas].sort((a, b) => b.weight - a.weight);
  const rest = sorted.slice(areasMax);
  const children = sorted.slice(0, areasMax);
  if (rest.length > 0) {
    children.push({
      name: plural(rest.length, "other"),
      look: "others",
      weight: sum(rest),
      figure: figure(sum(rest)),
      title: `${plural(rest.length, "other root")} in ${namespace}: ${figure(sum(rest))}`,
    });
  }
  return { name: namespace, look: "", title: namespace, weight: 0, figure: figure(sum(areas)), children };
}
