/** How wide columns are: as the app says, or as their first cells need, and together at least as the table. */

import { cellText, headerText, sample, type TableValue } from "./value.ts";

const NARROWEST = 72;
const WIDEST = 340;
const PADDING = 26;
/** Room for what stands beside a header's text. */
const HEADER_EXTRA = 30;

export function widthsOf(
  table: TableValue,
  given: readonly unknown[],
  room: number,
  font: string,
  resized: ReadonlyMap<number, number>,
): number[] {
  const said = table.headers.map((_, column) => resized.get(column) ?? pixels(given[column], room));
  const widths = said.map((width, column) => width ?? natural(table, column, font));
  const spare = room - widths.reduce((sum, width) => sum + width, 0);
  const flexible = said.filter((width) => width === null).length;
  if (spare <= 0 || flexible === 0) return widths;
  return widths.map((width, column) => (said[column] === null ? width + spare / flexible : width));
}

function pixels(given: unknown, room: number): number | null {
  if (typeof given === "number") return given;
  const [, amount, unit] = /^([\d.]+)(px|%)?$/.exec(String(given ?? "").trim()) ?? [];
  if (amount === undefined) return null;
  return unit === "%" ? (Number(amount) / 100) * room : Number(amount);
}

function natural(table: TableValue, column: number, font: string): number {
  const longest = sample(table.data, column)
    .map((cell) => cellText(cell).split("\n", 1)[0]!)
    .reduce((a, b) => (b.length > a.length ? b : a), "");
  const header = measured(headerText(table.headers[column]), `600 ${font}`) + HEADER_EXTRA;
  return Math.round(Math.max(NARROWEST, Math.min(WIDEST, Math.max(measured(longest, font), header) + PADDING)));
}

let pen: CanvasRenderingContext2D | null = null;

function measured(text: string, font: string): number {
  pen ??= document.createElement("canvas").getContext("2d");
  if (!pen) return text.length * 8;
  pen.font = font;
  return pen.measureText(text.slice(0, 80)).width;
}
