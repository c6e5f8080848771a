/** Sounds as WAV files of 16-bit samples: what every Python reads without another program. */

const HEADER = 44;

export interface WavForm {
  rate: number;
  channels: number;
}

/** A WAV file of these channels, which are equally long; samples are from -1 to 1. */
export function wavFile(channels: readonly Float32Array[], rate: number, name: string): File {
  const frames = channels[0]?.length ?? 0;
  const size = frames * channels.length * 2;
  const view = new DataView(new ArrayBuffer(HEADER + size));
  writeHeader(view, { rate, channels: channels.length }, size);
  let place = HEADER;
  for (let frame = 0; frame < frames; frame += 1)
    for (const channel of channels) {
      const sample = Math.max(-1, Math.min(1, channel[frame] ?? 0));
      view.setInt16(place, Math.round(sample * 0x7fff), true);
      place += 2;
    }
  return new File([view.buffer as ArrayBuffer], name, { type: "audio/wav" });
}

function writeHeader(view: DataView, { rate, channels }: WavForm, size: number): void {
  const text = (place: number, word: string) =>
    [...word].forEach((letter, index) => view.setUint8(place + index, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + size, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * channels * 2, true);
  view.setUint16(32, channels * 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, size, true);
}

/** What a file that begins so holds; null for one of another kind. */
export function wavForm(bytes: ArrayBuffer): WavForm | null {
  const view = new DataView(bytes);
  if (bytes.byteLength < HEADER || view.getUint32(0) !== 0x52494646) return null;
  return { channels: view.getUint16(22, true), rate: view.getUint32(24, true) };
}

/** The samples of `bytes`, from `start` on, as something that can be played. */
export function wavBuffer(bytes: ArrayBuffer, start: number, { rate, channels }: WavForm): AudioBuffer | null {
  const frames = Math.floor((bytes.byteLength - start) / (2 * channels));
  if (frames === 0) return null;
  const samples = new DataView(bytes, start);
  const buffer = new AudioBuffer({ length: frames, numberOfChannels: channels, sampleRate: rate });
  for (let channel = 0; channel < channels; channel += 1) {
    const target = buffer.getChannelData(channel);
    for (let frame = 0; frame < frames; frame += 1)
      target[frame] = samples.getInt16(2 * (frame * channels + channel), true) / 0x8000;
  }
  return buffer;
}
export { HEADER as WAV_HEADER };

/** The sound in these bytes, whatever format the browser knows, at this rate. */
export function decoded(bytes: ArrayBuffer, rate: number): Promise<AudioBuffer> {
  return new OfflineAudioContext(1, 1, rate).decodeAudioData(bytes);
}

export function channelsOf(buffer: AudioBuffer): Float32Array[] {
  return Array.from({ length: buffer.numberOfChannels }, (_, channel) => buffer.getChannelData(channel));
}

/** A file of any sound as a WAV file; itself when it is one. */
export async function asWav(file: File, rate = 44_100): Promise<File> {
  if (/^audio\/(x-|vnd\.)?wav/.test(file.type) || file.name.toLowerCase().endsWith(".wav")) return file;
  const buffer = await decoded(await file.arrayBuffer(), rate);
  return wavFile(channelsOf(buffer), rate, `${file.name.replace(/\.[^.]*$/, "")}.wav`);
}
