import doorstep as ds

with ds.Blocks() as app:
    city = ds.Textbox(label="City", interactive=True)
    days = ds.Number(label="Days", interactive=True)
    cities = ds.Dataset(components=[city, days], samples=[["Oslo", 2], ["Lisbon", 5]], label="Journeys")
    cities.click(lambda sample: sample, cities, [city, days])
