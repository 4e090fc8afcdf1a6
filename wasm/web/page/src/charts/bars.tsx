import type { ComponentChildren } from "preact";

/** One row of a chart of bars: a part that stays and a part that goes. */
export interface Bar {
  key: string;
  name: ComponentChildren;
  stays: number;
  goes: number;
  /** What stands beside it. */
  figure: string;
  figureGoes?: string;
}

interface Props {
  caption: string;
  head: [string, string, string];
  bars: readonly Bar[];
}

/** Bars as a table, which reads as one. */
export function Bars({ caption, head, bars }: Props) {
  const most = Math.max(1, ...bars.map((bar) => bar.stays + bar.goes));
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
            <td class="number">{bar.figure}</td>
            <td class="number goes">{bar.figureGoes}</td>
            <td class="chart" aria-hidden="true">
              <span class="bar stays" style={{ width: share(bar.stays, most) }} />
              <span class="bar goes" style={{ width: share(bar.goes, most) }} />
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
