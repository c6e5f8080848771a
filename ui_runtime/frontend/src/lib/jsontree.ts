/** A JSON value as the lines of a tree, as far as it is unfolded. */

export interface Line {
  /** Where it stands in the value, as a JSON pointer; with a `}` behind it for a closing bracket. */
  path: string;
  depth: number;
  /** The name before it; null for an item of a list. */
  name: string | null;
  kind: "open" | "folded" | "close" | "text" | "number" | "boolean" | "null";
  text: string;
  /** How many there are inside of an object or a list. */
  count?: number;
}

export interface View {
  /** Whether everything is unfolded at first; else three levels are. */
  open: boolean;
  indices: boolean;
  /** What a person folded or unfolded since. */
  changed: ReadonlyMap<string, boolean>;
}

const LEVELS = 3;

export function linesOf(value: unknown, view: View): Line[] {
  const lines: Line[] = [];
  add(lines, value, { path: "", depth: 0, name: null }, view);
  return lines;
}

export function isUnfolded(path: string, depth: number, view: View): boolean {
  return view.changed.get(path) ?? (view.open || depth < LEVELS);
}

type Place = Pick<Line, "path" | "depth" | "name">;

function add(lines: Line[], value: unknown, place: Place, view: View): void {
  if (typeof value !== "object" || value === null) {
    lines.push({ ...place, ...leaf(value) });
    return;
  }
  const isList = Array.isArray(value);
  const entries = isList ? value : Object.entries(value);
  const [start, end] = isList ? ["[", "]"] : ["{", "}"];
  const count = entries.length;
  if (count === 0 || !isUnfolded(place.path, place.depth, view)) {
    lines.push({ ...place, kind: "folded", text: `${start}${count === 0 ? "" : "…"}${end}`, count });
    return;
  }
  lines.push({ ...place, kind: "open", text: start, count });
  entries.forEach((entry: unknown, index: number) => {
    const [name, inner] = isList ? [view.indices ? String(index) : null, entry] : (entry as [string, unknown]);
    const path = `${place.path}/${isList ? index : escaped(name ?? "")}`;
    add(lines, inner, { path, depth: place.depth + 1, name }, view);
  });
  lines.push({ path: `${place.path}}`, depth: place.depth, name: null, kind: "close", text: end });
}

const escaped = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");

function leaf(value: unknown): Pick<Line, "kind" | "text"> {
  if (typeof value === "string") return { kind: "text", text: JSON.stringify(value) };
  if (typeof value === "number") return { kind: "number", text: String(value) };
  if (typeof value === "boolean") return { kind: "boolean", text: String(value) };
  return { kind: "null", text: "null" };
}
