import { expect, test } from "vitest";

import type { Look } from "../src/lib/plot/look.svelte.ts";
import type { PlotValue } from "../src/lib/plot/points.ts";
import { specOf, type NativeProps } from "../src/lib/plot/spec.ts";

const NOTHING = { x: "a", y: "b", color: null, x_lim: null, y_lim: null, tooltip: "none" } as unknown as NativeProps;
const LOOK = { accent: "green", colors: ["green"] } as unknown as Look;

function scales(props: Partial<NativeProps>, mark: PlotValue["mark"]) {
  const value = { columns: ["a", "b"], datatypes: { a: "quantitative", b: "quantitative" }, mark } as unknown as PlotValue;
  const spec = specOf({ ...NOTHING, ...props }, value, [], { look: LOOK, selects: false });
  const { x, y } = spec["encoding"] as { x: { scale: object }; y: { scale: object } };
  return [x.scale, y.scale];
}

test("points at the ends of an axis are whole", () => {
  expect(scales({}, "point")).toEqual([expect.objectContaining({ padding: 6 }), expect.objectContaining({ padding: 6 })]);
});

test("an axis ends where the app says", () => {
  const [x, y] = scales({ y_lim: [0, 5] }, "point");
  expect(x).toHaveProperty("padding");
  expect(y).not.toHaveProperty("padding");
  expect(y).toMatchObject({ domainMin: 0, domainMax: 5 });
});

test("a line begins at the axis", () => {
  expect(scales({}, "line")[0]).not.toHaveProperty("padding");
});
