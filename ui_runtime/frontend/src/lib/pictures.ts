/** Pictures as the browser knows them: their points, their files, and where they come from. */

import { t } from "./moreTexts.ts";
import type { FileValue } from "./upload.ts";

/** A message of the page holds a megabyte; a frame that takes part in one must be smaller. */
const MAX_FRAME = 900_000;

export type Point = [x: number, y: number];

/** The pixel of the picture itself at a point of the window; null beside what `object-fit: contain` shows. */
export function pixelAt(image: HTMLImageElement, clientX: number, clientY: number): Point | null {
  const { naturalWidth: width, naturalHeight: height } = image;
  const box = image.getBoundingClientRect();
  const scale = Math.min(box.width / width, box.height / height);
  const x = Math.floor((clientX - box.left - (box.width - width * scale) / 2) / scale);
  const y = Math.floor((clientY - box.top - (box.height - height * scale) / 2) / scale);
  return x >= 0 && y >= 0 && x < width && y < height ? [x, y] : null;
}

/** The canvas as an address that holds it, made smaller until it fits into a message. */
export function frameOf(canvas: HTMLCanvasElement): string {
  for (const quality of [0.85, 0.6, 0.3]) {
    const url = canvas.toDataURL("image/jpeg", quality);
    if (url.length < MAX_FRAME) return url;
  }
  return frameOf(halved(canvas));
}

function halved(canvas: HTMLCanvasElement): HTMLCanvasElement {
  const half = document.createElement("canvas");
  half.width = Math.ceil(canvas.width / 2);
  half.height = Math.ceil(canvas.height / 2);
  half.getContext("2d")?.drawImage(canvas, 0, 0, half.width, half.height);
  return half;
}

/** The files of these kinds in the clipboard. Raises with words for the person when there are none. */
export async function clipboardFiles(kind = "image/"): Promise<File[]> {
  const items = await navigator.clipboard.read().catch(() => {
    throw new Error(t.pasteDenied);
  });
  const files = await Promise.all(items.map((item) => fileOf(item, kind)));
  const found = files.filter((file) => file !== null);
  if (found.length === 0) throw new Error(t.pasteNothing);
  return found;
}

async function fileOf(item: ClipboardItem, kind: string): Promise<File | null> {
  const type = item.types.find((each) => each.startsWith(kind));
  if (!type) return null;
  const blob = await item.getType(type);
  return new File([blob], `pasted.${type.split("/")[1]?.split("+")[0] ?? "png"}`, { type });
}

/** Whether the browser gives this page's buttons the clipboard: on secure addresses only. */
export const canReadClipboard = (): boolean => isSecureContext && "read" in (navigator.clipboard ?? {});

/** What a file is called once it is downloaded. */
export function downloadName({ orig_name, url }: FileValue): string {
  if (orig_name) return orig_name;
  return `image.${/^data:image\/(\w+)/.exec(url)?.[1] ?? "png"}`;
}

/** Offer a file to whatever the person's system shares files with. */
export async function shareFile(url: string, name: string): Promise<void> {
  const blob = await (await fetch(url)).blob();
  const data = { files: [new File([blob], name, { type: blob.type })] };
  // A person who thinks better of it is no failure.
  if (navigator.canShare(data)) await navigator.share(data).catch(() => {});
}
