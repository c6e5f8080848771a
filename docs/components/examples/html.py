import doorstep as ds

with ds.Blocks() as app:
    ds.HTML("<h2>Welcome</h2><p>Any <em>HTML</em> of the app's own.</p>")
