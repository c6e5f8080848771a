import doorstep as ds


def repeat(text, times):
    return " ".join([text] * times)


app = ds.Interface(
    repeat,
    ["text", ds.Slider(1, 10, value=3, step=1, label="times")],
    "text",
    examples=[["tick", 2], ["tock", 4]],
    title="Repeat",
)
