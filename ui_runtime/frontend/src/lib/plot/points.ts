/** The points of a native plot: rows of the app's table, binned, made one by an aggregate, stacked. */

export interface PlotValue {
  columns: string[];
  data: unknown[][];
  datatypes: Record<string, Kind>;
  mark: "line" | "bar" | "point";
}

export type Kind = "quantitative" | "temporal" | "nominal";
export type Aggregate = "sum" | "mean" | "median" | "min" | "max" | "count";

export interface Point {
  x: unknown;
  y: number | null;
  color?: unknown;
  /** What the x value reads as. */
  label?: string;
  /** Where a bar of a continuous axis begins and ends, and its part of the stack. */
  x0?: number;
  x1?: number;
  y0?: number;
  y1?: number;
  /** More columns, for the tooltip: `t0`, `t1`, … */
  [extra: `t${number}`]: unknown;
}

export interface Wanted {
  x: string;
  y: string;
  color: string | null;
  bin: number | string | null;
  aggregate: Aggregate | null;
  extra: string[];
}

export function pointsOf(value: PlotValue, wanted: Wanted): Point[] {
  const at = (name: string) => value.columns.indexOf(name);
  const [x, y, color] = [at(wanted.x), at(wanted.y), wanted.color === null ? -1 : at(wanted.color)];
  const extra = wanted.extra.map(at);
  const points = value.data.map((row): Point => {
    const point: Point = { x: row[x], y: row[y] as number | null };
    if (color >= 0) point.color = row[color];
    for (const [place, column] of extra.entries()) point[`t${place}`] = row[column];
    return point;
  });
  const kind = value.datatypes[wanted.x] ?? "nominal";
  const step = binStep(wanted.bin, kind);
  const combined = combine(points, kind, step, aggregateOf(value, wanted, kind, step));
  for (const point of combined) point.label = labelOf(point.x, kind);
  return value.mark === "bar" && kind !== "nominal" ? stacked(combined, step) : combined;
}

/** What makes one value of several, if anything does. Bars of a category stand for all of its rows. */
function aggregateOf(value: PlotValue, { aggregate }: Wanted, kind: Kind, step: number | null): Aggregate | null {
  if (step !== null) return aggregate ?? "sum";
  if (kind !== "nominal") return null;
  return aggregate ?? (value.mark === "point" ? null : "sum");
}

const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400 };

/** The width of a bin, on the scale of the x values. */
export function binStep(bin: number | string | null, kind: Kind): number | null {
  if (bin === null || kind === "nominal") return null;
  const [, amount, unit = ""] = /^([\d.]+)([smhd])?$/.exec(String(bin)) ?? [];
  const step = Number(amount) * (kind === "temporal" ? (SECONDS[unit] ?? 1) * 1000 : 1);
  return step > 0 ? step : null;
}

function combine(points: Point[], kind: Kind, step: number | null, aggregate: Aggregate | null): Point[] {
  if (aggregate === null) return points;
  const groups = new Map<string, { point: Point; values: number[] }>();
  for (const point of points) {
    const x = step === null ? point.x : Math.floor(Number(point.x) / step) * step;
    if (step !== null && (point.x === null || Number.isNaN(x))) continue;
    const key = JSON.stringify([x, point.color]);
    let group = groups.get(key);
    if (!group) groups.set(key, (group = { point: { ...point, x }, values: [] }));
    if (typeof point.y === "number") group.values.push(point.y);
    else if (aggregate === "count" && point.y !== null) group.values.push(1);
  }
  const combined = [...groups.values()].map(({ point, values }) => ({ ...point, y: aggregated(values, aggregate) }));
  return kind === "nominal" ? combined : combined.sort((a, b) => Number(a.x) - Number(b.x));
}

export function aggregated(values: number[], aggregate: Aggregate): number | null {
  const sum = () => values.reduce((total, value) => total + value, 0);
  if (aggregate === "count") return values.length;
  if (values.length === 0) return null;
  if (aggregate === "sum") return sum();
  if (aggregate === "mean") return sum() / values.length;
  const inOrder = values.toSorted((a, b) => a - b);
  if (aggregate === "min") return inOrder[0]!;
  if (aggregate === "max") return inOrder.at(-1)!;
  const middle = inOrder.length >> 1;
  return inOrder.length % 2 ? inOrder[middle]! : (inOrder[middle - 1]! + inOrder[middle]!) / 2;
}

/** Bars on a continuous axis: from edge to edge of a bin, or as wide as the nearest two are apart. */
function stacked(points: Point[], step: number | null): Point[] {
  const width = step ?? nearest(points.map(({ x }) => Number(x)));
  const tops = new Map<number, number>();
  return points.map((point) => {
    const x = Number(point.x);
    const from = step === null ? x - width * 0.4 : x + width * 0.04;
    const below = tops.get(x) ?? 0;
    tops.set(x, below + (point.y ?? 0));
    const to = from + width * (step === null ? 0.8 : 0.92);
    return { ...point, x0: from, x1: to, y0: below, y1: below + (point.y ?? 0) };
  });
}

function nearest(values: number[]): number {
  const inOrder = [...new Set(values)].sort((a, b) => a - b);
  const least = inOrder.slice(1).reduce((gap, value, place) => Math.min(gap, value - inOrder[place]!), Infinity);
  return least === Infinity ? 1 : least;
}

/** Points of time are shown as the app's table has them. */
export function labelOf(x: unknown, kind: Kind): string {
  if (kind !== "temporal" || typeof x !== "number") return String(x ?? "");
  return new Date(x).toISOString().replace("T", " ").replace(/(:00)?\.000Z$/, "").replace(/ 00:00$/, "");
}
