/** The person's camera: asked for, shown, switched to another, and let go; what goes wrong, in plain words. */

import { t } from "./moreTexts.ts";

export interface CameraOptions {
  /** What the picture should be like, as `getUserMedia` takes it. */
  video?: MediaTrackConstraints | undefined;
  /** Whether its sound is wanted too. */
  audio?: boolean;
  /** Whether the person sees themselves as in a mirror; pictures taken are what they saw. */
  mirror?: boolean;
}

export class Camera {
  /** What the camera sees; null while it is off. */
  stream: MediaStream | null = $state.raw(null);
  /** The browser asks the person, or the camera warms up. */
  starting = $state(false);
  /** Why there is no picture. */
  problem: string | null = $state(null);
  /** Every camera there is; browsers name them once one is on. */
  devices: readonly MediaDeviceInfo[] = $state.raw([]);
  /** The one in use. */
  device = $state("");
  /** Whether the one in use looks away from the person. */
  #isBack = $state(false);
  /** Rises with each start and stop: a camera that answers late is not wanted any more. */
  #attempt = 0;

  constructor(private readonly options: () => CameraOptions) {}

  get mirrored(): boolean {
    return (this.options().mirror ?? true) && !this.#isBack;
  }

  /** Turn a camera on: this one, or the one that the browser prefers. */
  async start(device?: string): Promise<void> {
    this.stop();
    const attempt = this.#attempt;
    this.problem = null;
    this.starting = true;
    try {
      const stream = await this.#open(device);
      if (attempt !== this.#attempt) return letGo(stream);
      this.#show(stream);
      this.devices = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "videoinput");
    } catch (error) {
      if (attempt === this.#attempt) this.problem = problemOf(error);
    } finally {
      if (attempt === this.#attempt) this.starting = false;
    }
  }

  stop(): void {
    this.#attempt += 1;
    this.starting = false;
    letGo(this.stream);
    this.stream = null;
  }

  /** What the video shows now, in its own size, as a file; a browser that cannot write `type` writes PNG. */
  async picture(video: HTMLVideoElement, type = "image/webp", quality = 0.95): Promise<File> {
    const canvas = document.createElement("canvas");
    this.draw(video, canvas);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type, quality));
    if (!blob) throw new Error(t.cameraFailed);
    return new File([blob], `camera.${blob.type.replace("image/", "")}`, { type: blob.type });
  }

  /** Draw what the video shows, as the person sees it; the canvas takes the picture's size. */
  draw(video: HTMLVideoElement, canvas: HTMLCanvasElement): void {
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    const context = canvas.getContext("2d");
    if (this.mirrored) context?.setTransform(-1, 0, 0, 1, canvas.width, 0);
    context?.drawImage(video, 0, 0);
  }

  #open(device: string | undefined): Promise<MediaStream> {
    const { video = {}, audio = false } = this.options();
    const which = device ? { deviceId: { exact: device } } : {};
    // Browsers give pages the camera on secure addresses only.
    if (!navigator.mediaDevices) return Promise.reject(new DOMException("", "SecurityError"));
    const ask = (sound: boolean): Promise<MediaStream> =>
      navigator.mediaDevices.getUserMedia({ video: { ...video, ...which }, audio: sound });
    // Without a microphone, or without leave for it, a silent film is better than none.
    return audio ? ask(true).catch(() => ask(false)) : ask(false);
  }

  #show(stream: MediaStream): void {
    const [track] = stream.getVideoTracks();
    const { deviceId = "", facingMode } = track?.getSettings() ?? {};
    this.stream = stream;
    this.device = deviceId;
    this.#isBack = facingMode === "environment";
    track?.addEventListener("ended", () => {
      if (this.stream !== stream) return;
      this.stop();
      this.problem = t.cameraEnded;
    });
  }
}

/** The constraints of a `webcam_options` property: those of the video, whether or not they say so. */
export function videoConstraints(options: unknown): MediaTrackConstraints | undefined {
  const { constraints } = (options ?? {}) as { constraints?: (MediaTrackConstraints & { video?: unknown }) | null };
  const { video = constraints } = constraints ?? {};
  return typeof video === "object" && video !== null ? (video as MediaTrackConstraints) : undefined;
}

/** Whether a `webcam_options` property asks for a mirror, which it does unless it says otherwise. */
export function wantsMirror(options: unknown): boolean {
  return (options as { mirror?: boolean } | null | undefined)?.mirror !== false;
}

function letGo(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

function problemOf(error: unknown): string {
  switch ((error as DOMException).name) {
    case "NotAllowedError":
      return t.cameraDenied;
    case "NotFoundError":
      return t.cameraMissing;
    case "NotReadableError":
      return t.cameraBusy;
    case "OverconstrainedError":
      return t.cameraUnfit;
    case "SecurityError":
      return t.cameraInsecure;
    default:
      return t.cameraFailed;
  }
}
