import { describe, expect, test } from "vitest";

import { clock } from "../src/lib/clock.ts";
import { WAV_HEADER, wavFile, wavForm } from "../src/lib/wav.ts";

describe("a WAV file", () => {
  test("says its rate and channels, and has the samples side by side", async () => {
    const file = wavFile([new Float32Array([0, 1, -2]), new Float32Array([0.5, -0.5, 0])], 8000, "a.wav");
    const bytes = await file.arrayBuffer();
    expect(wavForm(bytes)).toEqual({ rate: 8000, channels: 2 });
    expect([...new Int16Array(bytes.slice(WAV_HEADER))]).toEqual([0, 16384, 32767, -16383, -32767, 0]);
    expect([file.name, file.type, file.size]).toEqual(["a.wav", "audio/wav", WAV_HEADER + 12]);
  });

  test("is known by how it begins", () => {
    expect(wavForm(new TextEncoder().encode("ID3".padEnd(60)).buffer as ArrayBuffer)).toBeNull();
    expect(wavForm(new ArrayBuffer(3))).toBeNull();
  });
});

test("moments are read as people read them", () => {
  expect([0, 61.9, 3661, NaN].map(clock)).toEqual(["0:00", "1:01", "1:01:01", "–:––"]);
});
