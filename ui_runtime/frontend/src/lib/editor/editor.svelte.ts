/** The state of one editor: the tool in the hand, where the picture lies, and what the app knows of it. */

import type { App } from "../app.svelte.ts";
import type { ComponentNode } from "../node.svelte.ts";
import { same } from "../same.ts";
import { t } from "../texts.ts";
import type { FileValue } from "../upload.ts";
import { canvasOf as canvasOfImage, imageOf, load, NOTHING, Saver, valueOf } from "./files.ts";
import { clamp, fitted, moved, toPicture, zoomed, type Box, type Point, type Size, type View } from "./geometry.ts";
import { Painter } from "./painter.ts";
import { blank, context, Picture } from "./picture.svelte.ts";
import { brushOf, canvasOf, layersOf, pixelsOf, radiusOf, type Colour } from "./tools.ts";

export type Tool = "brush" | "eraser" | "pan" | "crop" | "resize";

export class Editor {
  readonly picture: Picture;
  readonly painter: Painter;
  readonly saver: Saver;
  tool: Tool = $state("pan");
  view: View = $state.raw({ scale: 1, x: 0, y: 0 });
  stage: Size = $state.raw({ width: 1, height: 1 });
  /** Whether the person chose to draw on a blank canvas. */
  started = $state(false);
  /** What a crop would keep. */
  kept: Box | null = $state.raw(null);
  /** The radii that the person chose. */
  #radius: { brush: number | null; eraser: number | null } = $state({ brush: null, eraser: null });
  #colour: Colour | null = $state.raw(null);
  /** Whether the whole picture is shown, however the stage changes. */
  #isFitted = true;
  /** The value that the picture shows. */
  #known: unknown = undefined;
  /** The revision of the picture that the value names, and whether it names all of it. */
  #saved = 0;
  #isComplete = true;
  #saving: Promise<void> | null = null;

  constructor(
    private readonly app: App,
    private readonly node: ComponentNode,
  ) {
    this.picture = new Picture(canvasOf(node.props), layersOf(node.props["layers"]).names);
    this.painter = new Painter(this.picture);
    this.saver = new Saver(this.picture, (files) => app.upload(files, () => {}));
    this.#saved = this.picture.revision;
  }

  // -- tools --

  readonly brush = $derived.by(() => brushOf(this.node.props["brush"]));
  readonly hasEraser = $derived.by(() => this.node.props["eraser"] != null);
  readonly colour: Colour = $derived.by(() => this.#colour ?? this.brush?.colour ?? { css: "#000000", opacity: 1 });

  chooseColour(colour: Colour): void {
    this.#colour = colour;
  }

  /** The radius of the tool in the hand, in pixels of the picture. */
  get radius(): number {
    const kind = this.tool === "eraser" ? "eraser" : "brush";
    return this.#radius[kind] ?? pixelsOf(radiusOf(this.node.props[kind]), this.picture.size);
  }
  set radius(pixels: number) {
    this.#radius[this.tool === "eraser" ? "eraser" : "brush"] = clamp(Math.round(pixels), 1, this.largestRadius);
  }
  get largestRadius(): number {
    return Math.max(10, Math.round(Math.max(this.picture.size.width, this.picture.size.height) / 8));
  }

  get isDrawing(): boolean {
    return this.tool === "brush" || this.tool === "eraser";
  }

  choose(tool: Tool): void {
    this.tool = tool;
    this.started = true;
    this.kept = tool === "crop" ? { x: 0, y: 0, ...this.picture.size } : null;
    if (tool === "crop") this.fit();
  }

  /** The tool that a person most likely wants first. */
  ready(): void {
    this.tool = this.brush ? "brush" : "pan";
    this.kept = null;
  }

  // -- where the picture lies --

  measure(stage: Size): void {
    this.stage = stage;
    if (this.#isFitted) this.fit();
  }

  fit(): void {
    this.#isFitted = true;
    this.view = fitted(this.picture.size, this.stage);
  }

  zoom(factor: number, at: Point = { x: this.stage.width / 2, y: this.stage.height / 2 }): void {
    this.#isFitted = false;
    this.view = moved(zoomed(this.view, factor, at), 0, 0, this.picture.size, this.stage);
  }

  move(dx: number, dy: number): void {
    this.#isFitted = false;
    this.view = moved(this.view, dx, dy, this.picture.size, this.stage);
  }

  /** Whether a part of the picture is out of sight. */
  get overflows(): boolean {
    const { width, height } = this.picture.size;
    return width * this.view.scale > this.stage.width + 1 || height * this.view.scale > this.stage.height + 1;
  }

  inPicture(at: Point): Point {
    return toPicture(this.view, at);
  }

  // -- what the person does --

  begin(at: Point): void {
    if (!this.picture.active.visible) this.picture.showLayer(this.picture.active.id, true);
    this.painter.begin(this.inPicture(at), this.radius, this.tool === "eraser" ? null : this.colour);
  }

  finish(): void {
    this.painter.finish();
    this.changed();
  }

  undo(): void {
    this.#resizing(() => this.picture.undo());
  }

  redo(): void {
    this.#resizing(() => this.picture.redo());
  }

  crop(): void {
    const { kept } = this;
    if (kept) this.#resizing(() => this.picture.crop(kept));
    this.ready();
  }

  resize(size: Size): void {
    this.#resizing(() => this.picture.resize(size));
    this.ready();
  }

  clear(): void {
    this.#resizing(() => this.picture.clear(canvasOf(this.node.props), layersOf(this.node.props["layers"]).names));
    this.started = false;
    this.ready();
    this.node.fire("clear");
  }

  /** A picture that was uploaded, pasted or taken is the background now. */
  async take(file: FileValue): Promise<void> {
    const image = await imageOf(this.app.url(file.url));
    this.#resizing(() => this.picture.paper(image, this.node.flag("fixed_canvas")));
    this.#knowBackground(file, image);
    this.ready();
    this.node.fire("upload");
  }

  /** The person has changed the picture: the value follows, at once if anybody waits for it. */
  changed(): void {
    if (this.node.listens("change") || this.node.listens("input")) void this.settle()?.catch(() => {});
  }

  #resizing(change: () => void): void {
    const { width, height } = this.picture.size;
    change();
    if (this.picture.size.width !== width || this.picture.size.height !== height) this.fit();
    this.kept = null;
    this.changed();
  }

  // -- the value --

  /** Show the component's value, if the app changed it. */
  async show(value: unknown): Promise<void> {
    if (value === this.#known) return;
    this.#known = value;
    const parts = valueOf(value);
    const loaded = await load(parts, (path) => this.app.url(path));
    if (this.#known !== value) return; // it changed again meanwhile
    const fixed = this.node.flag("fixed_canvas") || !loaded;
    const size = fixed ? canvasOf(this.node.props) : { width: loaded.width, height: loaded.height };
    const background = loaded?.background ? onPaper(loaded.background, size) : null;
    const layers = (loaded?.layers ?? []).map((image) => canvasOfImage(image, size));
    this.picture.reset(size, layersOf(this.node.props["layers"]).names, background, layers);
    if (parts.background && loaded?.background) this.#knowBackground(parts.background, loaded.background);
    for (const [index, file] of parts.layers.entries())
      if (isWhole(loaded?.layers[index], size)) this.saver.know(layers[index] as HTMLCanvasElement, file);
    this.#saved = this.picture.revision;
    this.#isComplete = !loaded || (parts.composite !== null && parts.layers.length > 0);
    this.started = loaded !== null;
    this.ready();
    this.fit();
  }

  /** What there is to wait for until the value names the picture as it is; null when it does. */
  settle(): Promise<void> | null {
    const isOld = this.picture.revision !== this.#saved;
    if (!isOld && this.#isComplete && !this.#saving) return this.node.value === null ? this.#enterNothing() : null;
    this.#saving ??= this.#save().finally(() => (this.#saving = null));
    return this.#saving;
  }

  #enterNothing(): null {
    this.node.value = this.#known = NOTHING;
    return null;
  }

  async #save(): Promise<void> {
    while (this.picture.revision !== this.#saved || !this.#isComplete) {
      const { revision } = this.picture;
      const isEdited = revision !== this.#saved;
      const before = this.node.value;
      const value = await this.#uploaded();
      // The app gave another value meanwhile: that is the one.
      if (this.node.value !== before) return;
      this.#saved = revision;
      this.#isComplete = true;
      this.#known = same(value, before) ? before : value;
      if (isEdited) this.node.enter(value);
      else this.node.value = this.#known = value;
    }
  }

  async #uploaded() {
    try {
      return await this.saver.save();
    } catch (error) {
      this.node.failure = { title: t.uploadFailed, message: (error as Error).message, traceback: null };
      throw error;
    }
  }

  /** The file is the background as it was given, unless it had to be fitted in. */
  #knowBackground(file: FileValue, image: HTMLImageElement): void {
    const { background } = this.picture;
    if (background && isWhole(image, background)) this.saver.know(background, file);
  }
}

function isWhole(image: HTMLImageElement | undefined, { width, height }: Size): boolean {
  return image?.naturalWidth === width && image.naturalHeight === height;
}

/** A picture of the canvas's size, or made as big as fits in its middle. */
function onPaper(image: HTMLImageElement, size: Size): HTMLCanvasElement {
  const canvas = blank(size);
  const scale = Math.min(size.width / image.naturalWidth, size.height / image.naturalHeight);
  const [width, height] = [image.naturalWidth * scale, image.naturalHeight * scale];
  context(canvas).drawImage(image, (size.width - width) / 2, (size.height - height) / 2, width, height);
  return canvas;
}
