"""A film of a picture: the camera moves slowly into it. Needs the program `ffmpeg`."""

import shutil
import subprocess
import tempfile

import numpy as np

import doorstep as ds

WIDTH, HEIGHT, RATE = 320, 240, 12


def film(picture, seconds, progress=ds.Progress()):
    if picture is None:
        raise ds.Error("Choose a picture first.")
    if shutil.which("ffmpeg") is None:
        raise ds.Error("This app needs the program ffmpeg.")
    path = tempfile.mktemp(suffix=".mp4")  # noqa: S306  # a name for ffmpeg, which makes the file
    source = f"rawvideo -pixel_format rgb24 -video_size {WIDTH}x{HEIGHT} -framerate {RATE}".split()
    command = ["ffmpeg", "-loglevel", "error", "-f", *source, "-i", "-", "-pix_fmt", "yuv420p", path]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        count = int(seconds * RATE)
        for number in progress.tqdm(range(count), desc="Filming"):
            process.stdin.write(frame(picture, 1 - 0.5 * number / count).tobytes())
    return path


def frame(picture, share):
    """The middle `share` of a picture as (HEIGHT, WIDTH, 3) bytes."""
    rows = middle(picture.shape[0], share, HEIGHT)
    columns = middle(picture.shape[1], share, WIDTH)
    return np.ascontiguousarray(picture[rows][:, columns])


def middle(length, share, count):
    return (length * (0.5 + share * (np.arange(count) / count - 0.5))).astype(int)


app = ds.Interface(
    film,
    [ds.Image(label="Picture"), ds.Slider(1, 10, value=2, step=1, label="Seconds")],
    ds.Video(label="Film", autoplay=True),
    title="A film of a picture",
)

if __name__ == "__main__":
    app.launch()
