import { useEffect, useState } from "preact/hooks";
import type { Comparison, Metric, PolicyResult } from "../../../src/index.js";
import { OverTime, Stroke } from "../charts/over-time.js";
import { Choice, Select } from "../parts/controls.js";
import { loadName, type Line, type Run } from "../state/study.js";
import { change, figure, metrics } from "../text/metrics.js";
import { bytes, plural } from "../text/format.js";

/** The results of a run, optionally beside an earlier run. */
export function Results({ run, earlier }: { run: Run; earlier: readonly Run[] }) {
  const [chosen, setChosen] = useState("");
  const theme = useThemeName();
  const other = earlier.find(({ number }) => String(number) === chosen);
  const { result } = run;
  const every = result?.every ?? everyOf(run);
  return (
    <>
      <div class="row">
        <h2>Disk use over time</h2>
        {earlier.length > 0 && (
          <Select
            labelled
            label="Compare with"
            value={chosen}
            onChange={setChosen}
            options={[
              ["", "no earlier run"],
              ...earlier.map(
                ({ number, settings }) =>
                  [String(number), `run ${number}: ${loadName(settings)}, ${plural(settings.days, "day")}`] as const,
              ),
            ]}
          />
        )}
      </div>
      <OverTime
        lines={run.lines}
        earlier={other?.lines ?? []}
        every={every}
        days={run.settings.days}
        capacity={result === undefined ? 0 : result.disk - result.other}
        theme={theme}
        label={chartText(run.lines)}
      />
      <ul class="legend strokes" aria-label="Lines">
        {run.lines.map((line, i) => (
          <li key={line.name}>
            <Stroke place={i} />
            {line.name}
            {line.clairvoyant && " (knows the future)"}
          </li>
        ))}
        {other !== undefined && <li>thin lines: run {other.number}</li>}
        {result !== undefined && (
          <li>
            <span class="limit" aria-hidden="true" />
            capacity
          </li>
        )}
      </ul>
      {result !== undefined && <Metrics result={result} before={other?.result} />}
      {result?.load.notes !== undefined && result.load.notes.length > 0 && (
        <details>
          <summary>Assumptions of the load</summary>
          <ul>
            {result.load.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function Metrics({ result, before }: { result: Comparison; before: Comparison | undefined }) {
  const [as, setAs] = useState<"means" | "intervals">("means");
  const shown = (result.policies[0]?.metrics ?? []).filter(({ name }) => metrics[name] !== undefined);
  return (
    <>
      <div class="row">
        <h2>
          Metrics over all nodes <span class="count">less is better</span>
        </h2>
        <Choice
          label="Show"
          value={as}
          onChange={setAs}
          options={[
            ["means", "Means"],
            ["intervals", "95 % intervals"],
          ]}
        />
      </div>
      {result.policies.every((policy) => policy.clairvoyant === true || policy.void !== undefined) && (
        <p>{largerDisk(result)}</p>
      )}
      <div class="scroller" tabIndex={0} role="region" aria-label="Metrics">
        <table class="metrics">
          <thead>
            <tr>
              <th scope="col">Policy</th>
              {shown.map(({ name }) => (
                <th key={name} scope="col" class="number" title={metrics[name]!.meaning}>
                  {metrics[name]!.title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {result.policies.map((policy, i) => (
              <Row
                key={policy.name}
                as={as}
                policy={policy}
                nodes={result.seeds}
                place={i}
                shown={shown.map(({ name }) => name)}
                before={before?.policies.find(({ name }) => name === policy.name)}
              />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

interface RowProps {
  as: "means" | "intervals";
  policy: PolicyResult;
  /** The number of nodes. */
  nodes: number;
  place: number;
  shown: string[];
  before: PolicyResult | undefined;
}

/** The smallest number of nodes for which a mean has a confidence interval. */
const intervalNodes = 5;

function Row({ as, policy, nodes, place, shown, before }: RowProps) {
  return (
    <tr>
      <th scope="row" title={policy.spec}>
        <Stroke place={place} />
        {policy.name}
        {policy.efficient && policy.clairvoyant !== true && (
          <span
            class="efficient"
            title="Pareto-efficient: no other policy improves mean bytes or repulled bytes without worsening the other"
          >
            {" "}
            efficient
          </span>
        )}
        {policy.void !== undefined && <span class="small change"> {policy.void}</span>}
      </th>
      {policy.metrics
        .filter(({ name }) => shown.includes(name))
        .map((metric) => (
          <td key={metric.name} class="number">
            {metric.void === true ? (
              <span title={`Void: ${policy.void ?? "requests failed"}`}>void</span>
            ) : as === "means" ? (
              <span title={boundText(metric)}>{figure(metric.mean, metric.unit)}</span>
            ) : nodes < intervalNodes ? (
              <span title={`An interval needs at least ${intervalNodes} nodes`}>none</span>
            ) : (
              <>
                {figure(metric.low, metric.unit)} <span class="small change">to {figure(metric.high, metric.unit)}</span>
              </>
            )}
            {as === "means" && metric.void !== true && before !== undefined && (
              <span class="small change">
                {change(
                  metric,
                  before.metrics.find(({ name }) => name === metric.name),
                )}
              </span>
            )}
          </td>
        ))}
    </tr>
  );
}

/** The distance of a metric to its lower bound; undefined without one. */
function boundText({ least, bound, unit }: Metric): string | undefined {
  return least === undefined || bound === undefined
    ? undefined
    : `${bound.toFixed(2)} times the lower bound of ${figure(least, unit)}: no policy can serve these requests with less`;
}

/** The advice if requests failed under every policy. */
function largerDisk({ larger }: Comparison): string {
  const failed = "Under every policy some requests failed: the disk is too small.";
  if (larger === undefined) {
    return failed;
  }
  return larger.disk > 0
    ? `${failed} On a disk of ${bytes(larger.disk)}, ${larger.policy} serves every request.`
    : `${failed} None of the policies serves them on a disk of up to ${bytes(larger.most)}.`;
}

/** The text of the chart for screen readers. */
function chartText(lines: readonly Line[]): string {
  return `Bytes over time. ${lines.map(({ name, series }) => `${name} ends at ${bytes(series.at(-1)?.used ?? 0)}`).join(", ")}.`;
}

/** The seconds between two points of a running study. The module chooses the same distance. */
function everyOf({ settings }: Run): number {
  const hours = [1 / 60, 1 / 12, 1 / 6, 1 / 4, 1 / 2, 1, 2, 3, 6, 12, 24];
  return (hours.find((every) => (settings.days * 24) / every <= 240) ?? Math.ceil(settings.days / 240) * 24) * 3600;
}

/** Returns the current theme. A canvas must be redrawn when it changes. */
function useThemeName(): string {
  const read = () => document.documentElement.dataset["theme"] ?? "";
  const [theme, setTheme] = useState(read);
  useEffect(() => {
    const observer = new MutationObserver(() => setTheme(read()));
    observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => observer.disconnect();
  }, []);
  return theme;
}
