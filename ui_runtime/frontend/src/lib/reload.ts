/** The app's code changed: its new page takes the old one's place, and keeps what a person did there. */

import type { App } from "./app.svelte.ts";
import { readConfig, type AppConfig, type Props } from "./config.ts";
import { same } from "./same.ts";

const PATIENCE_MS = 20_000;
const PAUSE_MS = 150;
const STORE = "doorstep-kept";
/** Beside the value, what a person chose to look at. */
const KEPT_PROPS: Record<string, string[]> = { tabs: ["selected"], accordion: ["open"], sidebar: ["open"] };

/** What is kept of a page, by who it belongs to: type and name, and which one of these on the page. */
export type Kept = Record<string, Props>;

export type Show = (config: AppConfig, kept: Kept) => Promise<void>;

/** Show the page's new version, in place if it runs the same scripts, else by loading it anew. */
export async function reload(app: App, show: Show): Promise<void> {
  const kept = keep(app);
  const next = await fetchPage();
  if (next && entryOf(next) === entryOf(document)) {
    takeStyles(next);
    return show(readConfig(next), kept);
  }
  leave(kept);
  location.reload();
}

/** Where storage is full or forbidden, the new page begins anew. */
function leave(kept: Kept): void {
  try {
    sessionStorage.setItem(STORE, JSON.stringify(kept));
  } catch (error) {
    console.warn("the browser did not keep what was on the page", error);
  }
}

/** What a page left for the one that was loaded in its place. */
export function leftBehind(): Kept {
  const text = sessionStorage.getItem(STORE);
  sessionStorage.removeItem(STORE);
  return text === null ? {} : (JSON.parse(text) as Kept);
}

/** What differs from what the app itself had said. */
export function keep(app: App): Kept {
  const kept: Kept = {};
  for (const { name, id, type, props } of named(app.config)) {
    const node = app.nodes.get(id);
    if (!node) continue;
    const now: Props = { ...node.props, value: node.value };
    const names = ["value", ...(KEPT_PROPS[type] ?? [])].filter((each) => !same(now[each], props[each] ?? null));
    // The value of a state is the app's; a button's is its text.
    if (names.length > 0 && type !== "state" && type !== "button")
      kept[name] = Object.fromEntries(names.map((each) => [each, now[each]]));
  }
  return kept;
}

/** Give the kept values to the components of the new page that they belong to, without any event. */
export function restore(app: App, kept: Kept): void {
  for (const { name, id } of named(app.config)) {
    const node = app.nodes.get(id);
    if (node && kept[name]) node.refresh({ props: { ...node.props, value: node.value, ...kept[name] } }, []);
  }
}

function named({ components }: AppConfig) {
  const seen = new Map<string, number>();
  return components.map((component) => {
    const { key, elem_id: id, label } = component.props;
    const name = JSON.stringify([component.type, key ?? id ?? label ?? null]);
    const place = seen.get(name) ?? 0;
    seen.set(name, place + 1);
    return { ...component, name: `${name}#${place}` };
  });
}

/** The page's document as the app serves it now, waiting for an app that is starting; null when none comes. */
async function fetchPage(): Promise<Document | null> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await new Promise((go) => setTimeout(go, PAUSE_MS))) {
    const page = await fetchDocument();
    if (page) return page;
  }
  return null;
}

/** The same, now or not at all. */
export async function fetchDocument(): Promise<Document | null> {
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-cache" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return page.getElementById("doorstep-config") ? page : null;
  } catch {
    return null;
  }
}

function entryOf(page: Document): string | null {
  return page.querySelector('script[type="module"]')?.getAttribute("src") ?? null;
}

/** The app's own styles may have changed, too; those of the page's modules stay. */
function takeStyles(next: Document): void {
  const own = (page: Document) =>
    [...page.head.querySelectorAll<HTMLElement>('link[rel="stylesheet"], style')].filter(
      (each) => !each.getAttribute("href")?.includes("doorstep/static/assets/"),
    );
  const [before, after] = [own(document), own(next)];
  const among = (list: HTMLElement[], one: HTMLElement) => list.some((each) => each.isEqualNode(one));
  for (const each of after) if (!among(before, each)) document.head.append(each);
  for (const each of before) if (!among(after, each)) each.remove();
}
