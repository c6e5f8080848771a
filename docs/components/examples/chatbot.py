import doorstep as ds

conversation = [
    {"role": "user", "content": "How far is the Moon?"},
    {"role": "assistant", "content": "Looked it up.", "metadata": {"title": "Searched the almanac"}},
    {"role": "assistant", "content": "About **384,400 km**, or `1.28` light seconds."},
]

with ds.Blocks() as app:
    chatbot = ds.Chatbot(conversation, label="Astronomer", height=320)
    question = ds.Textbox(show_label=False, placeholder="Ask about the sky")

    @question.submit(inputs=[question, chatbot], outputs=[question, chatbot])
    def answer(text, history):
        history += [
            {"role": "user", "content": text},
            {"role": "assistant", "content": f"{text} Good question."},
        ]
        return "", history
