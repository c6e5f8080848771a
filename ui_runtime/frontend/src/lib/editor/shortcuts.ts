/** The keys of the editor, beside its buttons. They work while the focus is in it, and not in a text. */

import type { Editor, Tool } from "./editor.svelte.ts";
import { pullOf } from "./crop.ts";

const TOOLS: Readonly<Record<string, Tool>> = { b: "brush", e: "eraser", h: "pan", c: "crop", r: "resize" };
const FAR = 40;

/** Do what the key stands for. Returns whether it stands for anything. */
export function shortcut(event: KeyboardEvent, editor: Editor, has: (transform: string) => boolean): boolean {
  if (isText(event.target) || event.altKey) return false;
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) return withControl(key, event.shiftKey, editor);
  const tool = TOOLS[key];
  if (tool) return isThere(tool, editor, has) && done(() => editor.choose(tool));
  return plain(event, editor);
}

function withControl(key: string, shift: boolean, editor: Editor): boolean {
  if (key === "z") return done(() => (shift ? editor.redo() : editor.undo()));
  return key === "y" && done(() => editor.redo());
}

function plain({ key, target }: KeyboardEvent, editor: Editor): boolean {
  switch (key) {
    case "+":
    case "=":
      return done(() => editor.zoom(1.25));
    case "-":
      return done(() => editor.zoom(1 / 1.25));
    case "0":
      return done(() => editor.fit());
    case "[":
      return done(() => (editor.radius = Math.min(editor.radius - 1, editor.radius / 1.15)));
    case "]":
      return done(() => (editor.radius = Math.max(editor.radius + 1, editor.radius * 1.15)));
    case "Escape":
      return (editor.tool === "crop" || editor.tool === "resize") && done(() => editor.ready());
    case "Enter":
      return editor.tool === "crop" && !isControl(target) && done(() => editor.crop());
  }
  const pull = isControl(target) ? null : pullOf(key, FAR);
  return pull !== null && done(() => editor.move(-pull.dx, -pull.dy));
}

function isThere(tool: Tool, editor: Editor, has: (transform: string) => boolean): boolean {
  if (tool === "crop" || tool === "resize") return has(tool);
  return tool === "pan" || (editor.brush !== null && (tool === "brush" || editor.hasEraser));
}

function done(action: () => unknown): true {
  action();
  return true;
}

function isText(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && ["text", "number"].includes(target.type);
}

/** A control has keys of its own. */
function isControl(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches("button, input, select, label");
}
