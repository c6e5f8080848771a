/** One table on the page: its value, the rows seen of it, where the person is in it, and what they did to it. */

import type { ComponentNode } from "../node.svelte.ts";
import { t } from "../moreTexts.ts";
import { fromTsv, toTsv } from "./clipboard.ts";
import { edited, type Edit } from "./edits.ts";
import { inSlices, ordered, type Sort } from "./order.ts";
import { extentOf, holds, type Place, type Selection } from "./selection.ts";
import { blankCell, cellOf, cellText, datatypesOf, headerText, tableOf, type Cell, type TableValue } from "./value.ts";

export interface Editing extends Place {
  text: string;
}

const MOST_UNDONE = 100;
/** Of a big table, whose list of rows is copied at each edit. */
const MOST_UNDONE_BIG = 20;
const BIG = 10_000;
/** A column of more rows is not sent along with the choice of a cell. */
const LONGEST_COLUMN = 5_000;

export class TableState {
  sorts: Sort[] = $state.raw([]);
  query = $state("");
  filters: ReadonlyMap<number, string> = $state.raw(new Map());
  selection: Selection | null = $state.raw(null);
  editing: Editing | null = $state.raw(null);
  /** The rows seen, by number; null: all of them as they are. */
  order: Int32Array | null = $state.raw(null);
  ordering = $state(false);

  readonly table: TableValue = $derived.by(() => this.#withBlanks(tableOf(this.node.value)));
  readonly datatypes = $derived.by(() => datatypesOf(this.node.props["datatype"], this.table));
  readonly editable = $derived.by(() => this.node.flag("interactive", true));
  readonly count = $derived(this.order?.length ?? this.table.data.length);
  readonly columns = $derived(this.table.headers.length);
  readonly extent = $derived(this.selection && extentOf(this.selection));

  #undone: TableValue[] = [];
  #done: TableValue[] = [];
  #work: AbortController | null = null;
  /** The value that the person made last. */
  #made: unknown = null;

  constructor(readonly node: ComponentNode) {}

  /** An empty table that is filled in begins with empty rows. */
  #withBlanks(table: TableValue): TableValue {
    if (table.data.length > 0 || table.metadata?.kept) return table;
    // Nothing is in it, so its headers may change.
    const headers = this.node.props["headers"];
    const empty = Array.isArray(headers) && headers.length > 0 && !this.#made ? { ...table, headers } : table;
    if (!this.node.flag("interactive", true)) return empty;
    const rows = this.node.number("row_count") ?? 3;
    return { ...empty, data: Array.from({ length: rows }, () => this.#blankRow(empty)) };
  }

  #blankRow(table: TableValue): Cell[] {
    return datatypesOf(this.node.props["datatype"], table).map(blankCell);
  }

  // -- what is seen --

  rowAt(seen: number): number {
    return this.order?.[seen] ?? seen;
  }

  cell({ row, column }: Place): Cell {
    return this.table.data[this.rowAt(row)]?.[column];
  }

  /** What a cell reads as: the app's own text for it, if there is one. */
  text(place: Place): string {
    const shown = this.table.metadata?.display_value?.[this.rowAt(place.row)]?.[place.column];
    return shown ?? cellText(this.cell(place));
  }

  isSelected(row: number, column: number): boolean {
    return this.extent !== null && holds(this.extent, row, column);
  }

  get isFiltered(): boolean {
    return this.query.trim() !== "" || [...this.filters.values()].some((text) => text.trim() !== "");
  }

  /** Sort and search anew; meanwhile what was seen stays. */
  async reorder(data: TableValue["data"]): Promise<void> {
    this.#work?.abort();
    const wanted = { query: this.query, filters: this.filters, sorts: this.sorts };
    if (wanted.sorts.length === 0 && !this.isFiltered) {
      this.order = null;
      this.ordering = false;
      return;
    }
    this.#work = new AbortController();
    const { signal } = this.#work;
    this.ordering = true;
    const order = await inSlices(ordered(data, wanted), signal);
    if (order === null || signal.aborted) return;
    this.order = order;
    this.ordering = false;
  }

  /** Up, down, as it was; `more` keeps what it is sorted by already. */
  sort(column: number, more: boolean): void {
    const before = this.sorts.find((sort) => sort.column === column);
    const others = more ? this.sorts.filter((sort) => sort.column !== column) : [];
    const next = !before ? [{ column, descending: false }] : before.descending ? [] : [{ column, descending: true }];
    this.sorts = more && before && next.length > 0 ? this.sorts.map((sort) => (sort === before ? next[0]! : sort)) : [...others, ...next];
  }

  sortBy(column: number, descending: boolean | null): void {
    this.sorts = descending === null ? [] : [{ column, descending }];
  }

  filter(column: number, text: string): void {
    this.filters = new Map(this.filters).set(column, text);
  }

  // -- where the person is --

  go(place: Place, extend = false): void {
    const before = this.selection;
    this.selection = { anchor: extend && before ? before.anchor : place, active: place };
    if (!extend && place.row >= 0) this.#tellSelected(place);
  }

  selectAll(): void {
    if (this.count > 0)
      this.selection = { anchor: { row: 0, column: 0 }, active: { row: this.count - 1, column: this.columns - 1 } };
  }

  #tellSelected(place: Place): void {
    if (!this.node.listens("select")) return;
    const row = this.rowAt(place.row);
    const { data } = this.table;
    this.node.fire("select", {
      index: [row, place.column],
      value: this.cell(place),
      row_value: data[row] ?? null,
      col_value: data.length <= LONGEST_COLUMN ? data.map((cells) => cells[place.column]) : null,
    });
  }

  // -- what they do to it --

  get canAddRow(): boolean {
    return this.editable && this.table.data.length < limit(this.node.props["row_limits"], 1, Infinity);
  }

  get canDeleteRow(): boolean {
    return this.editable && this.table.data.length > limit(this.node.props["row_limits"], 0, 0);
  }

  get canAddColumn(): boolean {
    return this.canChangeColumns && this.columns < limit(this.node.props["column_limits"], 1, Infinity);
  }

  get canDeleteColumn(): boolean {
    return this.canChangeColumns && this.columns > Math.max(1, limit(this.node.props["column_limits"], 0, 1));
  }

  /** Columns that are not to be changed are known by their places. */
  private get canChangeColumns(): boolean {
    return this.editable && this.#statics.length === 0;
  }

  get #statics(): unknown[] {
    const given = this.node.props["static_columns"];
    return Array.isArray(given) ? given : [];
  }

  canEdit(column: number): boolean {
    return this.editable && !this.#statics.includes(column);
  }

  /** Begin to edit the active cell, or header: with what is there, or with what is typed. */
  edit(typed?: string): boolean {
    const place = this.selection?.active;
    if (!place) return false;
    const allowed = place.row < 0 ? this.canChangeColumns : this.canEdit(place.column);
    if (!allowed || (place.row >= 0 && this.datatypes[place.column] === "bool")) return false;
    const before = place.row < 0 ? headerText(this.table.headers[place.column]) : cellText(this.cell(place));
    this.editing = { ...place, text: typed ?? before };
    return true;
  }

  /** Keep what was typed. */
  commit(): void {
    const editing = this.editing;
    this.editing = null;
    if (!editing) return;
    const { row, column, text } = editing;
    if (row < 0) {
      if (text !== headerText(this.table.headers[column])) this.#do([["rename", column, text]]);
      return;
    }
    const before = this.cell(editing);
    if (text !== cellText(before)) this.set(editing, cellOf(text, this.datatypes[column]!, before));
  }

  set(place: Place, cell: Cell): void {
    const before = this.cell(place);
    this.#do([["set", this.rowAt(place.row), place.column, cell]]);
    this.node.fire("edit", { index: [this.rowAt(place.row), place.column], value: cell, previous_value: before });
  }

  toggle(place: Place): void {
    if (this.canEdit(place.column)) this.set(place, this.cell(place) !== true);
  }

  clear(): void {
    const edits = this.#selected().flatMap((place): Edit[] =>
      this.canEdit(place.column) && cellText(this.cell(place)) !== ""
        ? [["set", this.rowAt(place.row), place.column, blankCell(this.datatypes[place.column]!)]]
        : [],
    );
    this.#doCells(edits);
  }

  copied(): string {
    const { extent } = this;
    if (!extent) return "";
    const top = Math.max(0, extent.top);
    return toTsv(
      range(top, extent.bottom).map((row) =>
        range(extent.left, extent.right).map((column) => cellText(this.cell({ row, column }))),
      ),
    );
  }

  /** The whole table, as it is seen, with its headers. */
  everything(): string {
    const headers = this.table.headers.map(headerText);
    const rows = range(0, this.count - 1).map((row) =>
      range(0, this.columns - 1).map((column) => this.text({ row, column })),
    );
    return toTsv([headers, ...rows]);
  }

  /** What was copied elsewhere, from the active cell on. One cell fills the selection; rows are added as needed. */
  paste(source: string): void {
    const { extent } = this;
    if (!this.editable || !extent) return;
    const cells = fromTsv(source);
    const single = cells.length === 1 && cells[0]!.length === 1;
    const [top, left] = [Math.max(0, extent.top), extent.left];
    const height = single ? extent.bottom - top + 1 : cells.length;
    const width = single ? extent.right - left + 1 : Math.max(...cells.map((row) => row.length));
    const missing = this.#missingRows(top + height);
    const edits: Edit[] = missing.length > 0 ? [["insert_rows", this.table.data.length, missing]] : [];
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++) {
        const place = { row: top + row, column: left + column };
        const text = single ? cells[0]![0]! : cells[row]![column];
        const target = this.#rowForPaste(place.row, missing.length);
        if (text === undefined || target === null || place.column >= this.columns || !this.canEdit(place.column)) continue;
        edits.push(["set", target, place.column, cellOf(text, this.datatypes[place.column]!, this.cell(place))]);
      }
    this.#doCells(edits);
    const last = { row: Math.min(top + height, this.count) - 1, column: Math.min(left + width, this.columns) - 1 };
    this.selection = { anchor: { row: top, column: left }, active: last };
  }

  #missingRows(wanted: number): Cell[][] {
    const most = limit(this.node.props["row_limits"], 1, Infinity);
    const missing = this.order ? 0 : Math.min(wanted, most) - this.table.data.length;
    return Array.from({ length: Math.max(0, missing) }, () => this.#blankRow(this.table));
  }

  #rowForPaste(row: number, added: number): number | null {
    if (row < this.count) return this.rowAt(row);
    return row < this.table.data.length + added ? row : null;
  }

  insertRow(seen: number): void {
    const row = seen >= this.count ? this.table.data.length : this.rowAt(seen);
    this.#do([["insert_rows", row, [this.#blankRow(this.table)]]]);
    this.selection = place(this.order ? this.selection?.active.row ?? 0 : row, this.selection?.active.column ?? 0);
  }

  /** The rows of the selection. */
  deleteRows(): void {
    const { extent } = this;
    if (!extent) return;
    const rows = range(Math.max(0, extent.top), extent.bottom).map((row) => this.rowAt(row));
    const fewest = limit(this.node.props["row_limits"], 0, 0);
    const going = rows.slice(0, Math.max(0, this.table.data.length - fewest)).sort((a, b) => b - a);
    this.#do(going.map((row) => ["delete_rows", row, 1]));
    this.selection = place(Math.min(extent.top, Math.max(0, this.table.data.length - 1)), extent.left);
  }

  insertColumn(column: number): void {
    this.#do([["insert_column", column, t.column(this.columns + 1)]]);
    this.sorts = [];
    this.selection = place(-1, column);
  }

  deleteColumn(column: number): void {
    this.#do([["delete_column", column]]);
    this.sorts = [];
    this.selection = place(-1, Math.min(column, this.columns - 1));
  }

  /** Only the rows that were found stay. */
  keepFound(): void {
    if (this.order) this.#do([["keep", Array.from(this.order).sort((a, b) => a - b)]]);
    this.query = "";
    this.filters = new Map();
  }

  undo(): void {
    this.#travel(this.#done, this.#undone);
  }

  redo(): void {
    this.#travel(this.#undone, this.#done);
  }

  #travel(from: TableValue[], to: TableValue[]): void {
    const value = from.pop();
    if (!value || !this.editable) return;
    to.push(this.table);
    this.#enter(value);
  }

  #doCells(edits: Edit[]): void {
    const first = edits.find((edit) => edit[0] === "set");
    if (!first) return;
    const [, row, column, cell] = first as ["set", number, number, Cell];
    const before = this.table.data[row]?.[column];
    this.#do(edits);
    this.node.fire("edit", { index: [row, column], value: cell, previous_value: before });
  }

  #do(edits: readonly Edit[]): void {
    if (edits.length === 0) return;
    const before = this.table;
    this.#done.push(before);
    if (this.#done.length > (before.data.length > BIG ? MOST_UNDONE_BIG : MOST_UNDONE)) this.#done.shift();
    this.#undone = [];
    this.#enter(edited(before, edits));
  }

  #enter(value: TableValue): void {
    this.#made = value;
    this.node.enter(value);
  }

  isOwn(value: unknown): boolean {
    return value === this.#made;
  }

  #selected(): Place[] {
    const { extent } = this;
    if (!extent) return [];
    return range(Math.max(0, extent.top), extent.bottom).flatMap((row) =>
      range(extent.left, extent.right).map((column) => ({ row, column })),
    );
  }

  /** The app shows another table: what was done to the one before is not to be undone here. */
  replaced(): void {
    this.#done = [];
    this.#undone = [];
    this.editing = null;
    const { selection } = this;
    if (selection && (selection.active.row >= this.count || selection.active.column >= this.columns)) this.selection = null;
  }
}

function place(row: number, column: number): Selection {
  return { anchor: { row, column }, active: { row, column } };
}

function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, offset) => first + offset);
}

function limit(limits: unknown, end: 0 | 1, fallback: number): number {
  const given: unknown = Array.isArray(limits) ? limits[end] : null;
  return typeof given === "number" ? given : fallback;
}
