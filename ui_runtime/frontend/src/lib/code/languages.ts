/** The languages of `Code`, each fetched when an editor first needs it. */

import { LanguageSupport, StreamLanguage, type StreamParser } from "@codemirror/language";
import type { Extension } from "@codemirror/state";

type Mode = StreamParser<unknown> | undefined;

const modes = {
  sql: async (dialect: string) => ((await import("@codemirror/legacy-modes/mode/sql")) as Record<string, unknown>)[dialect] as Mode,
};

const loaders: Record<string, () => Promise<Extension | Mode>> = {
  python: async () => (await import("@codemirror/lang-python")).python(),
  c: async () => (await import("@codemirror/lang-cpp")).cpp(),
  cpp: async () => (await import("@codemirror/lang-cpp")).cpp(),
  markdown: async () => (await import("@codemirror/lang-markdown")).markdown(),
  latex: async () => (await import("@codemirror/legacy-modes/mode/stex")).stex,
  json: async () => (await import("@codemirror/lang-json")).json(),
  html: async () => (await import("@codemirror/lang-html")).html(),
  css: async () => (await import("@codemirror/lang-css")).css(),
  javascript: async () => (await import("@codemirror/lang-javascript")).javascript({ jsx: true }),
  typescript: async () => (await import("@codemirror/lang-javascript")).javascript({ jsx: true, typescript: true }),
  jinja2: async () => (await import("@codemirror/legacy-modes/mode/jinja2")).jinja2,
  yaml: async () => (await import("@codemirror/lang-yaml")).yaml(),
  dockerfile: async () => (await import("@codemirror/legacy-modes/mode/dockerfile")).dockerFile,
  shell: async () => (await import("@codemirror/legacy-modes/mode/shell")).shell,
  r: async () => (await import("@codemirror/legacy-modes/mode/r")).r,
  sql: async () => (await import("@codemirror/lang-sql")).sql(),
};

/** What colours the language, and completes its words; nothing for one that is not known. */
export async function languageSupport(name: string): Promise<Extension> {
  const [family, dialect] = name.split("-", 2);
  const found = dialect && family === "sql" ? await modes.sql(dialect) : await loaders[name]?.();
  if (!found) return [];
  return isMode(found) ? new LanguageSupport(StreamLanguage.define(found)) : found;
}

function isMode(found: Extension | Mode): found is StreamParser<unknown> {
  return typeof found === "object" && found !== null && "token" in found;
}

const ENDINGS: Record<string, string> = {
  python: "py",
  c: "c",
  cpp: "cpp",
  markdown: "md",
  latex: "tex",
  json: "json",
  html: "html",
  css: "css",
  javascript: "js",
  typescript: "ts",
  jinja2: "jinja2",
  yaml: "yaml",
  shell: "sh",
  r: "r",
  sql: "sql",
};

/** What a file of the language is called. */
export function fileName(language: string): string {
  return language === "dockerfile" ? "Dockerfile" : `file.${ENDINGS[language.split("-")[0] ?? ""] ?? "txt"}`;
}
