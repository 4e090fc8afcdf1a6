import type { ComponentChildren } from "preact";

/** A row of a bar chart: the kept and the removed part. */
export interface Bar {
  key: string;
  name: ComponentChildren;
  kept: number;
  removed: number;
  /** The formatted values. */
  keptText: string;
  removedText: string;
}

interface Props {
  caption: string;
  head: [string, string, string];
  bars: readonly Bar[];
}

/** A bar chart as a table, which screen readers can read. */
export function Bars({ caption, head, bars }: Props) {
  const most = Math.max(1, ...bars.map((bar) => bar.kept + bar.removed));
  return (
    <table class="bars">
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{head[0]}</th>
          <th scope="col" class="number">
            {head[1]}
          </th>
          <th scope="col" class="number">
            {head[2]}
          </th>
          <td class="chart" aria-hidden="true" />
        </tr>
      </thead>
      <tbody>
        {bars.map((bar) => (
          <tr key={bar.key}>
            <th scope="row">{bar.name}</th>
            <td class="number">{bar.keptText}</td>
            <td class="number goes">{bar.removedText}</td>
            <td class="chart" aria-hidden="true">
              <span class="bar stays" style={{ width: share(bar.kept, most) }} />
              <span class="bar goes" style={{ width: share(bar.removed, most) }} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function share(part: number, most: number): string {
  return part === 0 ? "0" : `max(2px, ${((100 * part) / most).toFixed(2)}%)`;
}
