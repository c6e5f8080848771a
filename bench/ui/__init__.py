"""What a page of Doorstep costs beside the same page of Gradio, in turn: `make bench-ui`."""
