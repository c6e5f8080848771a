/** A line of code as coloured HTML. The library is fetched when it is first used. */

let library: Promise<typeof import("highlight.js/lib/core").default> | undefined;

async function load() {
  const [{ default: core }, { default: python }, { default: typescript }] = await Promise.all([
    import("highlight.js/lib/core"),
    import("highlight.js/lib/languages/python"),
    import("highlight.js/lib/languages/typescript"),
  ]);
  core.registerLanguage("python", python);
  core.registerLanguage("typescript", typescript);
  return core;
}

/** Safe to show as HTML: what is not markup of the library is escaped. */
export async function highlighted(text: string, language: string): Promise<string> {
  library ??= load();
  return (await library).highlight(text, { language: language === "typescript" ? language : "python" }).value;
}
