/** What a person does to a table: each edit makes a new value, and is told to an app that remembers the one before. */

import type { Cell, Header, Metadata, TableValue } from "./value.ts";

export type Edit =
  | ["set", row: number, column: number, cell: Cell]
  | ["rename", column: number, header: Header]
  | ["keep", rows: number[]]
  | ["insert_rows", row: number, rows: Cell[][]]
  | ["delete_rows", row: number, count: number]
  | ["insert_column", column: number, header: Header]
  | ["delete_column", column: number];

/** The table after these edits. The work is about that of copying the list of rows. */
export function edited(table: TableValue, edits: readonly Edit[]): TableValue {
  const draft = { headers: [...table.headers], data: [...table.data] };
  for (const edit of edits) apply(draft, edit);
  return { ...draft, metadata: remembered(table.metadata, edits) };
}

function apply(draft: Pick<TableValue, "headers" | "data">, edit: Edit): void {
  const { headers, data } = draft;
  switch (edit[0]) {
    case "set":
      data[edit[1]] = (data[edit[1]] ?? []).with(edit[2], edit[3]);
      return;
    case "rename":
      headers[edit[1]] = edit[2];
      return;
    case "keep":
      draft.data = edit[1].map((row) => data[row] ?? []);
      return;
    case "insert_rows":
      // Not spliced: a function takes only so many arguments.
      draft.data = [...data.slice(0, edit[1]), ...edit[2], ...data.slice(edit[1])];
      return;
    case "delete_rows":
      data.splice(edit[1], edit[2]);
      return;
    case "insert_column":
      headers.splice(edit[1], 0, edit[2]);
      draft.data = data.map((row) => row.toSpliced(edit[1], 0, null));
      return;
    case "delete_column":
      headers.splice(edit[1], 1);
      draft.data = data.map((row) => row.toSpliced(edit[1], 1));
  }
}

/** Texts and colours that the app gave are of the cells as they were. */
function remembered(metadata: Metadata | null, edits: readonly Edit[]): Metadata | null {
  if (!metadata?.kept) return null;
  return { kept: metadata.kept, edits: [...(metadata.edits ?? []), ...edits] };
}
