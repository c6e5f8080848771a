/**
 * Words that an author left to us, such as the one on a button: the app's config says which they are (`words`), and
 * the page says them in the visitor's language. What the app is told stays as it was.
 */

import type { ComponentConfig, Props } from "./config.ts";
import { t } from "./texts.ts";

/** The words that no text of the page itself is: their English comes from the app (words.py). */
export type OwnWords = "additionalInputs" | "flag" | "generate" | "run" | "shareLink" | "typeMessage";

/** A text of the app, and what the page says instead of it. */
export interface Word {
  text: unknown;
  said: unknown;
}

/** The properties as they are shown, and the word that the value is, if it is one. */
export function spoken({ props, words = {} }: Pick<ComponentConfig, "props" | "words">): { shown: Props; word: Word | null } {
  const table = t as Props;
  const said = Object.entries(words).map(([name, key]) => [name, table[key] ?? props[name]] as const);
  const { value, ...rest } = Object.fromEntries(said) as Props;
  return { shown: { ...props, ...rest }, word: value === undefined ? null : { text: props["value"], said: value } };
}
