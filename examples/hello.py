import doorstep as ds


def greet(name):
    return f"Hello {name}!"


ds.Interface(fn=greet, inputs="text", outputs="text").launch(share=True)
