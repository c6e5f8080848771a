"""Sound in and out: an echo, and the picture of its loudness."""

import numpy as np

import doorstep as ds


def echo(sound, delay, strength):
    if sound is None:
        raise ds.Error("Record or upload something first.")
    rate, samples = sound
    samples = samples.astype(float)
    shift = int(rate * delay / 1000)
    out = np.concatenate([samples, np.zeros((shift, *samples.shape[1:]))])
    out[shift:] += samples * strength
    peak = np.abs(out).max() or 1.0
    return rate, (out / peak * 32767).astype("int16")


app = ds.Interface(
    echo,
    [
        ds.Audio(sources=["microphone", "upload"], label="Your sound"),
        ds.Slider(50, 1000, value=300, label="Delay (ms)"),
        ds.Slider(0, 1, value=0.6, label="Strength"),
    ],
    ds.Audio(label="With an echo"),
    examples=[[ds.get_audio("chime.wav"), 300, 0.6]],
    title="Echo",
)

if __name__ == "__main__":
    app.launch()
