/** Which rows are seen, and in which order. Long work goes in steps, between which the page stays alive. */

import { cellText, type Cell } from "./value.ts";

export interface Sort {
  column: number;
  descending: boolean;
}

export interface Wanted {
  /** Rows with this text in any cell. */
  query: string;
  /** By column: a text to find, or `>5`, `<=3`, `=x`, `!x`. */
  filters: ReadonlyMap<number, string>;
  sorts: readonly Sort[];
}

const STEP = 2048;
const SLICE_MS = 8;

/** The rows' numbers as they are to be seen; yields now and then. */
export function* ordered(data: readonly Cell[][], wanted: Wanted): Generator<void, Int32Array> {
  const found = yield* matching(data, wanted);
  if (wanted.sorts.length === 0) return found;
  return yield* sorted(found, yield* comparison(data, found, wanted.sorts));
}

/** Run to the end in slices. Null when it was given up. */
export async function inSlices<T>(work: Generator<void, T>, signal: AbortSignal): Promise<T | null> {
  for (;;) {
    const until = performance.now() + SLICE_MS;
    do {
      const step = work.next();
      if (step.done) return step.value;
    } while (performance.now() < until);
    await new Promise((resolve) => setTimeout(resolve));
    if (signal.aborted) return null;
  }
}

// -- which --

function* matching(data: readonly Cell[][], { query, filters }: Wanted): Generator<void, Int32Array> {
  const tests = [...filters].flatMap(([column, text]) => filterOf(column, text) ?? []);
  const needle = query.trim().toLowerCase();
  if (needle) tests.push((row) => row.some((cell) => cellText(cell).toLowerCase().includes(needle)));
  const found = new Int32Array(data.length);
  let count = 0;
  for (let row = 0; row < data.length; row++) {
    if (tests.every((test) => test(data[row]!))) found[count++] = row;
    if (row % STEP === STEP - 1) yield;
  }
  return found.subarray(0, count);
}

type Test = (row: Cell[]) => boolean;

export function filterOf(column: number, text: string): Test | null {
  const [, sign = "", rest = ""] = /^\s*(>=|<=|>|<|=|!)?\s*(.*?)\s*$/s.exec(text) ?? [];
  if (rest === "") return null;
  const lower = rest.toLowerCase();
  const textOf = (row: Cell[]) => cellText(row[column]).toLowerCase();
  if (sign === "") return (row) => textOf(row).includes(lower);
  if (sign === "=") return (row) => textOf(row) === lower;
  if (sign === "!") return (row) => !textOf(row).includes(lower);
  const bound = Number(rest);
  return (row) => {
    const cell = row[column];
    if (cell === null || cell === undefined || cell === "") return false;
    const order = Number.isNaN(bound) ? collator.compare(textOf(row), lower) : Number(cell) - bound;
    return sign === ">" ? order > 0 : sign === "<" ? order < 0 : sign === ">=" ? order >= 0 : order <= 0;
  };
}

// -- in which order --

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

type Compare = (a: number, b: number) => number;
type Key = number | string | null;

/** Keys are read once for each row rather than at each comparison. */
function* comparison(data: readonly Cell[][], rows: Int32Array, sorts: readonly Sort[]): Generator<void, Compare> {
  const keys: Key[][] = sorts.map(() => []);
  for (const [place, row] of rows.entries()) {
    for (const [index, { column }] of sorts.entries()) keys[index]![row] = keyOf(data[row]![column]);
    if (place % STEP === STEP - 1) yield;
  }
  return (a, b) => {
    for (const [index, { descending }] of sorts.entries()) {
      const order = compareKeys(keys[index]![a]!, keys[index]![b]!, descending);
      if (order !== 0) return order;
    }
    return 0;
  };
}

function keyOf(cell: Cell): Key {
  if (cell === null || cell === undefined || cell === "") return null;
  return typeof cell === "number" ? cell : typeof cell === "boolean" ? Number(cell) : cellText(cell);
}

/** What is empty comes last, whichever way it goes; numbers come before texts. */
function compareKeys(a: Key, b: Key, descending: boolean): number {
  if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0);
  const sign = descending ? -1 : 1;
  if (typeof a === "number" && typeof b === "number") return sign * (a - b);
  if (typeof a === "string" && typeof b === "string") return sign * collator.compare(a, b);
  return sign * (typeof a === "number" ? -1 : 1);
}

/** A merge sort: stable, and it can rest anywhere. */
function* sorted(rows: Int32Array, compare: Compare): Generator<void, Int32Array> {
  let [from, to] = [Int32Array.from(rows), new Int32Array(rows.length)];
  for (let width = 1; width < rows.length; width *= 2) {
    let done = 0;
    for (let start = 0; start < rows.length; start += 2 * width) {
      merge(from, to, start, Math.min(start + width, rows.length), Math.min(start + 2 * width, rows.length), compare);
      done += 2 * width;
      if (done >= STEP) {
        done = 0;
        yield;
      }
    }
    [from, to] = [to, from];
  }
  return from;
}

function merge(from: Int32Array, to: Int32Array, start: number, middle: number, end: number, compare: Compare): void {
  let [left, right] = [start, middle];
  for (let place = start; place < end; place++) {
    const takeLeft = left < middle && (right >= end || compare(from[left]!, from[right]!) <= 0);
    to[place] = takeLeft ? from[left++]! : from[right++]!;
  }
}
