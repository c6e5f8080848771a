"""A page of Bokeh's, for `bokeh serve`."""

from bokeh.models import Div
from bokeh.plotting import curdoc

curdoc().add_root(Div(text="hello"))
