/** The picture of a sound, drawn by wavesurfer.js around an `audio` element that plays it. */

import WaveSurfer from "wavesurfer.js";
import RegionsPlugin, { type Region } from "wavesurfer.js/plugins/regions";

import { channelsOf, decoded } from "./wav.ts";

/** A picture needs few samples a second. */
const RATE = 8000;
/** Bytes; a longer sound is played without a picture, which would take more memory than it is worth. */
export const LARGEST = 48 * 2 ** 20;

export interface Colours {
  wave: string;
  progress: string;
  region: string;
}

export interface Trim {
  start: number;
  end: number;
}

export class Waveform {
  readonly #surfer: WaveSurfer;
  readonly #regions = RegionsPlugin.create();
  #region: Region | null = null;

  constructor(container: HTMLElement, media: HTMLMediaElement, colours: Colours) {
    this.#surfer = WaveSurfer.create({
      container,
      media,
      height: 64,
      barWidth: 3,
      barGap: 2,
      barRadius: 3,
      barMinHeight: 2,
      cursorWidth: 2,
      cursorColor: colours.progress,
      waveColor: colours.wave,
      progressColor: colours.progress,
      dragToSeek: true,
      normalize: true,
      plugins: [this.#regions],
      // It loads nothing by itself: what is drawn is decoded below.
      peaks: [[0]],
      duration: 1,
    });
  }

  /** Draw the sound in these bytes. Throws when the browser cannot decode them. */
  async draw(url: string, bytes: ArrayBuffer): Promise<void> {
    const buffer = await decoded(bytes, RATE);
    await this.#surfer.load(url, channelsOf(buffer), buffer.duration);
  }

  paint({ wave, progress }: Colours): void {
    this.#surfer.setOptions({ waveColor: wave, progressColor: progress, cursorColor: progress });
  }

  /** Show what is to be kept; `onchange` is told when it is dragged. */
  select(trim: Trim, color: string, onchange: (trim: Trim) => void): void {
    this.#region = this.#regions.addRegion({ ...trim, color, drag: true, resize: true, minLength: 0.05 });
    this.#regions.on("region-update", ({ start, end }) => onchange({ start, end }));
  }

  /** What is to be kept is another now. */
  reselect({ start, end }: Trim): void {
    this.#region?.setOptions({ start, end });
  }

  deselect(): void {
    this.#regions.clearRegions();
    this.#region = null;
  }

  destroy(): void {
    this.#surfer.destroy();
  }
}

/** The part of a sound between two moments, at this rate. */
export async function trimmed(bytes: ArrayBuffer, { start, end }: Trim, rate: number): Promise<Float32Array[]> {
  const buffer = await decoded(bytes, rate);
  return channelsOf(buffer).map((channel) => channel.slice(Math.round(start * rate), Math.round(end * rate)));
}
