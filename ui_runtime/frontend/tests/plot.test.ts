import { expect, test } from "vitest";

import type { Look } from "../src/lib/plot/look.svelte.ts";
import type { PlotValue } from "../src/lib/plot/points.ts";
import { specOf, type NativeProps } from "../src/lib/plot/spec.ts";

const NOTHING = { x: "a", y: "b", color: null, x_lim: null, y_lim: null, tooltip: "none" } as unknown as NativeProps;
const LOOK = { accent: "green", colors: ["green"] } as unknown as Look;

function marks(props: Partial<NativeProps>, mark: PlotValue["mark"]) {
  const value = { columns: ["a", "b"], datatypes: { a: "quantitative", b: "quantitative" }, mark } as unknown as PlotValue;
  const spec = specOf({ ...NOTHING, ...props }, value, [], { look: LOOK, selects: false });
  return (spec["layer"] as { mark: object }[]).map((layer) => layer.mark);
}

test("points at the ends of an axis are whole", () => {
  expect(marks({}, "point")).toEqual([expect.objectContaining({ clip: false })]);
});

test("nothing is drawn beyond where the app ends an axis", () => {
  expect(marks({ x_lim: [0, 5] }, "point")).toEqual([expect.objectContaining({ clip: true })]);
  expect(marks({ y_lim: [0, null] }, "point")).toEqual([expect.objectContaining({ clip: true })]);
});
