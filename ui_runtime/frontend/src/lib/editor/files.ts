/** The picture from the app's files, and back: only what changed is uploaded. */

import type { FileValue } from "../upload.ts";
import type { Size } from "./geometry.ts";
import { blank, context, white, type Picture } from "./picture.svelte.ts";

/** The wire value. */
export interface EditorValue {
  background: FileValue | null;
  layers: FileValue[];
  composite: FileValue | null;
  id: null;
}

export const NOTHING: EditorValue = { background: null, layers: [], composite: null, id: null };

/** The pictures that a value names. */
export interface Loaded extends Size {
  background: HTMLImageElement | null;
  layers: HTMLImageElement[];
}

export function valueOf(wire: unknown): EditorValue {
  const { background = null, layers = null, composite = null } = (wire ?? {}) as Partial<EditorValue>;
  return { background, layers: (layers ?? []).filter(Boolean), composite, id: null };
}

/** Null for a value that names nothing. Throws for a picture that cannot be had. */
export async function load({ background, layers, composite }: EditorValue, url: (path: string) => string): Promise<Loaded | null> {
  const under = background ?? (layers.length === 0 ? composite : null);
  const fetch = (file: FileValue) => imageOf(url(file.url));
  const [paper, ...sheets] = await Promise.all([under ? fetch(under) : null, ...layers.map(fetch)]);
  const first = paper ?? sheets[0];
  if (!first) return null;
  return { width: first.naturalWidth, height: first.naturalHeight, background: paper ?? null, layers: sheets as HTMLImageElement[] };
}

export async function imageOf(address: string): Promise<HTMLImageElement> {
  const image = new Image();
  // Of another place only what that place lets pages read: pixels that may not be read could not be sent.
  if (new URL(address).origin !== location.origin) image.crossOrigin = "anonymous";
  image.src = address;
  await image.decode();
  return image;
}

export function canvasOf(image: HTMLImageElement, size: Size): HTMLCanvasElement {
  const canvas = blank(size);
  context(canvas).drawImage(image, 0, 0);
  return canvas;
}

type Upload = (files: File[]) => Promise<FileValue[]>;

export class Saver {
  readonly #files = new WeakMap<HTMLCanvasElement, { version: number; file: FileValue }>();
  #paper: HTMLCanvasElement | null = null;

  constructor(
    private readonly picture: Picture,
    private readonly upload: Upload,
  ) {}

  /** The app has these pixels as this file. */
  know(canvas: HTMLCanvasElement, file: FileValue): void {
    if (file.path) this.#files.set(canvas, { version: this.picture.version(canvas), file });
  }

  /** The value of the picture as it is now. */
  async save(): Promise<EditorValue> {
    const { picture } = this;
    if (picture.isBlank) return NOTHING;
    const background = picture.background ?? this.#white();
    const parts: [string, HTMLCanvasElement][] = [
      ["background.png", background],
      ...picture.layers.map(({ canvas }): [string, HTMLCanvasElement] => ["layer.png", canvas]),
      ["composite.png", picture.composite()],
    ];
    const versions = parts.map(([, canvas]) => picture.version(canvas));
    const fresh = parts.filter(([, canvas], index) => this.#files.get(canvas)?.version !== versions[index]);
    // All are read before the first wait: what is drawn meanwhile belongs to the next value.
    const sent = await this.upload(await Promise.all(fresh.map(([name, canvas]) => fileOf(name, canvas))));
    for (const [index, [, canvas]] of fresh.entries())
      this.#files.set(canvas, {
        version: versions[parts.findIndex(([, each]) => each === canvas)] ?? 0,
        file: sent[index] as FileValue,
      });
    const [first, ...rest] = parts.map(([, canvas]) => this.#files.get(canvas)?.file as FileValue);
    const composite = rest.pop() as FileValue;
    return { background: first as FileValue, layers: rest, composite, id: null };
  }

  #white(): HTMLCanvasElement {
    const { width, height } = this.picture.size;
    if (this.#paper?.width !== width || this.#paper.height !== height) this.#paper = white({ width, height });
    return this.#paper;
  }
}

export async function fileOf(name: string, canvas: HTMLCanvasElement): Promise<File> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new Error(`${canvas.width} × ${canvas.height}`);
  return new File([blob], name, { type: "image/png" });
}

/** What a value looks like as a whole, as a file of its own. */
export async function composed(value: EditorValue, url: (path: string) => string): Promise<File> {
  const loaded = await load(value, url);
  if (!loaded) throw new Error("there is nothing to be seen");
  const whole = blank(loaded);
  for (const image of [loaded.background, ...loaded.layers]) if (image) context(whole).drawImage(image, 0, 0);
  return fileOf("image.png", whole);
}
