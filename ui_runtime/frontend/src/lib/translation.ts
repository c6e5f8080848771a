import type german from "./languages/de.ts";
import type { Texts } from "./texts.ts";

/**
 * A language's table: complete for all that German has, which is what most pages say. The texts of rare tools may
 * be missing, and are English then.
 */
export type Translation = Pick<Texts, keyof typeof german> & Partial<Texts>;
