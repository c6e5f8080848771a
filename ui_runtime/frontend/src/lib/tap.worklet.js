// Hands what the microphone hears to the page, a few hundredths of a second at a time. It runs in the browser's
// sound thread: see lib/microphone.svelte.ts.
const PIECE = 2048;

class Tap extends AudioWorkletProcessor {
  constructor() {
    super();
    this.piece = new Float32Array(PIECE);
    this.length = 0;
    this.port.onmessage = () => this.flush(true);
  }

  process([[channel] = []]) {
    if (channel) {
      this.piece.set(channel, this.length);
      this.length += channel.length;
      if (this.length + channel.length > PIECE) this.flush(false);
    }
    return true;
  }

  flush(last) {
    this.port.postMessage({ samples: this.piece.slice(0, this.length), last });
    this.length = 0;
  }
}

registerProcessor("doorstep-tap", Tap);
