import { expect, test } from "vitest";

import { patched } from "../src/lib/patch.ts";

test("a string inside grows, and what is beside it is the same object as before", () => {
  const before = [{ content: "done" }, { content: "Hel" }];
  const after = patched(before, [["append", [1, "content"], "lo"]]) as typeof before;
  expect(after).toEqual([{ content: "done" }, { content: "Hello" }]);
  expect(after[0]).toBe(before[0]);
  expect(before[1]).toEqual({ content: "Hel" });
});

test("items are put into lists and keys into objects", () => {
  expect(patched([1, 3], [["add", [1], 2]])).toEqual([1, 2, 3]);
  expect(patched([1], [["add", [1], 2]])).toEqual([1, 2]);
  expect(patched({ a: 1 }, [["add", ["b"], 2]])).toEqual({ a: 1, b: 2 });
});

test("items and keys are replaced and deleted, in the order given", () => {
  const edits = [
    ["delete", [0], null],
    ["replace", [0, "a"], 5],
    ["delete", [0, "b"], null],
  ] as const;
  expect(patched([0, { a: 1, b: 2 }], edits.map(([op, path, value]) => [op, [...path], value]))).toEqual([{ a: 5 }]);
});

test("a patch without a path edits the whole value", () => {
  expect(patched("ab", [["append", [], "c"]])).toBe("abc");
  expect(patched({ a: 1 }, [["replace", [], [1]]])).toEqual([1]);
});

test("a patch that leads nowhere is an error, not a guess", () => {
  expect(() => patched({ a: "text" }, [["replace", ["a", 0], 1]])).toThrow("neither list nor object");
});
