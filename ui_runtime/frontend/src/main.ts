import "./styles/index.css";
import "./lib/core.ts";

import { mount } from "svelte";

import { App } from "./lib/app.svelte.ts";
import { readConfig } from "./lib/config.ts";
import { loadTypes } from "./lib/registry.ts";
import { applyTheme } from "./lib/theme.ts";
import Page from "./parts/Page.svelte";

// No top-level await: component modules import from this one, so it must be done before they are.
void show();

async function show(): Promise<void> {
  applyTheme(location.search, document.documentElement);
  const config = readConfig(document);
  const app = new App(config, document.baseURI);
  app.start();
  await loadTypes(config.components.map((component) => component.type));
  const target = document.getElementById("app") ?? document.body;
  target.replaceChildren();
  mount(Page, { target, props: { app } });
  app.loaded();
}
