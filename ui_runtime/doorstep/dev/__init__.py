"""The developer's loop: `doorstep app.py` runs a script again when it is saved; its page stays open."""
