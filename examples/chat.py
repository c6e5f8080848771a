"""A chatbot without a model: it answers as ELIZA did, word by word."""

import random
import re
import time

import doorstep as ds

ANSWERS = [
    (r"\bi need (.+)", ["Why do you need {0}?", "Would it really help you to get {0}?"]),
    (r"\bi am (.+)", ["How long have you been {0}?", "How do you feel about being {0}?"]),
    (r"\bbecause (.+)", ["Is that the real reason?", "What else may explain it?"]),
    (r"\b(hello|hi)\b", ["Hello. What is on your mind?"]),
    (r"(.+)\?$", ["Why do you ask?", "What do **you** think?"]),
    (r".*", ["Please go on.", "Can you say more about that?"]),
]
TURNED = {"my": "your", "i": "you", "me": "you", "am": "are", "your": "my", "you": "I"}


def answer(message, history):
    said = reply(message.strip().rstrip(".!"), random.Random(len(history)))
    shown = ""
    for word in said.split(" "):
        shown += word + " "
        time.sleep(0.02)
        yield shown.rstrip()


def reply(message, chance):
    for pattern, answers in ANSWERS:
        found = re.search(pattern, message, re.IGNORECASE)
        if found:
            return chance.choice(answers).format(*(turned(each) for each in found.groups()))
    return "I see."


def turned(text):
    return " ".join(TURNED.get(word.lower(), word) for word in text.split())


app = ds.ChatInterface(
    answer,
    title="Eliza",
    description="She listens, and asks.",
    examples=["Hello", "I need a holiday", "Because it rains"],
)

if __name__ == "__main__":
    app.launch()
