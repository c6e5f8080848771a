/** A chat as its messages see it: what can be done about them, and what becomes of that. */

import { getContext, setContext } from "svelte";

import type { App } from "./app.svelte.ts";
import { lastQuestion, reworded, wordsOf, type Group, type Message } from "./chat.ts";
import type { MarkdownOptions } from "./markdown.ts";
import type { ComponentNode } from "./node.svelte.ts";
import { proseOptions } from "./prose.ts";
import type { FileValue } from "./upload.ts";

const KEY = Symbol("chat");

export class Chatting {
  /** What readers said of answers since the page was opened, by the index of the first message. */
  #ratings: Record<number, string> = $state({});

  constructor(
    private readonly app: App,
    private readonly node: ComponentNode,
  ) {}

  get messages(): readonly Message[] {
    return Array.isArray(this.node.value) ? (this.node.value as Message[]) : [];
  }

  readonly #prose = $derived.by(() => proseOptions(this.node));

  get prose(): MarkdownOptions {
    return this.#prose;
  }

  get markdown(): boolean {
    return this.node.flag("render_markdown", true);
  }

  get downloads(): boolean {
    return this.node.flag("allow_file_downloads", true);
  }

  get busy(): boolean {
    return this.node.pending !== null;
  }

  get copies(): boolean {
    const buttons = this.node.props["buttons"];
    return Array.isArray(buttons) && buttons.includes("copy");
  }

  get retries(): boolean {
    return this.node.listens("retry");
  }

  get undoes(): boolean {
    return this.node.listens("undo");
  }

  get selectable(): boolean {
    return this.node.listens("select");
  }

  get feedback(): readonly string[] {
    const options = this.node.props["feedback_options"];
    return Array.isArray(options) ? (options as string[]) : [];
  }

  avatar(role: Group["role"]): string | null {
    const pictures = this.node.props["avatar_images"] as (FileValue | null)[] | undefined;
    const picture = pictures?.[role === "user" ? 0 : 1];
    return picture ? this.app.url(picture.url) : null;
  }

  editable(role: Group["role"]): boolean {
    const who = this.node.text("editable");
    return who === "all" || (who === "user" && role === "user");
  }

  withMark(words: string): string {
    const mark = this.node.text("watermark");
    return mark ? `${words}\n\n${mark}` : words;
  }

  // -- what readers do -----------------------------------------------------------------------

  copied(value: string): void {
    this.node.fire("copy", { value });
  }

  select(index: number): void {
    this.node.fire("select", { index, value: wordsOf(this.messages[index]) });
  }

  choose(index: number, value: string): void {
    this.node.fire("option_select", { index, value });
  }

  edit(index: number, text: string): void {
    const message = this.messages[index];
    if (!message) return;
    const previous_value = wordsOf(message);
    this.node.enter(this.messages.map((one) => (one === message ? reworded(message, text) : one)));
    this.node.fire("edit", { index, value: text, previous_value });
  }

  /** The last question is to be answered again, or taken back. */
  again(event: "retry" | "undo", group: Group): void {
    const index = lastQuestion(this.messages, group.first + group.messages.length - 1);
    if (index >= 0) this.node.fire(event, { index, value: wordsOf(this.messages[index]) });
  }

  rates(role: Group["role"]): boolean {
    const wanted = role === "assistant" || this.node.flag("like_user_message");
    return wanted && this.node.listens("like") && this.feedback.length > 0;
  }

  rating(group: Group): string | null {
    return this.#ratings[group.first] ?? this.#told(group);
  }

  rate(group: Group, option: string): void {
    this.#ratings[group.first] = option;
    const words = group.messages.map(wordsOf);
    const value = words.length === 1 ? words[0] : words;
    const liked = option === "Like" ? true : option === "Dislike" ? false : option;
    this.node.fire("like", { index: group.first, value, liked });
  }

  /** What the app says that the reader said of an answer before. */
  #told(group: Group): string | null {
    const values = this.node.props["feedback_value"];
    if (!Array.isArray(values) || group.role !== "assistant") return null;
    const before = this.messages.slice(0, group.first).filter(({ role }) => role === "assistant").length;
    return (values[before] as string | null | undefined) ?? null;
  }
}

export function provideChat(chat: Chatting): Chatting {
  return setContext(KEY, chat);
}

export function useChat(): Chatting {
  return getContext(KEY);
}
