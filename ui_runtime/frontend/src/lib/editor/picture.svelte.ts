/** The picture that is edited: a background, and layers of its size above it. Every change can be undone. */

import { onPixels } from "./crop.ts";
import { limited, within, type Box, type Size } from "./geometry.ts";
import { History } from "./history.ts";

export interface Layer {
  readonly id: number;
  readonly name: string;
  readonly visible: boolean;
  readonly canvas: HTMLCanvasElement;
}

/** Replaced as a whole; only pixels of its canvases are changed in place. */
interface State extends Size {
  readonly background: HTMLCanvasElement | null;
  /** From the lowest to the uppermost. */
  readonly layers: readonly Layer[];
  /** The layer that is drawn on. */
  readonly active: number;
}

const UNDO_BYTES = 256 * 2 ** 20;
/** What browsers give a canvas: phones less. */
const LARGEST = matchMedia("(pointer: coarse)").matches ? 2 ** 24 : 50_000_000;

let lastId = 0;

export class Picture {
  #state: State = $state.raw({ width: 1, height: 1, background: null, layers: [], active: 0 });
  /** Rises with every change that is to be seen. */
  revision = $state(0);
  readonly #history = new History(UNDO_BYTES);
  /** How often a canvas was drawn on, and a number that is another for other pixels. */
  readonly #marks = new WeakMap<HTMLCanvasElement, { count: number; version: number }>();

  constructor(size: Size, names: readonly string[]) {
    this.reset(size, names);
  }

  get size(): Size {
    return { width: this.#state.width, height: this.#state.height };
  }
  get background(): HTMLCanvasElement | null {
    return this.#state.background;
  }
  get layers(): readonly Layer[] {
    return this.#state.layers;
  }
  get active(): Layer {
    const { layers, active } = this.#state;
    return layers.find(({ id }) => id === active) ?? (layers.at(-1) as Layer);
  }
  get canUndo(): boolean {
    return this.revision >= 0 && this.#history.canUndo;
  }
  get canRedo(): boolean {
    return this.revision >= 0 && this.#history.canRedo;
  }
  /** Whether nothing was drawn, and nothing given to draw on. */
  get isBlank(): boolean {
    return this.revision >= 0 && !this.#state.background && this.#state.layers.every(({ canvas }) => !this.#count(canvas));
  }

  /** Which pixels a canvas has: another number, other pixels. */
  version(canvas: HTMLCanvasElement): number {
    return this.#marks.get(canvas)?.version ?? 0;
  }

  // -- as a whole --

  /** A blank picture, or one that the app gave. It cannot be undone. */
  reset(size: Size, names: readonly string[], background: HTMLCanvasElement | null = null, given: HTMLCanvasElement[] = []): void {
    const count = Math.max(names.length, given.length);
    const layers = Array.from({ length: count }, (_, index) => {
      const canvas = given[index] ?? blank(size);
      if (given[index]) this.#mark(canvas, 1);
      return layerOf(names[index] ?? `Layer ${index + 1}`, canvas);
    });
    this.#history.clear();
    this.#state = { ...size, background, layers, active: (layers[0] as Layer).id };
    this.revision += 1;
  }

  /** The same canvas with nothing on it. */
  clear(size: Size, names: readonly string[]): void {
    const layers = names.map((name) => layerOf(name, blank(size)));
    this.#change({ ...size, background: null, layers, active: (layers[0] as Layer).id });
  }

  /** A new background: the canvas takes its size, or is `fixed` and has it in its middle. */
  paper(image: CanvasImageSource & Size, fixed: boolean): void {
    const { width, height } = this.#state;
    const size = fixed ? { width, height } : limited(image, LARGEST);
    const background = blank(size);
    const scale = Math.min(size.width / image.width, size.height / image.height);
    const [w, h] = [image.width * scale, image.height * scale];
    context(background).drawImage(image, (size.width - w) / 2, (size.height - h) / 2, w, h);
    const layers = this.#state.layers.map((layer) =>
      same(layer.canvas, size) ? layer : { ...layer, canvas: this.#copy(layer.canvas, { x: 0, y: 0, ...size }) },
    );
    this.#change({ ...this.#state, ...size, background, layers });
  }

  crop(wanted: Box): void {
    const box = onPixels(wanted, this.#state);
    if (same(box, this.#state)) return;
    this.#redraw(box, (canvas) => this.#copy(canvas, box));
  }

  resize(size: Size): void {
    const wanted = limited({ width: Math.round(size.width), height: Math.round(size.height) }, LARGEST);
    if (!same(wanted, this.#state)) this.#redraw(wanted, (canvas) => this.#copy(canvas, { x: 0, y: 0, ...this.#state }, wanted));
  }

  /** The background and the layers that are seen, as one. Who draws on nothing draws on white paper. */
  composite(): HTMLCanvasElement {
    const whole = this.#state.background ? part(this.#state.background, { x: 0, y: 0, ...this.#state }) : white(this.#state);
    const onto = context(whole);
    for (const { visible, canvas } of this.#state.layers) if (visible) onto.drawImage(canvas, 0, 0);
    return whole;
  }

  // -- layers --

  choose(id: number): void {
    this.#state = { ...this.#state, active: id };
  }

  addLayer(name: string): void {
    const layer = layerOf(name, blank(this.#state));
    this.#change({ ...this.#state, layers: [...this.#state.layers, layer], active: layer.id });
  }

  removeLayer(id: number): void {
    const layers = this.#state.layers.filter((layer) => layer.id !== id);
    if (layers.length === 0) return;
    const active = this.#state.active === id ? (layers.at(-1) as Layer).id : this.#state.active;
    this.#change({ ...this.#state, layers, active });
  }

  /** `by` 1 is one up, -1 one down. */
  moveLayer(id: number, by: number): void {
    const layers = [...this.#state.layers];
    const from = layers.findIndex((layer) => layer.id === id);
    const to = from + by;
    if (from < 0 || to < 0 || to >= layers.length) return;
    layers.splice(to, 0, ...layers.splice(from, 1));
    this.#change({ ...this.#state, layers });
  }

  showLayer(id: number, visible: boolean): void {
    const layers = this.#state.layers.map((layer) => (layer.id === id ? { ...layer, visible } : layer));
    this.#change({ ...this.#state, layers });
  }

  // -- drawing --

  /** The active layer is drawn on in this box. `before` has its pixels there, with `before`'s own corner at the box's. */
  drawn(where: Box, before: (box: Box) => HTMLCanvasElement, draw: (layer: CanvasRenderingContext2D) => void): void {
    const box = within(where, this.#state);
    if (!box) return;
    const { canvas } = this.active;
    let pixels = before(box);
    draw(context(canvas));
    const swap = (by: number) => {
      const others = part(canvas, box);
      const onto = context(canvas);
      onto.clearRect(box.x, box.y, box.width, box.height);
      onto.drawImage(pixels, box.x, box.y);
      pixels = others;
      this.#mark(canvas, by);
    };
    this.#mark(canvas, 1);
    this.#history.add({ cost: 4 * box.width * box.height, undo: () => swap(-1), redo: () => swap(1) });
    this.revision += 1;
  }

  undo(): void {
    this.#history.undo();
    this.revision += 1;
  }

  redo(): void {
    this.#history.redo();
    this.revision += 1;
  }

  // -- helpers --

  #change(after: State): void {
    const before = this.#state;
    this.#state = after;
    const cost = costOf(before, after);
    this.#history.add({ cost, undo: () => (this.#state = before), redo: () => (this.#state = after) });
    this.revision += 1;
  }

  #redraw(size: Size, make: (canvas: HTMLCanvasElement) => HTMLCanvasElement): void {
    const { background, layers } = this.#state;
    this.#change({
      ...this.#state,
      width: size.width,
      height: size.height,
      background: background && make(background),
      layers: layers.map((layer) => ({ ...layer, canvas: make(layer.canvas) })),
    });
  }

  #copy(canvas: HTMLCanvasElement, box: Box, size: Size = box): HTMLCanvasElement {
    const copy = part(canvas, box, size);
    this.#mark(copy, this.#count(canvas));
    return copy;
  }

  #count(canvas: HTMLCanvasElement): number {
    return this.#marks.get(canvas)?.count ?? 0;
  }

  #mark(canvas: HTMLCanvasElement, by: number): void {
    const { count, version } = this.#marks.get(canvas) ?? { count: 0, version: 0 };
    this.#marks.set(canvas, { count: count + by, version: version + 1 });
  }
}

export function blank({ width, height }: Size): HTMLCanvasElement {
  return Object.assign(document.createElement("canvas"), { width, height });
}

export function white(size: Size): HTMLCanvasElement {
  const canvas = blank(size);
  const onto = context(canvas);
  onto.fillStyle = "#fff";
  onto.fillRect(0, 0, size.width, size.height);
  return canvas;
}

export function context(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  return canvas.getContext("2d") as CanvasRenderingContext2D;
}

/** A part of a canvas, scaled if another size is wanted. */
export function part(canvas: HTMLCanvasElement, box: Box, size: Size = box): HTMLCanvasElement {
  const copy = blank(size);
  const onto = context(copy);
  onto.imageSmoothingQuality = "high";
  onto.drawImage(canvas, box.x, box.y, box.width, box.height, 0, 0, size.width, size.height);
  return copy;
}

function layerOf(name: string, canvas: HTMLCanvasElement): Layer {
  return { id: (lastId += 1), name, visible: true, canvas };
}

function same(a: Size, b: Size): boolean {
  return a.width === b.width && a.height === b.height;
}

/** The bytes of the canvases that only one of the two states has. */
function costOf(before: State, after: State): number {
  const [old, fresh] = [before, after].map(({ background, layers }) => [background, ...layers.map(({ canvas }) => canvas)]);
  const gone = (old ?? []).filter((canvas) => canvas && !fresh?.includes(canvas));
  return gone.reduce((sum, canvas) => sum + 4 * (canvas?.width ?? 0) * (canvas?.height ?? 0), 0);
}
