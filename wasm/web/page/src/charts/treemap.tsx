import { hierarchy, treemap, treemapSquarify, type HierarchyRectangularNode } from "d3-hierarchy";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { ownFrame } from "../state/task.js";

/** An area of a treemap, or a group of areas. */
export interface Area {
  name: string;
  /** The CSS class of its colour. */
  look: string;
  weight: number;
  /** The tooltip. */
  title: string;
  /** The formatted weight, shown if there is room. */
  figure?: string;
  href?: string;
  /** The keys that the user ticks with the area; absent if it cannot be ticked. */
  ticks?: readonly string[] | undefined;
  children?: Area[];
}

interface Props {
  root: Area;
  label: string;
  /** The keys that are ticked. An area is ticked if all of its keys are. */
  ticked: ReadonlySet<string>;
  onTick: (keys: readonly string[]) => void;
}

/**
 * A treemap. A click or Space ticks an area, and Enter follows its link; an area that cannot be ticked is a link. The
 * arrow keys move between areas, and Tab leaves the treemap. The text below describes the last area that the user moved
 * to.
 */
export function Treemap({ root, label, ticked, onTick }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const height = width < 560 ? 420 : 440;
  const [moved, setMoved] = useState({ root, to: 0 });
  const { groups, leaves } = useMemo(() => layOut(root, width, height), [root, width, height]);
  const drawn = useGrowing(leaves.length);
  const current = moved.root === root ? Math.min(moved.to, leaves.length - 1) : 0;
  const setCurrent = (to: number) => setMoved({ root, to });
  const described = leaves[current]?.data;
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -leaves.length, End: leaves.length }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const to = Math.max(0, Math.min(current + step, leaves.length - 1));
      setCurrent(to);
      box.current?.querySelectorAll<HTMLElement>(".area")[to]?.focus();
    }
  };
  return (
    <>
      <div class="treemap" ref={box} role="group" aria-label={label} aria-busy={drawn < leaves.length} onKeyDown={onKeyDown} style={{ height: `${height}px` }}>
        {groups.map((group) => (
          <div key={group.data.name} class="group" aria-hidden="true" style={frame(group)} title={`${group.data.name}: ${group.data.figure ?? ""}`}>
            <span>
              {group.data.name}
              {group.data.figure !== undefined && group.x1 - group.x0 > 140 ? ` · ${group.data.figure}` : ""}
            </span>
          </div>
        ))}
        {leaves.slice(0, drawn).map((leaf, i) => (
          <Leaf key={i} leaf={leaf} current={i === current} ticked={ticked} onTick={onTick} onFocus={() => setCurrent(i)} />
        ))}
      </div>
      {described !== undefined && (
        <p class="hint described">
          {described.title}. {described.href !== undefined && <a href={described.href}>Show it</a>}
        </p>
      )}
    </>
  );
}

interface LeafProps extends Pick<Props, "ticked" | "onTick"> {
  leaf: Cell;
  /** Tab moves to this area. */
  current: boolean;
  onFocus: () => void;
}

/** An area: a check box, a link or a picture. */
function Leaf({ leaf, current, ticked, onTick, onFocus }: LeafProps) {
  const { name, look, title, figure, href, ticks } = leaf.data;
  const checked = ticks?.every((key) => ticked.has(key)) ? true : ticks?.some((key) => ticked.has(key)) ? "mixed" : false;
  const props = { class: `area ${look}`, style: frame(leaf), title, tabIndex: current ? 0 : -1, onFocus };
  const inside = roomy(leaf) && (
    <>
      <span class="name">{name}</span>
      {leaf.y1 - leaf.y0 > 34 && figure !== undefined && (
        <>
          {" "}
          <span class="figure">{figure}</span>
        </>
      )}
    </>
  );
  if (ticks !== undefined) {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === " ") {
        event.preventDefault(); // it would scroll
        onTick(ticks);
      } else if (event.key === "Enter" && href !== undefined) {
        location.hash = href;
      }
    };
    return (
      <div {...props} role="checkbox" aria-checked={checked} aria-label={title} onClick={() => onTick(ticks)} onKeyDown={onKeyDown}>
        {inside}
      </div>
    );
  }
  return href === undefined ? (
    <div {...props} role="img" aria-label={title}>
      {inside}
    </div>
  ) : (
    <a {...props} href={href}>
      {inside}
    </a>
  );
}

type Cell = HierarchyRectangularNode<Area>;

/** The height of the title of a group in pixels. */
const titleHeight = 22;

function layOut(root: Area, width: number, height: number): { groups: Cell[]; leaves: Cell[] } {
  if (width === 0) {
    return { groups: [], leaves: [] };
  }
  const tree = hierarchy(root)
    .sum((area) => (area.children === undefined ? area.weight : 0))
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  const placed = treemap<Area>()
    .size([width, height])
    .tile(treemapSquarify.ratio(1.4))
    .paddingOuter(0)
    .paddingInner(2)
    .paddingTop((cell) => (hasTitle(cell) ? titleHeight : 0))
    .round(true)(tree);
  return {
    groups: placed.descendants().filter(hasTitle),
    leaves: placed.leaves().filter((cell) => cell.x1 > cell.x0 && cell.y1 > cell.y0),
  };
}

/** Small groups have no title: it would hide their areas. */
function hasTitle(cell: Cell): boolean {
  return cell.depth === 1 && cell.children !== undefined && cell.x1 - cell.x0 > 30 && cell.y1 - cell.y0 > 2 * titleHeight;
}

function frame({ x0, y0, x1, y1 }: Cell) {
  return { left: `${x0}px`, top: `${y0}px`, width: `${x1 - x0}px`, height: `${y1 - y0}px` };
}

function roomy({ x0, y0, x1, y1 }: Cell): boolean {
  return x1 - x0 > 44 && y1 - y0 > 18;
}

/** The number of areas that are drawn at once: a task that draws hundreds is long. */
const areasAtOnce = 200;

/** Returns how many of all areas to draw. The number grows with each frame until all are drawn. */
function useGrowing(all: number): number {
  const [drawn, setDrawn] = useState(areasAtOnce);
  useEffect(() => {
    let here = true;
    if (drawn < all) {
      void ownFrame().then(() => here && setDrawn(drawn + areasAtOnce));
    }
    return () => void (here = false);
  }, [drawn, all]);
  return Math.min(drawn, all);
}

/**
 * Returns the current width of an element; 0 until it is first visible. The width changes in a task of its own, so that
 * the task that lays out the page does not render the chart as well.
 */
export function useWidth(box: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const observer = new ResizeObserver(([entry]) => {
      const seen = Math.floor(entry?.contentRect.width ?? 0);
      if (seen > 0) {
        clearTimeout(timer);
        timer = setTimeout(() => setWidth(seen));
      }
    });
    observer.observe(box.current!);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
    };
  }, []);
  return width;
}
