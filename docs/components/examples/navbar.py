import doorstep as ds

with ds.Blocks(title="Atlas") as app:
    ds.Navbar(main_page_name="Map")
    ds.Markdown("The map")

with app.route("Places"):
    ds.Markdown("The places")
