/** Where columns stand, and which of them are in sight: a table may have thousands. */

export interface Columns {
  /** Left at the edge. */
  pinned: number[];
  /** In sight, or nearly. */
  seen: number[];
  /** The room of those that are not there, before the ones that are. */
  before: number;
  /** All of them. */
  width: number;
}

const AROUND = 300;

export function columnsSeen(widths: readonly number[], pinned: number, from: number, room: number): Columns {
  const columns: Columns = { pinned: [], seen: [], before: 0, width: 0 };
  for (const [column, width] of widths.entries()) {
    const [start, end] = [columns.width, columns.width + width];
    columns.width = end;
    if (column < pinned) columns.pinned.push(column);
    else if (end < from - AROUND) columns.before += width;
    else if (start <= from + room + AROUND) columns.seen.push(column);
  }
  return columns;
}

/** Where a column begins. */
export function startOf(widths: readonly number[], column: number): number {
  return widths.slice(0, column).reduce((sum, width) => sum + width, 0);
}
