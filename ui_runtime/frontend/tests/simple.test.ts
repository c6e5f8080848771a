import { expect, test } from "vitest";

import { fromPicker, isDate, toPicker } from "../src/lib/dates.ts";
import { sizeOf } from "../src/lib/filekinds.ts";
import { linesOf } from "../src/lib/jsontree.ts";
import { offered } from "../src/lib/tags.ts";
import { labelled, piecesOf } from "../src/lib/tokens.ts";

test.each(["2024-01-31", "2024-01-31 13:45", "2024-01-31 13:45:00", "now", "now - 5m", "now+1d"])("%s is a date", (text) =>
  expect(isDate(text)).toBe(true),
);
test.each(["", "2024-13-01", "2024-1-1", "yesterday", "now - 5", "13:45"])("%s is none", (text) =>
  expect(isDate(text)).toBe(false),
);

test("a date goes to the browser's picker and comes back with its seconds", () => {
  expect(toPicker("2024-01-31 13:45:00", true)).toBe("2024-01-31T13:45:00");
  expect(toPicker("2024-01-31 13:45:00", false)).toBe("2024-01-31");
  expect(toPicker("now - 1d", true)).toBe("");
  expect(fromPicker("2024-01-31T13:45")).toBe("2024-01-31 13:45:00");
  expect(fromPicker("2024-01-31")).toBe("2024-01-31");
});

test("sizes are said in the unit that suits them", () => {
  expect([0, 1023, 1536, 20 * 2 ** 20, undefined].map(sizeOf)).toEqual(["0 B", "1023 B", "1.5 KB", "20 MB", ""]);
});

const closed = { open: false, indices: false, changed: new Map<string, boolean>() };

test("a tree shows three levels, and what a person opened", () => {
  const value = { a: { b: { "c/d": { e: 1 } } }, empty: [] };
  const texts = (view: typeof closed) => linesOf(value, view).map(({ name, text }) => `${name ?? ""}${text}`);
  expect(texts(closed)).toEqual(["{", "a{", "b{", "c/d{…}", "}", "}", "empty[]", "}"]);
  expect(texts({ ...closed, changed: new Map([["/a/b/c~1d", true]]) })).toContain("e1");
  expect(texts({ ...closed, changed: new Map([["", false]]) })).toEqual(["{…}"]);
});

test("a list shows its indices if it is to", () => {
  expect(linesOf(["x"], { ...closed, indices: true })[1]).toMatchObject({ name: "0", text: '"x"', kind: "text" });
  expect(linesOf(["x"], closed)[1]?.name).toBeNull();
});

const pieces = piecesOf([
  { token: "Ada", class_or_confidence: "who" },
  { token: " in London", class_or_confidence: null },
]);

test("a piece in the middle is labelled, across others too", () => {
  expect(labelled(pieces, 7, 13, "place").map(({ token }) => token)).toEqual(["Ada", " in ", "London"]);
  expect(labelled(pieces, 1, 6, "x").map(({ token }) => token)).toEqual(["A", "da in", " London"]);
});

test("a label that is taken away leaves one plain text", () => {
  expect(labelled(pieces, 0, 3, null)).toEqual([{ token: "Ada in London", class_or_confidence: null }]);
});

test("a colon offers the tags that begin with what follows it", () => {
  const tags = ["(laughs)", "(sighs)", "pause"];
  expect(offered("Oh :la", 6, tags)).toEqual({ at: 3, tags: ["(laughs)"] });
  expect(offered("Oh :", 4, tags)?.tags).toEqual(tags);
  expect(offered("at 10:30 ", 9, tags)).toBeNull();
  expect(offered("Oh :zz", 6, tags)).toBeNull();
});
