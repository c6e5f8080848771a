"""A page of Panel's that answers in capitals."""

import panel as pn

said = pn.widgets.TextInput(name="Said")
pn.Column(said, pn.bind(lambda text: f"Heard: {text.upper()}", said)).servable()
