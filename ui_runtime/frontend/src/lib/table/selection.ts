/** A rectangle of cells, as they are seen: from where it began (`anchor`) to where the person is (`active`). */

export interface Place {
  row: number;
  column: number;
}

export interface Selection {
  anchor: Place;
  active: Place;
}

export interface Extent {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

/** Inclusive at both ends. */
export function extentOf({ anchor, active }: Selection): Extent {
  return {
    top: Math.min(anchor.row, active.row),
    bottom: Math.max(anchor.row, active.row),
    left: Math.min(anchor.column, active.column),
    right: Math.max(anchor.column, active.column),
  };
}

export function holds({ top, bottom, left, right }: Extent, row: number, column: number): boolean {
  return row >= top && row <= bottom && column >= left && column <= right;
}

/** Where a key leads from a place; null for a key that leads nowhere. The headers are row -1. */
export function moved(
  { row, column }: Place,
  { key, ctrlKey, metaKey }: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey">,
  { rows, columns, page, rtl }: { rows: number; columns: number; page: number; rtl: boolean },
): Place | null {
  const far = ctrlKey || metaKey;
  const ahead = rtl ? "ArrowLeft" : "ArrowRight";
  const back = rtl ? "ArrowRight" : "ArrowLeft";
  const to = (nextRow: number, nextColumn: number): Place => ({
    row: Math.max(-1, Math.min(rows - 1, nextRow)),
    column: Math.max(0, Math.min(columns - 1, nextColumn)),
  });
  switch (key) {
    case "ArrowDown":
      return to(far ? rows : row + 1, column);
    case "ArrowUp":
      return to(far ? Math.min(0, row - 1) : row - 1, column);
    case ahead:
      return to(row, far ? columns : column + 1);
    case back:
      return to(row, far ? 0 : column - 1);
    case "PageDown":
      return to(row + page, column);
    case "PageUp":
      return to(Math.max(0, row - page), column);
    case "Home":
      return to(far ? 0 : row, 0);
    case "End":
      return to(far ? rows : row, columns);
  }
  return null;
}
