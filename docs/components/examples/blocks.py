import doorstep as ds

with ds.Blocks(title="Greeter") as app:
    name = ds.Textbox(label="Name")
    greeting = ds.Textbox(label="Greeting")
    ds.Button("Greet").click(lambda name: f"Hello {name}!", name, greeting)
