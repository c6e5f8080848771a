/** How a component reaches the page it is on, without every parent passing it along. */

import { getContext, setContext } from "svelte";

import type { App } from "./app.svelte.ts";

const KEY = Symbol("doorstep app");

export const provideApp = (app: App): App => setContext(KEY, app);
export const useApp = (): App => getContext<App>(KEY);
