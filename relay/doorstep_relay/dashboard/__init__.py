"""The dashboard, on a host of its own: a Doorstep app over the services that the API uses.

It is built when somebody who is signed in first opens it, in a thread; until then nothing of it is imported.
Only this package imports `doorstep`.
"""
