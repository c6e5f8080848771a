/** A sound that grows while it is played: pieces are fetched as they come and put one after another, without gaps. */

import { wavBuffer, wavForm, WAV_HEADER, type WavForm } from "./wav.ts";

/** Seconds between a piece's arrival and its sound, when nothing plays before it. */
const LEAD = 0.05;

export class SoundStream {
  playing = $state(false);
  /** Seconds. */
  received = $state(0);
  heard = $state(0);
  #context = new AudioContext();
  #volume = this.#context.createGain();
  #form: WavForm | null = null;
  #size: number;
  /** When the last piece will be over, by the context's clock. */
  #end = 0;
  #fetching: Promise<void> = Promise.resolve();

  /** What there is to hear begins after `start` bytes of the file. */
  constructor(
    private readonly url: string,
    start = 0,
  ) {
    this.#size = start;
    if (start > 0) this.#fetching = this.#bytes(0, WAV_HEADER).then((bytes) => void (this.#form = wavForm(bytes)));
    this.#volume.connect(this.#context.destination);
    void this.#context.suspend();
  }

  /** The file has `size` bytes now. */
  grow(size: number): void {
    if (size <= this.#size) return;
    const start = this.#size;
    this.#size = size;
    this.#fetching = this.#fetching.then(() => this.#fetch(start, size)).catch((error) => console.error(error));
  }

  /** All that was announced is here. */
  settled(): Promise<void> {
    return this.#fetching;
  }

  async play(): Promise<void> {
    await this.#context.resume();
    this.playing = this.#context.state === "running";
  }

  async pause(): Promise<void> {
    this.playing = false;
    await this.#context.suspend();
  }

  set volume(volume: number) {
    this.#volume.gain.value = volume;
  }

  /** Brings `heard` up to date. Whether there is more to hear of what is here. */
  look(): boolean {
    const left = Math.max(0, this.#end - this.#context.currentTime);
    this.heard = Math.max(0, this.received - left);
    return left > 0;
  }

  close(): void {
    if (this.#context.state !== "closed") void this.#context.close();
  }

  async #fetch(start: number, size: number): Promise<void> {
    const piece = await this.#decode(await this.#bytes(start, size), start);
    if (piece && this.#context.state !== "closed") this.#add(piece);
  }

  async #bytes(start: number, end: number): Promise<ArrayBuffer> {
    const answer = await fetch(this.url, { headers: { Range: `bytes=${start}-${end - 1}` }, cache: "no-store" });
    return answer.arrayBuffer();
  }

  async #decode(bytes: ArrayBuffer, start: number): Promise<AudioBuffer | null> {
    if (start === 0) this.#form = wavForm(bytes);
    if (this.#form) return wavBuffer(bytes, start === 0 ? WAV_HEADER : 0, this.#form);
    return this.#context.decodeAudioData(bytes);
  }

  #add(piece: AudioBuffer): void {
    const source = new AudioBufferSourceNode(this.#context, { buffer: piece });
    source.connect(this.#volume);
    this.#end = Math.max(this.#end, this.#context.currentTime + LEAD);
    source.start(this.#end);
    this.#end += piece.duration;
    this.received += piece.duration;
  }
}
