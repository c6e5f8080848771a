/** Whether a page shows links to others, and so which modules it needs. */

import type { AppConfig } from "./config.ts";

/** An app of several pages shows their links by itself, others where they have a navbar. */
export function navbarOf({ pages = [], components }: AppConfig): boolean {
  const listed = pages.filter(({ in_navbar: shown = true }) => shown);
  return listed.length > 1 || components.some(({ type }) => type === "navbar");
}

/** The component types that the page shows. */
export function typesOf(config: AppConfig): string[] {
  const types = config.components.map(({ type }) => type);
  return navbarOf(config) ? [...types, "navbar"] : types;
}

/** Where the app is mounted: a page's own address may lie deeper. */
export function rootOf({ page = "" }: AppConfig, address: string): string {
  return new URL(`./${"../".repeat(page.split("/").length - 1)}`, address).href;
}
