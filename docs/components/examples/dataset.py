import doorstep as ds

with ds.Blocks() as app:
    city = ds.Textbox(label="City")
    days = ds.Number(label="Days")
    cities = ds.Dataset(components=[city, days], samples=[["Oslo", 2], ["Lisbon", 5]], label="Journeys")
    cities.click(lambda sample: sample, cities, [city, days])
