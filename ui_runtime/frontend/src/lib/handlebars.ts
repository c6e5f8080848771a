/** What compiled templates of the HTML component call (the app compiles them: components/templates.py). */

import { escape } from "./escape.ts";

/** Where a template is: the value that names are looked up in, and what is around it. */
interface Scope {
  value: unknown;
  parent: Scope | null;
  /** `@index` and its like, and the names of `as |item|`. */
  data: Record<string, unknown>;
}

type Part = (scope: Scope) => string;

const field = (value: unknown, name: string): unknown =>
  value != null && Object.hasOwn(Object(value) as object, name) ? (value as Record<string, unknown>)[name] : undefined;

/** As Handlebars sees it: an empty list is as good as nothing. */
const isTrue = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : !!value);

const inner = (scope: Scope, value: unknown, data: Record<string, unknown> = {}): Scope => ({
  value,
  parent: scope,
  data: { ...scope.data, ...data },
});

function get(scope: Scope, path: string): unknown {
  let from: Scope = scope;
  while (path.startsWith("../")) [from, path] = [from.parent ?? from, path.slice(3)];
  if (path.startsWith("@root")) {
    while (from.parent) from = from.parent;
    path = path.slice(5).replace(/^[./]/, "") || "this";
  }
  if (path.startsWith("@")) return from.data[path];
  const steps = path.split(/[./]/).filter((step) => step !== "" && step !== "this");
  const [first] = steps;
  const start = first !== undefined && Object.hasOwn(from.data, first) ? from.data : from.value;
  return steps.reduce(field, start as unknown);
}

function entriesOf(value: unknown): [string | number, unknown][] {
  if (Array.isArray(value)) return value.map((item, index) => [index, item]);
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

export const helpers = {
  root: (props: unknown): Scope => ({ value: props, parent: null, data: {} }),
  raw: (value: unknown): string => (value == null ? "" : String(value)),
  text: (value: unknown): string => (value == null ? "" : escape(String(value))),
  get,
  lookup: (value: unknown, name: unknown): unknown => field(value, String(name)),
  if: (value: unknown, scope: Scope, then: Part, otherwise: Part): string => (isTrue(value) ? then : otherwise)(scope),
  unless: (value: unknown, scope: Scope, then: Part, otherwise: Part): string =>
    (isTrue(value) ? otherwise : then)(scope),
  with: (value: unknown, scope: Scope, then: Part, otherwise: Part, names: string[]): string =>
    isTrue(value) ? then(inner(scope, value, names[0] ? { [names[0]]: value } : {})) : otherwise(scope),
  each: (value: unknown, scope: Scope, then: Part, otherwise: Part, [item, index]: string[]): string => {
    const entries = entriesOf(value);
    if (entries.length === 0) return otherwise(scope);
    const written = entries.map(([key, each], at) => {
      const data: Record<string, unknown> = { "@index": at, "@key": key };
      data["@first"] = at === 0;
      data["@last"] = at === entries.length - 1;
      if (item) data[item] = each;
      if (index) data[index] = key;
      return then(inner(scope, each, data));
    });
    return written.join("");
  },
};
