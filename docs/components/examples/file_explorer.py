import tempfile
from pathlib import Path

import doorstep as ds

folder = Path(tempfile.mkdtemp())
for name in ("data/2024.csv", "data/2025.csv", "models/small.bin", "notes.md"):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(name)

with ds.Blocks() as app:
    ds.FileExplorer(root_dir=folder, label="Files of the project")
