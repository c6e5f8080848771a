import doorstep as ds

shout = ds.Interface(str.upper, "text", "text")
whisper = ds.Interface(str.lower, "text", "text")

app = ds.TabbedInterface([shout, whisper], ["Shout", "Whisper"], title="Voices")
