"""Makes the small pictures, sounds, films and models that `doorstep.media` hands out, all of it our own work.

    python -m scripts.make_media

They are committed, so nothing but this script needs what it needs: numpy, Pillow, and ffmpeg for the film and
the MP3. The same versions of these make the same bytes.
"""

from __future__ import annotations

import base64
import io
import json
import math
import struct
import subprocess
import wave
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image, ImageDraw

FOLDER: Final = Path(__file__).resolve().parent.parent / "ui_runtime" / "doorstep" / "media_files"
RATE: Final = 16_000
Array = np.ndarray[Any, Any]


def main() -> None:
    for make in (make_images, make_sounds, make_film, make_data, make_models):
        make()
    files = sorted(path for path in FOLDER.rglob("*") if path.is_file())
    for path in files:
        print(f"{path.stat().st_size:>8,}  {path.relative_to(FOLDER)}")
    print(f"{sum(path.stat().st_size for path in files):>8,}")


def put(name: str, data: bytes | str) -> None:
    path = FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)


# -- pictures --------------------------------------------------------------------------------------


def make_images() -> None:
    put("images/lighthouse.png", saved(lighthouse(480, 360).quantize(64), "PNG", optimize=True))
    put("images/hills.jpg", saved(hills(480, 320), "JPEG", quality=82))
    put("images/avatar.png", saved(avatar(128), "PNG", optimize=True))
    frames = [moon(72, step / 10).quantize(16) for step in range(10)]
    more = {"save_all": True, "append_images": frames[1:], "duration": 120, "loop": 0}
    put("images/moon.gif", saved(frames[0], "GIF", **more))


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def sky(width: int, height: int, top: tuple[int, ...], bottom: tuple[int, ...]) -> Image.Image:
    share = np.linspace(0, 1, height)[:, None, None]
    colours = np.array(top) * (1 - share) + np.array(bottom) * share
    return Image.fromarray(np.broadcast_to(colours, (height, width, 3)).astype(np.uint8))


def lighthouse(width: int, height: int) -> Image.Image:
    """Drawn twice as big, then made smaller: its edges are smooth."""
    picture = sky(2 * width, 2 * height, (32, 58, 92), (240, 176, 120))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 500, 960, 720), fill=(28, 84, 100))
    for row, shade in zip(range(520, 720, 28), range(8), strict=False):
        draw.line((0, row, 960, row), fill=(40 + 6 * shade, 100 + 8 * shade, 118 + 8 * shade), width=4)
    draw.polygon([(560, 560), (960, 470), (960, 720), (480, 720)], fill=(46, 52, 48))
    for stripe in range(6):
        low, high = 520 - 60 * stripe, 460 - 60 * stripe
        inset = 5 * stripe
        shape = [(690 + inset, low), (810 - inset, low), (805 - inset, high), (695 + inset, high)]
        draw.polygon(shape, fill=(236, 232, 222) if stripe % 2 else (178, 52, 44))
    draw.polygon([(750, 125), (40, 40), (40, 190)], fill=(250, 222, 160))
    draw.rectangle((716, 100, 784, 160), fill=(252, 236, 170))
    draw.polygon([(704, 100), (796, 100), (750, 60)], fill=(60, 44, 44))
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def hills(width: int, height: int) -> Image.Image:
    picture = sky(2 * width, 2 * height, (120, 170, 214), (246, 232, 208))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((640, 90, 760, 210), fill=(255, 244, 200))
    for layer, colour in enumerate([(134, 160, 172), (96, 136, 120), (66, 110, 84), (40, 78, 58)]):
        line = [
            (x, 300 + 80 * layer + 46 * math.sin(x / (130 - 18 * layer) + 2.1 * layer))
            for x in range(0, 2 * width + 8, 8)
        ]
        draw.polygon([*line, (2 * width, 2 * height), (0, 2 * height)], fill=colour)
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def avatar(size: int) -> Image.Image:
    picture = Image.new("RGBA", (4 * size, 4 * size))
    draw = ImageDraw.Draw(picture)
    unit = size / 32
    draw.ellipse((0, 0, 128 * unit, 128 * unit), fill=(11, 107, 91, 255))
    draw.ellipse((44 * unit, 26 * unit, 84 * unit, 66 * unit), fill=(246, 245, 241, 255))
    draw.chord((22 * unit, 72 * unit, 106 * unit, 156 * unit), 180, 360, fill=(246, 245, 241, 255))
    return picture.resize((size, size), Image.Resampling.LANCZOS)


def moon(size: int, phase: float) -> Image.Image:
    picture = Image.new("RGB", (4 * size, 4 * size), (22, 26, 44))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((size, size, 3 * size, 3 * size), fill=(244, 238, 210))
    left = size + (phase * 4 - 2) * size
    draw.ellipse((left, size, left + 2 * size, 3 * size), fill=(22, 26, 44))
    return picture.resize((size, size), Image.Resampling.LANCZOS)


# -- sounds and a film -----------------------------------------------------------------------------


def make_sounds() -> None:
    put("audio/chime.wav", wav(tones([523.25, 659.25, 783.99], each=0.28, rings=0.9)))
    melody = wav(tones([392, 440, 493.88, 587.33, 493.88, 440, 392], each=0.22, rings=0.35))
    put("audio/melody.mp3", ffmpeg(melody, "-f", "wav", "-i", "-", "-b:a", "32k", "-f", "mp3"))


def tones(pitches: list[float], *, each: float, rings: float) -> Array:
    """One after the other, each ringing on for so many seconds; from -1 to 1."""
    step = int(each * RATE)
    sound = np.zeros(step * len(pitches) + int(rings * RATE))
    time = np.arange(step + int(rings * RATE)) / RATE
    for place, pitch in enumerate(pitches):
        note = np.sin(2 * np.pi * pitch * time) + 0.3 * np.sin(4 * np.pi * pitch * time)
        note *= np.minimum(time / 0.01, 1) * np.exp(-time / (rings / 2.5))
        sound[place * step : place * step + len(note)] += note[: len(sound) - place * step]
    loud: Array = 0.6 * sound / np.abs(sound).max()
    return loud


def wav(sound: Array) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((sound * 32767).astype("<i2").tobytes())
    return out.getvalue()


def make_film() -> None:
    """Three seconds of a ball that jumps over waves."""
    width, height, rate = 240, 136, 20
    frames = b"".join(film_frame(width, height, step / (3 * rate)).tobytes() for step in range(3 * rate))
    size = f"{width}x{height}"
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", str(rate), "-i", "-"]
    target = ["-c:v", "libx264", "-preset", "veryslow", "-crf", "30", "-pix_fmt", "yuv420p"]
    # A film that can be seeked in cannot be written to a pipe.
    path = FOLDER / "videos" / "waves.mp4"
    path.parent.mkdir(parents=True, exist_ok=True)
    ffmpeg(frames, *source, *target, "-movflags", "+faststart", "-y", to=str(path))


def film_frame(width: int, height: int, share: float) -> Image.Image:
    picture = sky(2 * width, 2 * height, (32, 58, 92), (240, 176, 120))
    draw = ImageDraw.Draw(picture)
    x, y = 2 * width * share, 150 - 110 * abs(math.sin(3 * math.pi * share))
    draw.ellipse((x - 20, y - 20, x + 20, y + 20), fill=(178, 52, 44))
    for layer in range(3):
        line = [
            (at, 190 + 26 * layer + 10 * math.sin(at / 40 + layer + 2 * math.pi * (layer + 1) * share))
            for at in range(0, 2 * width + 6, 6)
        ]
        shade = (40 - 8 * layer, 110 - 22 * layer, 126 - 22 * layer)
        draw.polygon([*line, (2 * width, 2 * height), (0, 2 * height)], fill=shade)
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def ffmpeg(data: bytes, *arguments: str, to: str = "-") -> bytes:
    quiet = ["-loglevel", "error", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"]
    command = ["ffmpeg", "-hide_banner", *arguments, *quiet, "-map_metadata", "-1", "-threads", "1", to]
    return subprocess.run(command, input=data, capture_output=True, check=True, timeout=120).stdout


# -- data ------------------------------------------------------------------------------------------


def make_data() -> None:
    rng = np.random.default_rng(7)
    lines = ["month,city,rain_mm,sunny_days"]
    for city, wet in (("Bergen", 190), ("Lisbon", 60), ("Nairobi", 75)):
        for month in range(1, 13):
            rain = wet * (1 + 0.4 * math.cos(month / 12 * 2 * math.pi)) + rng.normal(0, wet / 12)
            lines.append(f"{month},{city},{rain:.1f},{int(28 - rain / 9 + rng.integers(0, 4))}")
    put("data/rain.csv", "\n".join(lines) + "\n")
    put("data/sample.txt", "A door is only as good as its hinges.\nThis one swings both ways.\n")
    labels = {"labels": ["cat", "dog", "bird"], "counts": [12, 9, 4]}
    put("data/labels.json", json.dumps(labels, indent=2) + "\n")
    said = [("00:00:00", "00:00:01", "A ball on the waves."), ("00:00:01", "00:00:03", "It jumps.")]
    subrip = [f"{n}\n{a},000 --> {b},000\n{text}\n" for n, (a, b, text) in enumerate(said, 1)]
    put("data/waves.srt", "\n".join(subrip))
    web = [f"{a}.000 --> {b}.000\n{text}\n" for a, b, text in said]
    put("data/waves.vtt", "WEBVTT\n\n" + "\n".join(web))


# -- models ----------------------------------------------------------------------------------------


def make_models() -> None:
    places, normals, colours, faces = knot(96, 12)
    put("models3d/knot.glb", glb(places, normals, colours, faces))
    house_places, house_faces = house()
    put("models3d/house.obj", obj(house_places, house_faces))
    put("models3d/house.stl", stl(house_places, house_faces))
    put("models3d/house.gltf", gltf(house_places, house_faces))


def knot(around: int, across: int) -> tuple[Array, Array, Array, Array]:
    """A trefoil knot: vertices, their normals and colours (0 to 1), and the triangles between them."""
    turn = np.linspace(0, 2 * np.pi, around, endpoint=False)
    path = np.stack(
        [
            np.sin(turn) + 2 * np.sin(2 * turn),
            np.cos(turn) - 2 * np.cos(2 * turn),
            -np.sin(3 * turn),
        ],
        1,
    )
    along = unit(np.roll(path, -1, 0) - np.roll(path, 1, 0))
    side = unit(np.cross(along, unit(path + np.array([0, 0, 4]))))
    up = np.cross(side, along)
    angle = np.linspace(0, 2 * np.pi, across, endpoint=False)
    ring = side[:, None] * np.cos(angle)[None, :, None] + up[:, None] * np.sin(angle)[None, :, None]
    places = (path[:, None] + 0.55 * ring).reshape(-1, 3)
    hue = turn[:, None, None] + np.array([0, 2.1, 4.2])
    colours = np.broadcast_to(0.55 + 0.4 * np.cos(hue), (around, across, 3)).reshape(-1, 3)
    i, j = np.meshgrid(np.arange(around), np.arange(across), indexing="ij")
    here, right = i * across + j, i * across + (j + 1) % across
    there, far = (i + 1) % around * across + j, (i + 1) % around * across + (j + 1) % across
    faces = np.stack([here, there, right, right, there, far], -1).reshape(-1, 3)
    return places, ring.reshape(-1, 3), colours, faces


def unit(vectors: Array) -> Array:
    lengths: Array = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / lengths


def house() -> tuple[Array, Array]:
    corners = [(x, y, z) for x in (-1, 1) for y in (0, 1.2) for z in (-0.8, 0.8)]
    places = np.array([*corners, (-1, 2, 0), (1, 2, 0)], float)
    walls = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (0, 2, 6, 4), (1, 5, 7, 3)]
    quads = [*walls, (3, 7, 9, 8), (2, 8, 9, 6)]
    faces = [triangle for a, b, c, d in quads for triangle in ((a, b, c), (a, c, d))]
    return places, np.array([*faces, (2, 3, 8), (6, 9, 7)])


def gltf_json(
    buffers: list[dict[str, Any]], views: list[tuple[int, int]], counts: list[Any]
) -> dict[str, Any]:
    kinds = ["VEC3"] * (len(views) - 1) + ["SCALAR"]
    names = ["POSITION", "NORMAL", "COLOR_0"][: len(views) - 1]
    accessors = [
        {
            "bufferView": place,
            "componentType": 5123 if kind == "SCALAR" else 5126,
            "type": kind,
            "count": len(each),
        }
        for place, (kind, each) in enumerate(zip(kinds, counts, strict=True))
    ]
    accessors[0] |= {"min": counts[0].min(0).tolist(), "max": counts[0].max(0).tolist()}
    look = {"baseColorFactor": [1, 1, 1, 1], "metallicFactor": 0.1, "roughnessFactor": 0.5}
    attributes = {name: place for place, name in enumerate(names)}
    mesh = {"attributes": attributes, "indices": len(views) - 1, "material": 0}
    return {
        "asset": {"version": "2.0", "generator": "scripts/make_media.py"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [mesh]}],
        "materials": [{"pbrMetallicRoughness": look, "doubleSided": True}],
        "buffers": buffers,
        "bufferViews": [{"buffer": 0, "byteOffset": at, "byteLength": size} for at, size in views],
        "accessors": accessors,
    }


def laid_out(*arrays: Array) -> tuple[bytes, list[tuple[int, int]]]:
    """The arrays one after the other, each at a multiple of four bytes; and where they are."""
    data, views = b"", []
    for array in arrays:
        piece = array.tobytes()
        views.append((len(data), len(piece)))
        data += piece + bytes(-len(piece) % 4)
    return data, views


def glb(places: Array, normals: Array, colours: Array, faces: Array) -> bytes:
    parts = [each.astype("<f4") for each in (places, normals, colours)]
    indices = faces.astype("<u2").reshape(-1)
    data, views = laid_out(*parts, indices)
    text = json.dumps(gltf_json([{"byteLength": len(data)}], views, [*parts, indices])).encode()
    text += b" " * (-len(text) % 4)
    head = struct.pack("<4sII", b"glTF", 2, 12 + 8 + len(text) + 8 + len(data))
    json_head, data_head = (
        struct.pack("<II", len(text), 0x4E4F534A),
        struct.pack("<II", len(data), 0x004E4942),
    )
    return head + json_head + text + data_head + data


def gltf(places: Array, faces: Array) -> str:
    """With its data inside, so that it is one file."""
    parts = [places.astype("<f4"), faces.astype("<u2").reshape(-1)]
    data, views = laid_out(*parts)
    address = "data:application/octet-stream;base64," + base64.b64encode(data).decode()
    return json.dumps(gltf_json([{"byteLength": len(data), "uri": address}], views, parts), indent=1) + "\n"


def obj(places: Array, faces: Array) -> str:
    vertices = [f"v {x:g} {y:g} {z:g}" for x, y, z in places]
    return "\n".join([*vertices, *(f"f {a + 1} {b + 1} {c + 1}" for a, b, c in faces)]) + "\n"


def stl(places: Array, faces: Array) -> bytes:
    out = b"made by scripts/make_media.py".ljust(80) + struct.pack("<I", len(faces))
    for face in faces:
        corners = places[face]
        normal = unit(np.cross(corners[1] - corners[0], corners[2] - corners[0]))
        out += struct.pack("<12fH", *normal, *corners.reshape(-1), 0)
    return out


if __name__ == "__main__":
    main()
