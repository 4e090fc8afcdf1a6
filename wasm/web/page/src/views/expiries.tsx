import type { Plan } from "../../../src/index.js";
import { Ending, NextExpiry } from "../parts/summary.js";
import { count, plural, sizeOf, time } from "../text/format.js";

/** The next expiry, or all expiries in a period. */
export function Expiries({ plan }: { plan: Plan }) {
  const { next, until = [], untilCount = 0, untilFreed } = plan;
  if (untilFreed === undefined) {
    return <NextExpiry next={next} />;
  }
  return (
    <>
      <p>
        Expiries in that time: {count(untilCount)}, which free {plural(untilFreed.objects, "object")},{" "}
        <strong>{sizeOf(untilFreed)}</strong>.{" "}
        <span class="hint">containerd starts no collection at these times by itself: its scheduler waits for a deletion.</span>
      </p>
      {until.length > 0 && (
        <div class="scroller" tabIndex={0} role="region" aria-label="List of expiries">
          <table>
            <thead>
              <tr>
                <th scope="col">From</th>
                <th scope="col" class="number">
                  Objects
                </th>
                <th scope="col" class="number">
                  Frees
                </th>
                <th scope="col">When this ends</th>
              </tr>
            </thead>
            <tbody>
              {until.map((expiry) => (
                <tr key={expiry.at}>
                  <th scope="row">{time(expiry.at)}</th>
                  <td class="number">{count(expiry.freed.objects)}</td>
                  <td class="number">{sizeOf(expiry.freed)}</td>
                  <td>
                    <Ending nodes={expiry.nodes} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {untilCount > until.length && <p class="hint">And {plural(untilCount - until.length, "later one")}.</p>}
    </>
  );
}
