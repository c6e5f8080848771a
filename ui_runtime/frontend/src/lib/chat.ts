/** Messages of a chat: what is shown together, what is said in words, what buttons act on. */

import type { FileValue } from "./upload.ts";

export interface TextPart {
  type: "text";
  text: string;
}
export interface FilePart {
  type: "file";
  file: FileValue;
  alt_text: string | null;
}
export interface ComponentPart {
  type: "component";
  component: string;
  value: unknown;
  props: Record<string, unknown>;
}
export type Part = TextPart | FilePart | ComponentPart;

export interface Metadata {
  title?: string;
  id?: string | number;
  parent_id?: string | number;
  log?: string;
  duration?: number;
  status?: "pending" | "done";
}

export interface Message {
  role: "user" | "assistant" | "system";
  metadata: Metadata | null;
  content: Part[];
  options: { value: string; label: string }[] | null;
}

/** A message in its place, with the thoughts inside of it. */
export interface Item {
  index: number;
  message: Message;
  inner: Item[];
}

/** Messages of one side that stand together. */
export interface Group {
  role: "user" | "assistant";
  /** The index of its first message, by which it is known again. */
  first: number;
  items: Item[];
  messages: readonly Message[];
}

/**
 * The groups of a chat. Those whose messages are the same as before are the same objects as before, so that
 * an answer that grows leaves the rest of the page alone. What is told to the model only is not shown.
 */
export function grouped(messages: readonly Message[], together: boolean, before: readonly Group[]): Group[] {
  const groups: Group[] = [];
  let start = 0;
  while (start < messages.length) {
    const role = messages[start]?.role;
    let end = start + 1;
    while (end < messages.length && messages[end]?.role === role && (together || isThought(messages[end - 1]))) end += 1;
    if (role === "user" || role === "assistant") groups.push(groupOf(messages.slice(start, end), role, start, before[groups.length]));
    start = end;
  }
  return groups;
}

function groupOf(messages: readonly Message[], role: Group["role"], first: number, before: Group | undefined): Group {
  const isSame =
    before?.first === first &&
    before.role === role &&
    before.messages.length === messages.length &&
    messages.every((message, index) => message === before.messages[index]);
  return isSame ? before : { role, first, messages, items: nested(messages, first) };
}

export function isThought(message: Message | undefined): boolean {
  return !!message?.metadata?.title;
}

/** Thoughts stand inside of those that they name as their parents. */
function nested(messages: readonly Message[], first: number): Item[] {
  const items = messages.map((message, offset): Item => ({ index: first + offset, message, inner: [] }));
  const byId = new Map(items.flatMap((item) => (item.message.metadata?.id != null ? [[item.message.metadata.id, item]] : [])));
  return items.filter((item) => {
    const parent = byId.get(item.message.metadata?.parent_id ?? "");
    if (!parent || parent === item || parent.index > item.index) return true;
    parent.inner.push(item);
    return false;
  });
}

/** All that a message says in words. */
export function wordsOf(message: Message | undefined): string {
  return (message?.content ?? []).flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
}

/** The whole chat as text. */
export function transcript(messages: readonly Message[]): string {
  const said = messages.filter(({ role }) => role !== "system");
  return said.map((message) => `${message.role === "user" ? "User" : "Assistant"}: ${plainly(message)}`).join("\n");
}

function plainly({ content }: Message): string {
  const words = content.map((part) =>
    part.type === "text" ? part.text : part.type === "file" ? (part.file.orig_name ?? part.file.url) : `[${part.component}]`,
  );
  return words.join("\n");
}

/** The message with other words; its files and components stay. */
export function reworded(message: Message, text: string): Message {
  const others = message.content.filter(({ type }) => type !== "text");
  return { ...message, content: [...others, { type: "text", text }] };
}

/** Where the last question at or before `from` stands. */
export function lastQuestion(messages: readonly Message[], from = messages.length - 1): number {
  let place = Math.min(from, messages.length - 1);
  while (place >= 0 && messages[place]?.role !== "user") place -= 1;
  return place;
}

const KINDS: Record<string, string[]> = {
  image: ["png", "jpg", "jpeg", "gif", "webp", "avif", "bmp", "svg"],
  audio: ["mp3", "wav", "ogg", "flac", "m4a", "aac", "opus"],
  video: ["mp4", "webm", "mov", "ogv"],
};

export type MediaKind = "image" | "audio" | "video" | "file";

/** How a file is shown. */
export function kindOf(file: FileValue): MediaKind {
  const type = (file.mime_type ?? "").split("/")[0] ?? "";
  if (type in KINDS) return type as MediaKind;
  if (file.mime_type) return "file";
  const ending = (file.orig_name ?? file.url ?? "").split(/[?#]/)[0]?.split(".").pop()?.toLowerCase() ?? "";
  const found = Object.entries(KINDS).find(([, endings]) => endings.includes(ending));
  return (found?.[0] ?? "file") as MediaKind;
}
