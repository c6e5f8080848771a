import time

import doorstep as ds


def answer(message, history):
    shown = ""
    for word in f"You said: {message}. That was message {len(history) // 2 + 1}.".split():
        shown += word + " "
        time.sleep(0.05)
        yield shown


app = ds.ChatInterface(answer, title="Echo", examples=["Hello", "How are you?"], save_history=True)
