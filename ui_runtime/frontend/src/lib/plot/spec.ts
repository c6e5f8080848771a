/** A native plot as a Vega-Lite specification. Its points are the data set `points`, which can change alone. */

import type { Look } from "./look.svelte.ts";
import type { Aggregate, Kind, PlotValue, Point, Wanted } from "./points.ts";

export type Spec = Record<string, unknown>;
type Limits = [number | null, number | null] | null;

export interface NativeProps {
  x: string | null;
  y: string | null;
  color: string | null;
  title: string | null;
  x_title: string | null;
  y_title: string | null;
  color_title: string | null;
  x_bin: number | string | null;
  y_aggregate: Aggregate | null;
  color_map: Record<string, string> | null;
  colors_in_legend: string[] | null;
  x_lim: Limits;
  y_lim: Limits;
  x_label_angle: number;
  y_label_angle: number;
  x_axis_format: string | null;
  y_axis_format: string | null;
  x_axis_labels_visible: boolean | "hidden";
  sort: string | string[] | null;
  tooltip: "axis" | "none" | "all" | string[];
  height: number | null;
}

export function wantedOf(props: NativeProps, value: PlotValue): Wanted {
  const { tooltip } = props;
  const axis = [props.x, props.y, props.color];
  const more = tooltip === "all" ? value.columns : Array.isArray(tooltip) ? tooltip : [];
  return {
    x: props.x ?? value.columns[0] ?? "",
    y: props.y ?? value.columns[1] ?? "",
    color: props.color,
    bin: props.x_bin,
    aggregate: props.y_aggregate,
    extra: more.filter((name) => !axis.includes(name)),
  };
}

export function specOf(
  props: NativeProps,
  value: PlotValue,
  points: Point[],
  { look, selects }: { look: Look; selects: boolean },
): Spec {
  const wanted = wantedOf(props, value);
  const kind = value.datatypes[wanted.x] ?? "nominal";
  const encoding = {
    x: xEncoding(props, wanted, kind, value.mark),
    y: yEncoding(props, wanted, value.mark, kind),
    ...colorEncoding(props, wanted, value, points, look),
  };
  const tooltip = tooltipOf(props, wanted, value, kind);
  const brush = selects ? { params: [brushOf(look)] } : {};
  return {
    title: props.title ?? undefined,
    data: { name: "points" },
    encoding,
    layer: layers(value.mark, kind, tooltip, brush, look, { x: !!props.x_lim, y: !!props.y_lim }),
  };
}

function brushOf(look: Look): Spec {
  return {
    name: "brush",
    select: { type: "interval", encodings: ["x"] },
    mark: { fill: look.accent, fillOpacity: 0.15, stroke: look.accent },
  } as Spec;
}

function layers(mark: PlotValue["mark"], kind: Kind, tooltip: unknown, brush: Spec, look: Look, limited: { x: boolean; y: boolean }): Spec[] {
  if (mark === "bar") {
    // Round ends and clipping exclude each other.
    if (kind === "nominal") return [{ ...brush, mark: { type: "bar", ...(limited.y ? { clip: true } : { cornerRadiusEnd: 3 }) }, encoding: { tooltip } }];
    return [{ ...brush, mark: { type: "rect", clip: true }, encoding: { tooltip, x2: { field: "x1" }, y2: { field: "y0" } } }];
  }
  if (mark === "point") {
    // A point at the end of an axis is whole, unless the app said where the axis ends.
    const clip = limited.x || limited.y;
    return [{ ...brush, mark: { type: "point", filled: true, size: 55, opacity: 0.75, clip }, encoding: { tooltip } }];
  }
  const near = { type: "point", on: "pointerover", nearest: true, clear: "pointerout" };
  return [
    { ...brush, mark: { type: "line", strokeWidth: 2, strokeJoin: "round", clip: true } },
    {
      ...(tooltip === null ? {} : { params: [{ name: "near", select: near }] }),
      mark: { type: "point", filled: true, size: 70, stroke: look.surface, strokeWidth: 2, clip: true },
      encoding: { tooltip, opacity: tooltip === null ? { value: 0 } : { condition: { param: "near", empty: false, value: 1 }, value: 0 } },
    },
  ];
}

// -- axes --

function xEncoding(props: NativeProps, wanted: Wanted, kind: Kind, mark: PlotValue["mark"]): Spec {
  const isBox = mark === "bar" && kind !== "nominal";
  const limits = props.x_lim && kind === "temporal" ? props.x_lim.map((end) => (end === null ? null : end * 1000)) : props.x_lim;
  const visible = props.x_axis_labels_visible;
  return {
    field: isBox ? "x0" : "x",
    type: kind,
    ...(kind === "nominal" ? { sort: sortOf(props.sort) } : {}),
    scale: kind === "nominal" ? { padding: 0.25 } : scaleOf(limits as Limits, kind === "temporal" ? "utc" : undefined),
    axis: {
      title: props.x_title ?? wanted.x,
      labelAngle: props.x_label_angle,
      labelOverlap: "greedy",
      labelSeparation: 10,
      labelLimit: 140,
      labels: visible !== false,
      ...(visible === "hidden" ? { labelOpacity: 0 } : {}),
      ...(props.x_axis_format ? { format: props.x_axis_format } : {}),
  
    },
  };
}

function yEncoding(props: NativeProps, wanted: Wanted, mark: PlotValue["mark"], kind: Kind): Spec {
  const isBox = mark === "bar" && kind !== "nominal";
  const title = props.y_title ?? (props.y_aggregate ? `${capital(props.y_aggregate)} of ${wanted.y}` : wanted.y);
  return {
    field: isBox ? "y1" : "y",
    type: "quantitative",
    scale: { ...scaleOf(props.y_lim), zero: mark === "bar" && !props.y_lim },
    axis: {
      title,
      labelAngle: props.y_label_angle,
      ...(props.y_axis_format ? { format: props.y_axis_format } : {}),
    },
  };
}

function scaleOf(limits: Limits, type?: string): Spec {
  const [least, most] = limits ?? [null, null];
  return {
    ...(type ? { type } : {}),
    ...(least === null ? {} : { domainMin: limitOf(least, type) }),
    ...(most === null ? {} : { domainMax: limitOf(most, type) }),
    nice: limits === null,
    // Points of time have none.
    ...(type ? {} : { zero: false }),
  };
}

/** A plain number of a time scale would become `datetime(…)`, which Vega's interpreter of expressions takes for a year. */
function limitOf(limit: number, type?: string): number | { expr: string } {
  return type === undefined ? limit : { expr: String(limit) };
}

/** As the rows are, unless the app wants it otherwise. */
function sortOf(sort: NativeProps["sort"]): unknown {
  if (sort === "x") return "ascending";
  if (sort === "-x") return "descending";
  if (sort === "y" || sort === "-y") return { field: "y", op: "sum", order: sort === "y" ? "ascending" : "descending" };
  return Array.isArray(sort) ? sort : null;
}

function colorEncoding(props: NativeProps, wanted: Wanted, value: PlotValue, points: Point[], look: Look): Spec {
  if (wanted.color === null) return { color: { value: look.accent } };
  const type = value.datatypes[wanted.color] === "quantitative" && value.mark === "point" ? "quantitative" : "nominal";
  const legend = {
    title: props.color_title ?? wanted.color,
    orient: type === "nominal" ? "top" : "right",
    ...(props.colors_in_legend ? { values: props.colors_in_legend } : {}),
  };
  const scale = type === "nominal" ? seriesOf(props.color_map, points, look) : { range: [look.line, look.accent] };
  return { color: { field: "color", type, legend, scale } };
}

/** Series keep their colours by the order in which they first come. */
function seriesOf(map: Record<string, string> | null, points: Point[], look: Look): Spec {
  const domain = [...new Set(points.map(({ color }) => color))];
  const colors = look.series;
  return { domain, range: domain.map((name, place) => map?.[String(name)] ?? colors[place % colors.length]) };
}

// -- what is said of a point --

function tooltipOf(props: NativeProps, wanted: Wanted, value: PlotValue, kind: Kind): unknown {
  if (props.tooltip === "none") return null;
  const x = kind === "temporal" ? { field: "label", type: "nominal" } : { field: "x", type: kind };
  return [
    { ...x, title: props.x_title ?? wanted.x },
    { field: "y", type: "quantitative", title: props.y_title ?? wanted.y, ...formatOf(props.y_axis_format) },
    ...(wanted.color === null ? [] : [{ field: "color", type: "nominal", title: props.color_title ?? wanted.color }]),
    ...wanted.extra.map((name, place) => ({ field: `t${place}`, type: nominalUnlessNumber(value.datatypes[name]), title: name })),
  ];
}

function formatOf(format: string | null): Spec {
  return format ? { format } : {};
}

function nominalUnlessNumber(kind: Kind | undefined): Kind {
  return kind === "quantitative" ? kind : "nominal";
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
