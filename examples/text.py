"""Text in, several kinds of answers out: the words that occur most, marked in the text, and counted."""

import re
from collections import Counter

import doorstep as ds

COMMON = {"the", "and", "was", "that", "with", "for", "but", "his", "her", "they", "this", "not"}

STORY = """The lamp on the hill was lit at dusk. The boats that came late saw the lamp and steered by it,
and the boats that came early told each other that the lamp was not for them."""


def study(text, most):
    words = re.findall(r"\w+", text.lower())
    telling = Counter(word for word in words if word not in COMMON and len(word) > 2)
    top = {word for word, _ in telling.most_common(most)}
    marked = [(piece, "frequent" if piece.lower() in top else None) for piece in re.findall(r"\w+|\W+", text)]
    counts = {"characters": len(text), "words": len(words), "different words": len(set(words))}
    return marked, dict(telling.most_common(most)), counts


app = ds.Interface(
    study,
    [ds.Textbox(STORY, label="Text", lines=6), ds.Slider(1, 10, value=3, step=1, label="How many words")],
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
