import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { Line } from "../state/study.js";
import { bytes } from "../text/numbers.js";
import { useWidth } from "./treemap.js";

interface Props {
  /** Of policies; those with the same place have the same colour. */
  lines: readonly Line[];
  /** Of an earlier run, drawn behind them. */
  earlier: readonly Line[];
  /** Seconds from one point to the next. */
  every: number;
  /** How many there will be. */
  days: number;
  /** What the disk has room for; 0 if that is not known. */
  room: number;
  theme: string;
  label: string;
}

/** Strokes that tell lines apart where colours don't. */
const dashes = [[], [9, 4], [2, 3], [12, 3, 2, 3], [5, 3], [1, 4], [14, 5], [4, 2, 1, 2]];
const inks = 8;

/** Bytes over time: one line for each policy. */
export function OverTime(props: Props) {
  const { lines, earlier, every, days, room, theme, label } = props;
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
  }, [names, width, theme, every, days, room]);
  useEffect(() => {
    chart.current?.setData(data);
  }, [lines, earlier]);
  return <div ref={box} class="over-time" role="img" aria-label={label} />;
}

/** The sample of a policy's line, for legends. */
export function Stroke({ place }: { place: number }) {
  return (
    <svg class={`stroke p${place % inks}`} width="28" height="10" aria-hidden="true">
      <line x1="1" y1="5" x2="27" y2="5" stroke-dasharray={dashes[place % dashes.length]!.join(" ")} />
    </svg>
  );
}

/** Steps between the marks of an axis of bytes. */
const binary = Array.from({ length: 51 }, (_, i) => 2 ** i);

function dataOf({ lines, earlier, every, room }: Props): uPlot.AlignedData {
  const length = Math.max(2, ...[...lines, ...earlier].map(({ series }) => series.length));
  const times = Array.from({ length }, (_, i) => (i * every) / 86_400);
  const used = ({ series }: Line) => times.map((_, i) => series[i]?.used ?? null);
  return [times, ...lines.map(used), ...earlier.map(used), ...(room > 0 ? [times.map(() => room)] : [])];
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

function optionsOf({ lines, earlier, days, room }: Props, colors: Colors): Omit<uPlot.Options, "width" | "height"> {
  const font = "12px system-ui, sans-serif";
  const axis = { stroke: colors.ink, font, grid: { stroke: colors.grid, width: 1 }, ticks: { stroke: colors.grid, width: 1 } };
  const drawn = (line: Line, place: number, behind: boolean): uPlot.Series => ({
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
      ...lines.map((line, i) => drawn(line, i, false)),
      ...earlier.map((line, i) => drawn(line, place(line, i), true)),
      ...(room > 0 ? [{ label: "room", stroke: colors.limit, width: 1.5, dash: [6, 5], points: { show: false } }] : []),
    ],
  };
}
