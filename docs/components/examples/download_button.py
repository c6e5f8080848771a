from pathlib import Path

import doorstep as ds

report = Path("report.csv")
report.write_text("planet,moons\nEarth,1\nMars,2\n")

with ds.Blocks() as app:
    ds.DownloadButton("Download the report", value=report)
