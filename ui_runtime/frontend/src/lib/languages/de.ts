import type { Texts } from "../texts.ts";

export default { submit: "Absenden" } satisfies Partial<Texts>;
