import { describe, expect, test } from "vitest";

import { aggregated, binStep, labelOf, pointsOf, type PlotValue } from "../src/lib/plot/points.ts";
import { fromTsv, toTsv } from "../src/lib/table/clipboard.ts";
import { columnsSeen } from "../src/lib/table/columns.ts";
import { edited } from "../src/lib/table/edits.ts";
import { inSlices, ordered, type Wanted } from "../src/lib/table/order.ts";
import { cellOf, type TableValue } from "../src/lib/table/value.ts";

const all: Wanted = { query: "", filters: new Map(), sorts: [] };

async function rows(data: unknown[][], wanted: Partial<Wanted>): Promise<number[]> {
  return [...((await inSlices(ordered(data, { ...all, ...wanted }), new AbortController().signal)) ?? [])];
}

describe("the order of rows", () => {
  test("numbers are in theirs, texts with numbers too, and what is empty comes last", async () => {
    const data = [["b 10", 2], ["b 9", null], ["a", 10], [null, -1]];

    expect(await rows(data, { sorts: [{ column: 1, descending: false }] })).toEqual([3, 0, 2, 1]);
    expect(await rows(data, { sorts: [{ column: 1, descending: true }] })).toEqual([2, 0, 3, 1]);
    expect(await rows(data, { sorts: [{ column: 0, descending: false }] })).toEqual([2, 1, 0, 3]);
  });

  test("equal rows stay as they were, however many", async () => {
    const data = Array.from({ length: 5000 }, (_, place) => [place % 3, place]);
    const order = await rows(data, { sorts: [{ column: 0, descending: false }] });

    expect(order).toEqual(data.map((_, place) => place).sort((a, b) => (a % 3) - (b % 3) || a - b));
  });

  test("filters say what to find in a column", async () => {
    const data = [["fig", 1], ["pear", 5], ["plum", null]];
    const found = (text: string, column = 1) => rows(data, { filters: new Map([[column, text]]) });

    expect(await found(">1")).toEqual([1]);
    expect(await found("<=1")).toEqual([0]);
    expect(await found("=fig", 0)).toEqual([0]);
    expect(await found("!P", 0)).toEqual([0]);
    expect(await found(">", 0)).toEqual([0, 1, 2]);
    expect(await rows(data, { query: "P" })).toEqual([1, 2]);
  });

  test("work that is given up ends", async () => {
    const gone = AbortSignal.abort();
    const data = Array.from({ length: 300_000 }, (_, place) => [place]);

    expect(await inSlices(ordered(data, { ...all, query: "nothing" }), gone)).toBeNull();
  });
});

test("cells go to spreadsheets and come back as they were", () => {
  const cells = [["a", 'say "hi"', ""], ["two\nlines", "tab\there", '"']];

  expect(fromTsv(toTsv(cells))).toEqual(cells);
  expect(fromTsv("1\t2\r\n3\t4\r\n")).toEqual([["1", "2"], ["3", "4"]]);
});

test("what is typed is of the column's kind", () => {
  expect(cellOf(" 2.5 ", "number", null)).toBe(2.5);
  expect(cellOf("2", "str", 1)).toBe(2);
  expect(cellOf("2", "str", "1")).toBe("2");
  expect(cellOf("", "number", 1)).toBeNull();
  expect(cellOf("12345678901234567890", "number", 1)).toBe("12345678901234567890");
});

test("an edit leaves the table before it as it was, and is noted for an app that remembers that", () => {
  const before: TableValue = { headers: ["a"], data: [[1], [2]], metadata: { kept: "k", display_value: [["x"], ["y"]] } };
  const after = edited(edited(before, [["set", 0, 0, 5]]), [["insert_column", 1, "b"]]);

  expect(after.data).toEqual([[5, null], [2, null]]);
  expect(after.metadata).toEqual({ kept: "k", edits: [["set", 0, 0, 5], ["insert_column", 1, "b"]] });
  expect(before.data).toEqual([[1], [2]]);
});

test("of a thousand columns those in sight are there", () => {
  const { pinned, seen, before, width } = columnsSeen(Array<number>(1000).fill(100), 2, 50_000, 800);

  expect(pinned).toEqual([0, 1]);
  expect(seen.length).toBeLessThan(20);
  expect(seen).toContain(504);
  expect([before, width]).toEqual([(seen[0]! - 2) * 100, 100_000]);
});

describe("points", () => {
  const value: PlotValue = {
    columns: ["t", "y", "c"],
    data: [[0, 1, "a"], [1000, 3, "a"], [61_000, 5, "b"], [null, 7, "a"]],
    datatypes: { t: "temporal", y: "quantitative", c: "nominal" },
    mark: "line",
  };
  const wanted = { x: "t", y: "y", color: null, bin: null, aggregate: null, extra: [] };

  test("are put into bins and made one", () => {
    const points = pointsOf(value, { ...wanted, bin: "1m", aggregate: "mean" });

    expect(points.map(({ x, y }) => [x, y])).toEqual([[0, 2], [60_000, 5]]);
  });

  test("of a bar stand on each other", () => {
    const rows = { ...value, mark: "bar" as const, data: [[0, 1, "a"], [0, 2, "b"], [10, 4, "a"]] };
    const points = pointsOf(rows, { ...wanted, color: "c" });

    expect(points.map(({ y0, y1 }) => [y0, y1])).toEqual([[0, 1], [1, 3], [0, 4]]);
    expect(points[0]).toMatchObject({ x0: -4, x1: 4 });
  });

  test("are aggregated as asked", () => {
    const values = [4, 1, 3];

    expect((["sum", "mean", "median", "min", "max", "count"] as const).map((each) => aggregated(values, each))).toEqual(
      [8, 8 / 3, 3, 1, 4, 3],
    );
    expect([binStep("2h", "temporal"), binStep(5, "quantitative"), binStep("1h", "nominal")]).toEqual([7_200_000, 5, null]);
    expect(labelOf(1_704_067_200_000, "temporal")).toBe("2024-01-01");
  });
});
