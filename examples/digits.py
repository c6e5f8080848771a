"""A classifier of handwritten digits: a small PyTorch model, trained in a few seconds when the app starts.

    pip install torch scikit-learn

The data, 1,797 digits of 8 × 8 pixels, comes with scikit-learn.
"""

import numpy as np
import torch
from sklearn.datasets import load_digits

import doorstep as ds


def trained():
    """The model, and the share of digits it never saw that it reads right."""
    torch.manual_seed(0)
    digits = load_digits()
    x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
    y = torch.tensor(digits.target)
    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 24, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(24 * 4 * 4, 64),
        torch.nn.ReLU(),
        torch.nn.Linear(64, 10),
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
    for _ in range(60):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x[:1500]), y[:1500]).backward()
        optimizer.step()
    with torch.no_grad():
        right = (model(x[1500:]).argmax(1) == y[1500:]).float().mean().item()
    return model.eval(), right


MODEL, ACCURACY = trained()


def classify(drawing):
    """Confidences of the ten digits for a drawing in dark ink: {"composite": (height, width) of bytes}."""
    if drawing is None or drawing["composite"] is None:
        return None
    ink = 1 - np.asarray(drawing["composite"], dtype="float32") / 255
    if ink.max() == 0:
        return None
    with torch.no_grad():
        return dict(enumerate_names(MODEL(seen(ink)).softmax(1)[0]))


def seen(ink):
    """The ink, cut to what is drawn and shrunk to the 8 × 8 pixels that the model knows."""
    rows, columns = np.nonzero(ink > 0.2)
    cut = ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    side = max(cut.shape)
    square = np.zeros((side, side), "float32")
    top, left = (side - cut.shape[0]) // 2, (side - cut.shape[1]) // 2
    square[top : top + cut.shape[0], left : left + cut.shape[1]] = cut
    small = torch.nn.functional.adaptive_avg_pool2d(torch.tensor(square)[None, None], 8)
    return small / max(small.max().item(), 1e-6)


def enumerate_names(confidences):
    return ((str(digit), float(each)) for digit, each in enumerate(confidences))


app = ds.Interface(
    classify,
    ds.Sketchpad(label="Draw a digit", type="numpy", image_mode="L", canvas_size=(280, 280)),
    ds.Label(num_top_classes=3, label="I see"),
    title="Digits",
    description=f"It reads {ACCURACY:.0%} of the digits that it was never shown.",
    live=True,
)

if __name__ == "__main__":
    app.launch()
