/** A table as it is on the wire. Rows are never changed in place: an edit makes new ones of those that it touches. */

import type { Edit } from "./edits.ts";

export type Cell = unknown;
export type Header = string | number | Header[];

export interface Metadata {
  /** What to show instead of the cells themselves. */
  display_value?: string[][] | null;
  /** CSS of each cell. */
  styling?: string[][] | null;
  /** The app remembers this table by this name… */
  kept?: string | null;
  /** …so what was done to it since is all that it needs to be told. */
  edits?: Edit[];
}

export interface TableValue {
  headers: Header[];
  data: Cell[][];
  metadata: Metadata | null;
}

export type Datatype = "str" | "number" | "bool" | "date" | "markdown" | "html" | "image";

/** The value of a component, whatever the app sent. */
export function tableOf(value: unknown): TableValue {
  const given = (typeof value === "object" && value !== null ? value : {}) as Partial<TableValue>;
  return {
    headers: Array.isArray(given.headers) ? given.headers : [],
    data: Array.isArray(given.data) ? given.data : [],
    metadata: given.metadata ?? null,
  };
}

export function headerText(header: Header | undefined): string {
  return Array.isArray(header) ? header.map(headerText).join(" / ") : String(header ?? "");
}

export function cellText(cell: Cell): string {
  if (cell === null || cell === undefined) return "";
  return typeof cell === "object" ? JSON.stringify(cell) : String(cell);
}

/** What a person typed, as a value of the column; what was a number stays one where it can. */
export function cellOf(text: string, datatype: Datatype, before: Cell): Cell {
  const numeric = datatype === "number" || (datatype === "str" && typeof before === "number");
  if (datatype === "bool") return /^(true|yes|1|x|✓)$/i.test(text.trim());
  if (!numeric) return text;
  if (text.trim() === "") return null;
  const number = Number(text.trim());
  return Number.isNaN(number) || !exact(text.trim(), number) ? text : number;
}

/** Digits that a number here cannot hold stay text. */
function exact(text: string, number: number): boolean {
  return !/^-?\d+$/.test(text) || Number.isSafeInteger(number);
}

/** An empty cell of a column. */
export function blankCell(datatype: Datatype): Cell {
  return datatype === "bool" ? false : datatype === "str" || datatype === "markdown" || datatype === "html" ? "" : null;
}

const SAMPLE = 100;

/** What each column holds: as the app says, or ("auto") as its first cells are. */
export function datatypesOf(given: unknown, { headers, data }: TableValue): Datatype[] {
  return headers.map((_, column) => {
    const said = Array.isArray(given) ? given[column] : given;
    return said === "auto" ? guessed(data, column) : ((said ?? "str") as Datatype);
  });
}

function guessed(data: Cell[][], column: number): Datatype {
  const cells = sample(data, column);
  if (cells.length === 0) return "str";
  if (cells.every((cell) => typeof cell === "boolean")) return "bool";
  if (cells.every((cell) => typeof cell === "number")) return "number";
  return cells.every((cell) => /^\d{4}-\d\d-\d\d([ T]\d\d:\d\d|$)/.test(String(cell))) ? "date" : "str";
}

/** Whether a column's cells are numbers, and so read best from the right. */
export function isNumeric(data: Cell[][], column: number, datatype: Datatype): boolean {
  if (datatype === "number") return true;
  const cells = datatype === "str" ? sample(data, column) : [];
  return cells.length > 0 && cells.every((cell) => typeof cell === "number");
}

export function sample(data: Cell[][], column: number): Cell[] {
  return data.slice(0, SAMPLE).flatMap((row) => row[column] ?? []);
}
