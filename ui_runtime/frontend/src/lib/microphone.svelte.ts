/** The person's microphone: asked for, recorded from, and let go; what goes wrong, in plain words.
 *
 *      off ─start→ starting → on ⇄ paused        any ─finish, stop→ off
 */

import tapUrl from "./tap.worklet.js?url&no-inline";
import { t } from "./moreTexts.ts";
import { wavFile } from "./wav.ts";

/** How many of the latest loudnesses are kept to be drawn. */
const LEVELS = 96;

export class Microphone {
  phase: "off" | "starting" | "on" | "paused" = $state("off");
  /** Why there is no sound. */
  problem: string | null = $state(null);
  /** It was unplugged, or taken away: what was heard before is there still. */
  lost = $state(false);
  /** How much is recorded. */
  seconds = $state(0);
  /** How loud it was lately, from 0 to 1. */
  levels: readonly number[] = $state.raw([]);
  /** Every microphone there is; browsers name them once one was on. */
  devices: readonly MediaDeviceInfo[] = $state.raw([]);

  #stream: MediaStream | null = null;
  #context: AudioContext | null = null;
  #tap: AudioWorkletNode | null = null;
  #pieces: Float32Array[] = [];
  #flushed: (() => void) | null = null;
  /** Rises with each start and stop: a microphone that answers late is not wanted any more. */
  #attempt = 0;

  /** Record from this microphone, or from the one that the browser prefers. Whether it does now. */
  async start(device = ""): Promise<boolean> {
    this.stop();
    const attempt = this.#attempt;
    this.problem = null;
    this.lost = false;
    this.phase = "starting";
    try {
      const stream = await open(device);
      if (attempt === this.#attempt) return await this.#listen(stream, attempt);
      letGo(stream);
    } catch (error) {
      if (attempt !== this.#attempt) return false;
      this.stop();
      this.problem = problemOf(error);
    }
    return false;
  }

  pause(): void {
    if (this.phase === "on") this.phase = "paused";
  }

  resume(): void {
    if (this.phase === "paused") this.phase = "on";
  }

  /** What was heard since it was started, or since this was called last; null if nothing was. */
  take(name: string): File | null {
    const rate = this.#context?.sampleRate ?? 0;
    const samples = joined(this.#pieces);
    this.#pieces = [];
    return samples.length > 0 ? wavFile([samples], rate, name) : null;
  }

  /** Stop, and take the rest. */
  async finish(name: string): Promise<File | null> {
    await this.#flush();
    const file = this.take(name);
    this.stop();
    return file;
  }

  /** Stop, and forget what was heard. */
  stop(): void {
    this.#attempt += 1;
    this.phase = "off";
    letGo(this.#stream);
    void this.#context?.close();
    this.#stream = this.#context = this.#tap = null;
    this.#pieces = [];
    this.seconds = 0;
    this.levels = [];
  }

  async #listen(stream: MediaStream, attempt: number): Promise<boolean> {
    this.#stream = stream;
    stream.getAudioTracks()[0]?.addEventListener("ended", () => (this.lost = stream === this.#stream));
    const context = (this.#context = new AudioContext());
    await context.audioWorklet.addModule(tapUrl);
    await context.resume();
    if (attempt !== this.#attempt) return false;
    const tap = (this.#tap = new AudioWorkletNode(context, "doorstep-tap", { channelCount: 1, channelCountMode: "explicit" }));
    tap.port.onmessage = ({ data }: MessageEvent<{ samples: Float32Array; last: boolean }>) => this.#hear(data);
    context.createMediaStreamSource(stream).connect(tap);
    this.phase = "on";
    this.devices = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "audioinput");
    return true;
  }

  #hear({ samples, last }: { samples: Float32Array; last: boolean }): void {
    if (this.phase === "on" && samples.length > 0) {
      this.#pieces.push(samples);
      this.seconds += samples.length / (this.#context?.sampleRate ?? Infinity);
      this.levels = [...this.levels.slice(1 - LEVELS), loudness(samples)];
    }
    if (last) this.#flushed?.();
  }

  /** What the sound thread holds back for a full piece. */
  async #flush(): Promise<void> {
    const tap = this.#tap;
    if (!tap) return;
    await new Promise<void>((resolve) => {
      this.#flushed = resolve;
      setTimeout(resolve, 500);
      tap.port.postMessage("flush");
    });
  }
}

function open(device: string): Promise<MediaStream> {
  // Browsers give pages the microphone on secure addresses only.
  if (!navigator.mediaDevices) return Promise.reject(new DOMException("", "SecurityError"));
  const audio = { channelCount: 1, ...(device ? { deviceId: { exact: device } } : {}) };
  return navigator.mediaDevices.getUserMedia({ audio });
}

function letGo(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

function joined(pieces: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let place = 0;
  for (const piece of pieces) {
    whole.set(piece, place);
    place += piece.length;
  }
  return whole;
}

/** Loudness as people hear it grows with the root of the power. */
function loudness(samples: Float32Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  return Math.min(1, 1.6 * power ** 0.25);
}

function problemOf(error: unknown): string {
  switch ((error as DOMException).name) {
    case "NotAllowedError":
      return t.microphoneDenied;
    case "NotFoundError":
    case "OverconstrainedError":
      return t.microphoneMissing;
    case "SecurityError":
      return t.microphoneInsecure;
    default:
      return t.microphoneFailed;
  }
}
