import time

import doorstep as ds

with ds.Blocks() as app:
    clock = ds.Textbox(label="Time")
    ds.Timer(1).tick(lambda: time.strftime("%H:%M:%S"), None, clock)
