/** Colours of code, by highlight.js: it and each language are loaded when a text has them. */

import type { HLJSApi, LanguageFn } from "highlight.js";

import { insist } from "./insist.ts";

const loaders = import.meta.glob<{ default: LanguageFn }>(
  "../../node_modules/highlight.js/es/languages/{bash,c,cpp,csharp,css,diff,dockerfile,go,graphql,ini,java,javascript,json,kotlin,latex,lua,makefile,markdown,perl,php,powershell,python,r,ruby,rust,scala,shell,sql,swift,typescript,xml,yaml}.js",
);

/** Other names that people write behind the fence. */
const ALIASES: Record<string, string> = {
  "c#": "csharp", "c++": "cpp", cc: "cpp", cs: "csharp", console: "shell", docker: "dockerfile", golang: "go", h: "c",
  hpp: "cpp", html: "xml", js: "javascript", jsx: "javascript", kt: "kotlin", make: "makefile", md: "markdown",
  patch: "diff", pl: "perl", ps1: "powershell", py: "python", python3: "python", rb: "ruby", rs: "rust", sh: "bash",
  svelte: "xml", svg: "xml", tex: "latex", toml: "ini", ts: "typescript", tsx: "typescript", vue: "xml", yml: "yaml",
  zsh: "bash",
};

let core: HLJSApi | null = null;
const loading = new Map<string, Promise<unknown>>();

/** The code as HTML with its parts marked; null for a language that is not known, or not here yet (`later`). */
export function highlighted(code: string, written: string, later: (more: Promise<unknown>) => void): string | null {
  const name = nameOf(written);
  const load = loaders[`../../node_modules/highlight.js/es/languages/${name}.js`];
  if (!load) return null;
  if (core?.getLanguage(name)) return core.highlight(code, { language: name, ignoreIllegals: true }).value;
  if (!loading.has(name)) loading.set(name, register(name, load));
  later(loading.get(name) as Promise<unknown>);
  return null;
}

function nameOf(written: string): string {
  const name = written.toLowerCase().replace(/[{,:].*$/, "");
  return ALIASES[name] ?? name;
}

async function register(name: string, load: () => Promise<{ default: LanguageFn }>): Promise<void> {
  const [module, language] = await insist(() => Promise.all([import("highlight.js/lib/core"), load()]));
  core = module.default;
  core.registerLanguage(name, language.default);
}
