import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { useFirstSeen } from "./virtual-list.js";

interface Props<Item> {
  items: readonly Item[];
  rowHeight: number;
  rows: number;
  label: string;
  /** The index of the chosen item; -1 for none. */
  chosen: number;
  onChoose: (index: number) => void;
  row: (item: Item, index: number) => ComponentChildren;
}

const spare = 6;

/** A list box for any number of items. Only the visible rows are in the document. */
export function ListBox<Item>({ items, rowHeight, rows, label, chosen, onChoose, row }: Props<Item>) {
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  const [first, onScroll] = useFirstSeen(box, rowHeight);
  useEffect(() => {
    if (box.current !== null && chosen >= 0) {
      reveal(box.current, chosen * rowHeight, rowHeight);
    }
  }, [chosen, items]);
  const from = Math.max(0, Math.min(first, items.length - rows) - spare);
  const shown = items.slice(from, first + rows + spare);
  const seen = chosen >= from && chosen < from + shown.length;
  const onKeyDown = (event: KeyboardEvent) => {
    const to = target(event.key, chosen, items.length, rows);
    if (to !== undefined && items.length > 0) {
      event.preventDefault();
      onChoose(Math.max(0, Math.min(to, items.length - 1)));
    }
  };
  return (
    <div
      class="virtual listbox"
      ref={box}
      onScroll={onScroll}
      onKeyDown={onKeyDown}
      tabIndex={0}
      role="listbox"
      aria-label={label}
      aria-activedescendant={seen ? `${id}-${chosen}` : undefined}
      style={{ height: `${Math.min(rows, Math.max(items.length, 3)) * rowHeight + 2}px` }}
    >
      <div role="presentation" class="rows" style={{ height: `${items.length * rowHeight}px` }}>
        {shown.map((item, i) => {
          const index = from + i;
          return (
            <div
              key={index}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === chosen}
              aria-setsize={items.length}
              aria-posinset={index + 1}
              class="row"
              style={{ top: `${index * rowHeight}px`, height: `${rowHeight}px` }}
              onClick={() => onChoose(index)}
            >
              {row(item, index)}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function target(key: string, chosen: number, length: number, page: number): number | undefined {
  switch (key) {
    case "ArrowDown":
      return chosen + 1;
    case "ArrowUp":
      return chosen - 1;
    case "PageDown":
      return chosen + page;
    case "PageUp":
      return chosen - page;
    case "Home":
      return 0;
    case "End":
      return length - 1;
    default:
      return undefined;
  }
}

/** Scrolls a box by the minimum that makes a row visible. */
function reveal(box: HTMLElement, top: number, height: number): void {
  if (top < box.scrollTop) {
    box.scrollTop = top;
  } else if (top + height > box.scrollTop + box.clientHeight) {
    box.scrollTop = top + height - box.clientHeight;
  }
}
