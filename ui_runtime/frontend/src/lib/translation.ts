import type { Texts } from "./texts.ts";
import type { OwnWords } from "./words.ts";

/** These are a number and a unit, which read the same in most languages. */
type Units = "eta" | "lasted" | "seconds";

/** A language's table: all texts of the page, and the words that authors leave to it. */
export type Translation = Omit<Texts, Units> & Partial<Pick<Texts, Units>> & Record<OwnWords, string>;
