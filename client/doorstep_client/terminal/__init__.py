"""How `doorstep share` shows a link: to a person, to a program, or in plain lines.

A *view* is told what happens and shows it; `attend` lets it do so until the link has ended. `Board` is the
view for a terminal that can move its cursor, `Plain` the one for every other place, `Records` writes JSON.
"""
