/** The app's own JavaScript (`js=`): modules of one function, fetched once. */

import type { Change, Dependency } from "./config.ts";

export type Script = (...values: unknown[]) => unknown;
export type Load = (path: string) => Promise<Script>;

/** Loads modules beside the page. Throws what the import throws, or when a module exports no function. */
export function scriptLoader(base: string): Load {
  return async (path) => {
    const module = (await import(/* @vite-ignore */ new URL(path, base).href)) as { default?: unknown };
    if (typeof module.default !== "function") throw new Error(`${path} exports no function`);
    return module.default as Script;
  };
}

/** What a script returned as one value for each of `count` places; null when it returned nothing. */
export function spread(returned: unknown, count: number): unknown[] | null {
  if (returned === undefined) return null;
  if (count === 1) return Array.isArray(returned) && returned.length === 1 ? (returned as unknown[]) : [returned];
  return Array.isArray(returned) ? (returned as unknown[]) : [returned];
}

/** What the values of a script change on the page: an object marked as an update changes properties. */
export function changesOf({ outputs }: Dependency, values: unknown[]): Change[] {
  return outputs.slice(0, values.length).map((id, index) => [id, changeOf(values[index])]);
}

function changeOf(value: unknown): Change[1] {
  if (typeof value !== "object" || value === null || !("__type__" in value)) return { value };
  const { __type__, ...props } = value;
  return __type__ === "update" ? props : { value };
}
