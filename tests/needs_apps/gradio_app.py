"""A page of Gradio's that answers in capitals."""

import sys

import gradio as gr

with gr.Blocks() as demo:
    said = gr.Textbox(label="Said")
    heard = gr.Textbox(label="Heard")
    said.submit(lambda text: text.upper(), said, heard)

demo.launch(server_port=int(sys.argv[1]))
