/** Vega, its plots interpreted rather than compiled: the page allows no code but its own. */

import embed, { type Result } from "vega-embed";

import { vegaConfig, type Look } from "./look.svelte.ts";
import type { Point } from "./points.ts";
import type { Spec } from "./spec.ts";

/** More marks than this are painted; fewer are elements, which print and magnify well. */
const MOST_ELEMENTS = 1500;

export async function draw(host: HTMLElement, spec: Spec, look: Look, marks = 0): Promise<Result> {
  return embed(host, spec as never, {
    ...(spec["$schema"] ? {} : { mode: "vega-lite" as const }),
    actions: false,
    ast: true,
    renderer: marks > MOST_ELEMENTS ? "canvas" : "svg",
    config: vegaConfig(look) as never,
    tooltip: { theme: look.dark ? "dark" : "light" },
    downloadFileName: "plot",
  });
}

/** Other points in the same plot. */
export async function change(plot: Result, points: Point[]): Promise<void> {
  await plot.view.data("points", points).runAsync();
}
