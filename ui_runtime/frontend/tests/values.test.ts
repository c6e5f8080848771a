import { expect, test } from "vitest";

import { matching } from "../src/lib/choices.ts";
import { rootOf } from "../src/lib/pages.ts";
import { plainParts } from "../src/lib/plain.ts";
import { same } from "../src/lib/same.ts";

test("wire values are the same when their JSON is", () => {
  expect(same({ a: [1, { b: null }] }, { a: [1, { b: null }] })).toBe(true);
  expect(same({ a: 1 }, { b: 1 })).toBe(false);
  expect(same([1, 2], [1])).toBe(false);
  expect(same([], {})).toBe(false);
  expect(same(null, {})).toBe(false);
  expect(same("1", 1)).toBe(false);
});

test("headings and paragraphs are plain, with lines of a paragraph joined", () => {
  expect(plainParts("# Title\n\nOne line\nand another.\n\n### More")).toEqual([
    { level: 1, text: "Title" },
    { level: 0, text: "One line and another." },
    { level: 3, text: "More" },
  ]);
});

test.each([
  "some *emphasis*",
  "a `code`",
  "[a](b)",
  "<b>bold</b>",
  "&amp;",
  "- item",
  "1. item",
  "> quote",
  "Title\n=====",
  "Title\n--",
  "    code",
  "| a | b |",
  "see https://example.org",
  "see www.example.org",
  "mail a@example.org",
  "break  \nhere",
  "$x^2$",
])("%j needs the Markdown library", (source) => {
  expect(plainParts(source)).toBeNull();
});

test("choices that begin with what was typed come before those that hold it", () => {
  const choices = ["pineapple", "apple", "plum"].map((label) => ({ label, value: label }));
  expect(matching(choices, "AP").map(({ label }) => label)).toEqual(["apple", "pineapple"]);
  expect(matching(choices, " ")).toHaveLength(3);
});

test("the app lies above a page, as many levels as the page's path has", () => {
  const config = (page: string) => ({ page }) as Parameters<typeof rootOf>[0];
  expect(rootOf(config(""), "http://host/app/")).toBe("http://host/app/");
  expect(rootOf(config("about"), "http://host/app/about?q=1")).toBe("http://host/app/");
  expect(rootOf(config("docs/about"), "http://host/app/docs/about")).toBe("http://host/app/");
});
