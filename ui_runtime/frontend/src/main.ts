import "./styles/index.css";
import "./lib/core.ts";

import { mount, unmount } from "svelte";

import { App } from "./lib/app.svelte.ts";
import { readConfig, type AppConfig } from "./lib/config.ts";
import { rootOf, typesOf } from "./lib/pages.ts";
import { loadTypes } from "./lib/registry.ts";
import type { Kept } from "./lib/reload.ts";
import { applyTheme } from "./lib/theme.ts";
import Page from "./parts/Page.svelte";

/** What is on the page now: an app whose code changes is replaced in place. */
let shown: { app: App; page: Record<string, unknown> } | null = null;

// No top-level await: component modules import from this one, so it must be done before they are.
void start();

async function start(): Promise<void> {
  const root = document.documentElement;
  applyTheme(location.search, root);
  // English is here already, and costs nothing.
  if (!/^en\b/.test(navigator.language))
    await (await import("./lib/languages.ts")).applyLanguage(navigator.languages, root);
  const left = isFollower() ? (await import("./lib/reload.ts")).leftBehind() : {};
  await show(readConfig(document), left);
}

/** Whether a page before this one left something. Within another site's page all storage may be forbidden. */
function isFollower(): boolean {
  try {
    return sessionStorage.getItem("doorstep-kept") !== null;
  } catch {
    return false;
  }
}

async function show(given: AppConfig, kept: Kept): Promise<void> {
  const translate = given.i18n
    ? (await import("./lib/i18n.ts")).translator(given.i18n, navigator.languages)
    : <Value>(value: Value) => value;
  const config = translate(given) as AppConfig;
  const app = new App(config, rootOf(config, document.baseURI), () => void reload(app), translate);
  app.start();
  await loadTypes(typesOf(config));
  if (Object.keys(kept).length > 0) (await import("./lib/reload.ts")).restore(app, kept);
  replace(app);
  if (config.js) await app.script(config.js);
  app.loaded();
}

async function reload(app: App): Promise<void> {
  const module = await import("./lib/reload.ts");
  await module.reload(app, show);
}

function replace(app: App): void {
  const target = document.getElementById("app") ?? document.body;
  const [focused, scrolled] = [document.activeElement?.id, scrollY];
  if (shown) {
    shown.app.stop();
    void unmount(shown.page);
    document.title = app.config.title;
  }
  target.replaceChildren();
  shown = { app, page: mount(Page, { target, props: { app } }) };
  if (!focused) return;
  document.getElementById(focused)?.focus({ preventScroll: true });
  scrollTo(0, scrolled);
}
