"""The SSH way in: `ssh -p 2222 -R 80:localhost:8501 relay` opens a share, with nothing of ours installed.

SSH is another way for a client to speak, nothing else: what it asks for becomes the messages of a session
(`doorstep_client.wire`), so rights, limits, policies and ends are decided where they are for everybody. A
`forwarded-tcpip` channel is a tunnel connection of the share's pool. This package is imported by relays that
were told to listen for SSH, and by nobody else; no other package imports asyncssh.
"""
