/** In which language the page itself speaks: the first of the browser's that there is a table for. */

import { speak, type Texts } from "./texts.ts";

const RIGHT_TO_LEFT = /^(?:ar|fa|he|ur)\b/;

const tables = import.meta.glob<{ default: Partial<Texts> }>("./languages/*.ts");

/** The language of these wishes that the page can speak: `zh-Hant-HK` is served by `zh-TW`. */
export function languageOf(wishes: readonly string[], known: readonly string[]): string {
  for (const wish of wishes) {
    const [main = "en"] = wish.toLowerCase().split("-");
    if (main === "en") return "en";
    if (main === "zh") return /hant|tw|hk|mo/i.test(wish) ? "zh-TW" : "zh-CN";
    const name = main === "iw" ? "he" : main;
    if (known.includes(name)) return name;
  }
  return "en";
}

/** Load the table, and say on the page which language and direction it has. */
export async function applyLanguage(wishes: readonly string[], root: HTMLElement): Promise<void> {
  const names = Object.keys(tables).map((path) => path.slice("./languages/".length, -".ts".length));
  const language = languageOf(wishes, names);
  const load = tables[`./languages/${language}.ts`];
  if (!load) return;
  try {
    speak((await load()).default);
  } catch (error) {
    return console.error(error);
  }
  root.lang = language;
  root.dir = RIGHT_TO_LEFT.test(language) ? "rtl" : "ltr";
}
