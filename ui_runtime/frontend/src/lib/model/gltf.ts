/** glTF files as one piece. Their parts may be addresses that hold the data (`data:…`), which the page's content
    policy keeps the loader from fetching: they are put into a GLB, where nothing is left to be fetched. */

interface BufferView {
  buffer: number;
  byteOffset?: number;
  byteLength?: number;
}
interface Gltf {
  buffers?: { uri?: string; byteLength: number }[];
  bufferViews?: BufferView[];
  images?: { uri?: string; mimeType?: string; bufferView?: number }[];
}

const MAGIC = 0x46546c67;
const JSON_CHUNK = 0x4e4f534a;
const BINARY_CHUNK = 0x004e4942;

const aligned = (length: number): number => Math.ceil(length / 4) * 4;

/** The GLB of a `.gltf` text. Throws for one whose parts are files beside it, which the page does not have. */
export function glbOf(text: string): ArrayBuffer {
  const gltf = JSON.parse(text) as Gltf;
  const parts: Uint8Array[] = [];
  let length = 0;
  const put = (data: Uint8Array): number => {
    const start = length;
    parts.push(data, new Uint8Array(aligned(data.length) - data.length));
    length += aligned(data.length);
    return start;
  };

  const starts = (gltf.buffers ?? []).map(({ uri }) => put(bytesOf(uri)));
  const views = (gltf.bufferViews ?? []).map((view) => ({
    ...view,
    buffer: 0,
    byteOffset: (view.byteOffset ?? 0) + (starts[view.buffer] ?? 0),
  }));
  const images = (gltf.images ?? []).map((image) => {
    if (image.uri === undefined) return image;
    const data = bytesOf(image.uri);
    views.push({ buffer: 0, byteOffset: put(data), byteLength: data.length });
    return { mimeType: image.mimeType ?? typeOf(image.uri), bufferView: views.length - 1 };
  });
  return packed({ ...gltf, buffers: [{ byteLength: length }], bufferViews: views, images }, parts, length);
}

function bytesOf(uri: string | undefined): Uint8Array {
  const [, base64] = /^data:[^,]*;base64,(.*)$/s.exec(uri ?? "") ?? [];
  if (base64 === undefined) throw new Error(uri ?? "");
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

function typeOf(uri: string): string {
  return /^data:([^;,]*)/.exec(uri)?.[1] || "image/png";
}

function packed(gltf: object, parts: readonly Uint8Array[], length: number): ArrayBuffer {
  const text = new TextEncoder().encode(JSON.stringify(gltf));
  const room = aligned(text.length);
  const glb = new Uint8Array(12 + 8 + room + 8 + length);
  const words = new DataView(glb.buffer);
  for (const [index, word] of [MAGIC, 2, glb.length, room, JSON_CHUNK].entries()) words.setUint32(4 * index, word, true);
  glb.fill(0x20, 20 + text.length, 20 + room);
  glb.set(text, 20);
  words.setUint32(20 + room, length, true);
  words.setUint32(24 + room, BINARY_CHUNK, true);
  let place = 28 + room;
  for (const part of parts) {
    glb.set(part, place);
    place += part.length;
  }
  return glb.buffer;
}
