import doorstep as ds

with ds.Blocks() as app:
    ds.Markdown(
        "## Pythagoras\n\nFor a right triangle\n\n$$a^2 + b^2 = c^2$$\n\n"
        "| a | b | c |\n|---|---|---|\n| 3 | 4 | 5 |\n\n```python\nc = (a**2 + b**2) ** 0.5\n```"
    )
