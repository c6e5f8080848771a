/** What a gallery holds, and how it moves from one to the next. */

import type { FileValue } from "./upload.ts";

export interface Item {
  image?: FileValue;
  video?: FileValue;
  caption?: string | null;
}

/** Pixels between two tiles, and what a tile is at least wide. */
export const GAP = 10;
const NARROWEST = 84;

export function fileOf({ image, video }: Item): FileValue {
  return video ?? image ?? { path: "", url: "" };
}

/** What a person uploaded, as the gallery keeps it. */
export function itemOf(file: FileValue): Item {
  return file.mime_type?.startsWith("video/") ? { video: file, caption: null } : { image: file, caption: null };
}

/** Where a key leads from `index` among `count`, `row` of them beside each other; null if nowhere. */
export function moved(key: string, index: number, count: number, row = 1, rtl = false): number | null {
  const steps: Record<string, number> = {
    ArrowLeft: rtl ? 1 : -1,
    ArrowRight: rtl ? -1 : 1,
    ArrowUp: -row,
    ArrowDown: row,
    Home: -index,
    End: count - 1 - index,
  };
  const to = index + (steps[key] ?? 0);
  return key in steps && to >= 0 && to < count ? to : null;
}

/** How many tiles stand beside each other: what the app asks for, as far as there are so many and there is room. */
export function columnsFor(wanted: number, count: number, width: number, fit: boolean): number {
  const room = Math.max(1, Math.floor((width + GAP) / (NARROWEST + GAP)));
  return Math.max(1, Math.min(wanted, room, fit ? Math.max(1, count) : wanted));
}

export const isRtl = (element: Element): boolean => getComputedStyle(element).direction === "rtl";
