/** The messages of docs/ui-protocol.md, typed. Nothing here does I/O. */

import type { Change, ComponentConfig, Dependency, LayoutNode } from "./config.ts";

export interface Hello {
  type: "hello";
  session?: string;
  seen?: number;
}

export interface Run {
  type: "run";
  job: number;
  fn: number;
  data: unknown[];
  trigger?: number;
  event?: unknown;
  /** The uploaded file that holds `data`, where that is too big for a frame. */
  data_file?: string;
}

export interface Cancel {
  type: "cancel";
  job: number;
}

export type FromPage = Hello | Run | Cancel | { type: "ping"; seen: number };

export interface Welcome {
  type: "welcome";
  session: string;
  resumed: boolean;
}

export interface Queued {
  type: "queued";
  job: number;
  position: number;
  eta?: number | null;
  /** How many wait in all, when the app says so. */
  size?: number | null;
}

export interface Progress {
  type: "progress";
  job: number;
  fraction?: number | null;
  text?: string | null;
  step?: number | null;
  total?: number | null;
  unit?: string | null;
}

export interface Failed {
  type: "failed";
  job: number;
  title: string;
  message: string;
  code?: "error" | "refused" | "cancelled" | "busy" | "timeout";
  traceback?: string | null;
  output?: number | null;
  /** What a validator said of components. */
  invalid?: [component: number, message: string][] | null;
  /** How long the page tells it at its edge; 0 until it is closed. */
  seconds?: number | null;
}

export type ToastLevel = "info" | "warning" | "success" | "error";

export interface ToastMessage {
  type: "toast";
  level: ToastLevel;
  title: string;
  message: string;
  seconds?: number | null;
}

/** What a `render` block holds from now on. */
export interface Render {
  type: "render";
  block: number;
  components: (ComponentConfig & { keep?: string[] })[];
  children: LayoutNode[];
  dependencies: Dependency[];
}

export type JobMessage =
  | Queued
  | { type: "started"; job: number }
  | Progress
  | { type: "data"; job: number; changes: Change[] }
  | { type: "done"; job: number; changes: Change[]; seconds: number }
  | Failed;

/** What a function says to a component's own module; buffers are base64. */
export interface Custom {
  type: "custom";
  component: number;
  content: unknown;
  buffers: string[];
}

/** Messages that are about the page rather than one of its jobs. */
export type PageMessage = ToastMessage | Render | Custom | { type: "reload" };

export type FromApp = (Welcome | JobMessage | PageMessage | { type: "pong" }) & { seq?: number };

/** A frame of the app, or null when it is not a message that this page knows the shape of. */
export function decode(frame: string): FromApp | null {
  try {
    const message: unknown = JSON.parse(frame);
    const known = typeof message === "object" && message !== null && "type" in message;
    return known ? (message as FromApp) : null;
  } catch {
    return null;
  }
}
