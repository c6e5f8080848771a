import doorstep as ds

with ds.Blocks() as app:
    ds.Dropdown(["Oslo", "Lisbon", "Vienna"], value="Oslo", label="City")
    ds.Dropdown(["sun", "rain", "snow"], value=["sun", "snow"], multiselect=True, label="Weather")
