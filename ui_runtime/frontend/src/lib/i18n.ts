/** The app's own texts (`I18n`): their marks, wherever they stand in a value, become the visitor's language. */

type Tables = Record<string, Record<string, string>>;

const MARK = /__i18n__(\{"__type__": ?"translation_metadata", ?"key": ?"(?:[^"\\]|\\.)*"\})/g;

/** A function that replaces the marks in whatever it is given. */
export function translator(tables: Tables, languages: readonly string[]): (value: unknown) => unknown {
  const order = [...languages.flatMap((each) => tablesFor(tables, each)), tables["en"], ...Object.values(tables)];
  const text = (key: string) => order.find((table) => table && key in table)?.[key] ?? key;
  const inText = (marked: string) =>
    marked.replace(MARK, (_, json: string) => text((JSON.parse(json) as { key: string }).key));
  const translate = (value: unknown): unknown => {
    if (typeof value === "string") return value.includes("__i18n__") ? inText(value) : value;
    if (Array.isArray(value)) return value.map(translate);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, translate(each)]));
  };
  return translate;
}

/** The tables for `pt-BR`: that one, then `pt`, then another of the same language. */
function tablesFor(tables: Tables, language: string): (Record<string, string> | undefined)[] {
  const wanted = language.toLowerCase();
  const [main] = wanted.split("-");
  const named = (test: (name: string) => boolean) => Object.keys(tables).filter((name) => test(name.toLowerCase()));
  const names = [
    ...named((name) => name === wanted),
    ...named((name) => name === main),
    ...named((name) => name.startsWith(`${main}-`)),
  ];
  return names.map((name) => tables[name]);
}
