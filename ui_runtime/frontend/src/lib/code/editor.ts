/** An editor of code in an element. Tab indents; after Escape it leaves the editor, as CodeMirror has it. */

import { autocompletion, closeBrackets, closeBracketsKeymap, completeAnyWord, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { searchKeymap } from "@codemirror/search";
import { Annotation, Compartment, EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

import { languageSupport } from "./languages.ts";
import { theme } from "./theme.ts";

export interface Options {
  language: string;
  label: string;
  describedBy: string | undefined;
  editable: boolean;
  wrap: boolean;
  numbers: boolean;
  autocomplete: boolean;
  placeholder?: string;
}

export interface Listener {
  /** The person changed the text. */
  entered(text: string): void;
  focused(): void;
  blurred(): void;
}

/** The app set the text: nobody typed it. */
const byApp = Annotation.define<boolean>();

export class Editor {
  readonly #view: EditorView;
  readonly #options = new Compartment();
  readonly #language = new Compartment();
  #wanted = "";

  constructor(parent: HTMLElement, text: string, options: Options, listener: Listener) {
    const extensions = [
      theme,
      syntaxHighlighting(classHighlighter),
      drawSelection(),
      this.#language.of([]),
      this.#options.of(fromOptions(options)),
      EditorView.updateListener.of((update) => {
        const typed = update.transactions.some((one) => one.docChanged && !one.annotation(byApp));
        if (typed) listener.entered(update.state.doc.toString());
        if (update.focusChanged) (update.view.hasFocus ? listener.focused : listener.blurred)();
      }),
    ];
    this.#view = new EditorView({ parent, state: EditorState.create({ doc: text, extensions }) });
    void this.#load(options.language);
  }

  configure(options: Options): void {
    this.#view.dispatch({ effects: this.#options.reconfigure(fromOptions(options)) });
    void this.#load(options.language);
  }

  /** Show another text; one that only grew keeps the place and the selection. */
  show(text: string): void {
    const now = this.#view.state.doc.toString();
    if (now === text) return;
    const from = text.startsWith(now) ? now.length : 0;
    this.#view.dispatch({
      changes: { from, to: now.length, insert: text.slice(from) },
      annotations: byApp.of(true),
    });
  }

  destroy(): void {
    this.#view.destroy();
  }

  async #load(language: string): Promise<void> {
    if (language === this.#wanted) return;
    this.#wanted = language;
    const support = await languageSupport(language);
    if (language === this.#wanted) this.#view.dispatch({ effects: this.#language.reconfigure(support) });
  }
}

function fromOptions(options: Options): Extension[] {
  const named = { tabindex: "0", "aria-label": options.label, ...(options.describedBy ? { "aria-describedby": options.describedBy } : {}) };
  return [
    options.numbers ? lineNumbers() : [],
    options.wrap ? EditorView.lineWrapping : [],
    options.placeholder ? placeholder(options.placeholder) : [],
    options.editable ? editing(options.autocomplete) : reading,
    EditorView.contentAttributes.of(options.editable ? named : { ...named, "aria-readonly": "true" }),
  ];
}

const reading: Extension = [EditorState.readOnly.of(true), EditorView.editable.of(false)];

function editing(autocomplete: boolean): Extension {
  return [
    history(),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    autocomplete ? autocompletion() : [],
    autocomplete ? EditorState.languageData.of(() => [{ autocomplete: completeAnyWord }]) : [],
    keymap.of([
      ...closeBracketsKeymap,
      ...(autocomplete ? completionKeymap : []),
      ...defaultKeymap,
      ...searchKeymap,
      ...historyKeymap,
      indentWithTab,
    ]),
  ];
}
