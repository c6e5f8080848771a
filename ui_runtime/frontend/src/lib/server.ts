/** A component's own script calls functions of the app. */

import type { App } from "./app.svelte.ts";

export type Server = Record<string, (...args: unknown[]) => Promise<unknown>>;

/** The functions that a component may call, by name. They throw what the app says of an error. */
export function serverOf(app: App, component: number, names: readonly string[]): Server {
  return Object.fromEntries(names.map((name) => [name, (...args) => call(app, component, name, args)]));
}

async function call(app: App, component: number, name: string, args: unknown[]): Promise<unknown> {
  const body = JSON.stringify({ session: await app.session(), component, name, args });
  const response = await fetch(app.url("doorstep/call"), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body,
  });
  const answer = (await response.json()) as { value?: unknown; error?: string; message?: string };
  if (!response.ok) throw new Error(answer.message ?? answer.error ?? response.statusText);
  return answer.value;
}
