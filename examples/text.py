"""Text in, several kinds of answers out: the words that occur most, marked in the text, and counted."""

import re
from collections import Counter

import doorstep as ds

COMMON = frozenset(
    "the a an and or of to in is it that for on with as was at by be this are i you he she".split()
)

POEM = """The fog comes
on little cat feet.
It sits looking over harbor and city
on silent haunches and then moves on."""


def study(text, most):
    words = re.findall(r"\w+", text.lower())
    telling = Counter(word for word in words if word not in COMMON and len(word) > 2)
    top = {word for word, _ in telling.most_common(most)}
    marked = [(piece, "frequent" if piece.lower() in top else None) for piece in re.findall(r"\w+|\W+", text)]
    counts = {"characters": len(text), "words": len(words), "different words": len(set(words))}
    return marked, dict(telling.most_common(most)), counts


app = ds.Interface(
    study,
    [ds.Textbox(POEM, label="Text", lines=6), ds.Slider(1, 10, value=3, step=1, label="How many words")],
    [
        ds.HighlightedText(label="Marked", color_map={"frequent": "#0b6b5b"}),
        ds.JSON(label="Most frequent"),
        ds.JSON(label="Counted"),
    ],
    title="Words of a text",
    live=True,
)

if __name__ == "__main__":
    app.launch()
