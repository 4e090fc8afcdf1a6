import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { Line } from "../state/study.js";
import { bytes } from "../text/format.js";
import { useWidth } from "./treemap.js";

interface Props {
  /** The policies of the run. */
  lines: readonly Line[];
  /** The policies of an earlier run, drawn in the background. */
  earlier: readonly Line[];
  /** Seconds between two points. */
  every: number;
  /** The length of the time axis. */
  days: number;
  /** The capacity of the disk in bytes; 0 if unknown. */
  capacity: number;
  theme: string;
  label: string;
}

/** Dash patterns, which distinguish lines without colour. */
const dashes = [[], [9, 4], [2, 3], [12, 3, 2, 3], [5, 3], [1, 4], [14, 5], [4, 2, 1, 2]];
const inks = 8;

/** A chart of bytes over time with one line per policy. */
export function OverTime(props: Props) {
  const { lines, earlier, every, days, capacity, theme, label } = props;
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const chart = useRef<uPlot | undefined>(undefined);
  const names = [...lines, ...earlier].map(({ name }) => name).join("\n");
  const data = dataOf(props);
  useEffect(() => {
    if (width === 0 || lines.length === 0) {
      return;
    }
    chart.current = new uPlot(
      { ...optionsOf(props, colorsOf(box.current!)), width, height: width < 560 ? 260 : 340 },
      data,
      box.current!,
    );
    return () => chart.current?.destroy();
  }, [names, width, theme, every, days, capacity]);
  useEffect(() => {
    chart.current?.setData(data);
  }, [lines, earlier]);
  return <div ref={box} class="over-time" role="img" aria-label={label} />;
}

/** A sample of a line for the legend. */
export function Stroke({ place }: { place: number }) {
  return (
    <svg class={`stroke p${place % inks}`} width="28" height="10" aria-hidden="true">
      <line x1="1" y1="5" x2="27" y2="5" stroke-dasharray={dashes[place % dashes.length]!.join(" ")} />
    </svg>
  );
}

/** The possible distances between the ticks of an axis of bytes. */
const binary = Array.from({ length: 51 }, (_, i) => 2 ** i);

function dataOf({ lines, earlier, every, capacity }: Props): uPlot.AlignedData {
  const length = Math.max(2, ...[...lines, ...earlier].map(({ series }) => series.length));
  const times = Array.from({ length }, (_, i) => (i * every) / 86_400);
  const used = ({ series }: Line) => times.map((_, i) => series[i]?.used ?? null);
  return [times, ...lines.map(used), ...earlier.map(used), ...(capacity > 0 ? [times.map(() => capacity)] : [])];
}

interface Colors {
  ink: string;
  grid: string;
  limit: string;
  lines: string[];
}

function colorsOf(box: HTMLElement): Colors {
  const style = getComputedStyle(box);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    ink: read("--soft"),
    grid: read("--line"),
    limit: read("--goes"),
    lines: Array.from({ length: inks }, (_, i) => read(`--p${i}`)),
  };
}

function optionsOf({ lines, earlier, days, capacity }: Props, colors: Colors): Omit<uPlot.Options, "width" | "height"> {
  const font = "12px system-ui, sans-serif";
  const axis = { stroke: colors.ink, font, grid: { stroke: colors.grid, width: 1 }, ticks: { stroke: colors.grid, width: 1 } };
  const seriesOf = (line: Line, place: number, behind: boolean): uPlot.Series => ({
    label: line.name,
    stroke: colors.lines[place % inks]!,
    alpha: behind ? 0.6 : 1,
    width: behind ? 1.25 : 2,
    dash: dashes[place % dashes.length]!,
    points: { show: false },
  });
  const place = (line: Line, i: number) => {
    const at = lines.findIndex(({ name }) => name === line.name);
    return at < 0 ? lines.length + i : at;
  };
  return {
    scales: {
      x: { time: false, range: [0, days] },
      y: { range: (_, __, most) => [0, Math.max(most, 1) * 1.05] },
    },
    axes: [
      {
        ...axis,
        incrs: [1 / 24, 1 / 8, 1 / 4, 1, 2, 5, 10, 30, 60, 100],
        values: (_, splits) => splits.map((day) => `day ${+day.toFixed(2)}`),
      },
      { ...axis, size: 74, incrs: binary, values: (_, values) => values.map((value) => bytes(value)) },
    ],
    legend: { show: false },
    cursor: { show: false },
    series: [
      {},
      ...lines.map((line, i) => seriesOf(line, i, false)),
      ...earlier.map((line, i) => seriesOf(line, place(line, i), true)),
      ...(capacity > 0 ? [{ label: "capacity", stroke: colors.limit, width: 1.5, dash: [6, 5], points: { show: false } }] : []),
    ],
  };
}
