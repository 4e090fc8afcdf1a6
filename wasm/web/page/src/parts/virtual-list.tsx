import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

interface Props<Item> {
  items: readonly Item[];
  /** The height of each row in pixels. */
  rowHeight: number;
  /** The maximum number of visible rows. */
  rows: number;
  label: string;
  row: (item: Item, index: number) => ComponentChildren;
}

/** The number of rows to render above and below the visible ones, for smooth scrolling. */
const spare = 6;

/** A list for any number of items. Only the visible rows are in the document. Rows may contain links and fields. */
export function VirtualList<Item>({ items, rowHeight, rows, label, row }: Props<Item>) {
  const box = useRef<HTMLDivElement>(null);
  const [first, onScroll] = useFirstSeen(box, rowHeight);
  const from = Math.max(0, Math.min(first, items.length - rows) - spare);
  const shown = items.slice(from, first + rows + spare);
  const height = Math.min(rows, items.length) * rowHeight;
  return (
    <div
      class="virtual"
      ref={box}
      onScroll={onScroll}
      tabIndex={0}
      role="region"
      aria-label={label}
      style={{ height: `${height + 2}px` }}
    >
      <ul style={{ height: `${items.length * rowHeight}px` }}>
        {shown.map((item, i) => (
          <li
            key={from + i}
            aria-setsize={items.length}
            aria-posinset={from + i + 1}
            style={{ top: `${(from + i) * rowHeight}px`, height: `${rowHeight}px` }}
          >
            {row(item, from + i)}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Returns the index of the first visible row of a box, and the handler of its scroll events. */
export function useFirstSeen(box: { current: HTMLElement | null }, rowHeight: number): [number, () => void] {
  const [first, setFirst] = useState(0);
  const asked = useRef(0);
  useEffect(() => () => cancelAnimationFrame(asked.current), []);
  const onScroll = () => {
    cancelAnimationFrame(asked.current);
    asked.current = requestAnimationFrame(() => {
      if (box.current !== null) {
        setFirst(Math.max(0, Math.floor(box.current.scrollTop / rowHeight)));
      }
    });
  };
  return [first, onScroll];
}
