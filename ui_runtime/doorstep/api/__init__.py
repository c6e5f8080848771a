"""The HTTP API that programs speak, Gradio's clients among them: docs/http-api.md."""
