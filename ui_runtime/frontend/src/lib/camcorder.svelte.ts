/** What a camera sees, recorded as a film. */

/** MP4 first: it says how long it is, and more programs read it. */
const KINDS = ["video/mp4;codecs=avc1.42E01E,mp4a.40.2", "video/mp4", "video/webm;codecs=vp8,opus", "video/webm"];

export class Camcorder {
  recording = $state(false);
  /** Since it began. */
  seconds = $state(0);
  #recorder: MediaRecorder | null = null;
  #clock: ReturnType<typeof setInterval> | undefined;

  /** Record until `stop`; then `onfilm` gets the film. Raises when the browser cannot. */
  start(stream: MediaStream, onfilm: (film: File) => void): void {
    const kind = KINDS.find((each) => MediaRecorder.isTypeSupported(each));
    const recorder = (this.#recorder = new MediaRecorder(stream, kind ? { mimeType: kind } : {}));
    const pieces: Blob[] = [];
    recorder.ondataavailable = ({ data }) => pieces.push(data);
    recorder.onstop = () => {
      const type = recorder.mimeType.split(";")[0] || "video/webm";
      const film = new File(pieces, `recording.${type.split("/")[1] ?? "webm"}`, { type });
      this.#over();
      if (film.size > 0) onfilm(film);
    };
    recorder.start();
    const began = performance.now();
    this.#clock = setInterval(() => (this.seconds = (performance.now() - began) / 1000), 200);
    this.recording = true;
  }

  stop(): void {
    if (this.#recorder?.state === "recording") this.#recorder.stop();
  }

  #over(): void {
    clearInterval(this.#clock);
    this.recording = false;
    this.seconds = 0;
    this.#recorder = null;
  }
}
