"""What can go wrong in a UI, by whose fault it is.

Error                        raised by the app's function on purpose: its message is shown to the visitor
UsageError                   the developer's: a wrong argument or a graph that cannot work
├── MissingExtraError        a value needs a package that is not installed
│   └── MissingProgramError  a value needs a program that is not installed
└── OutputError              the function returned what its outputs cannot show
RefusedError                 the visitor's: the page sent what this app does not accept (has .component)
├── InvalidError             a validator found inputs wrong (has .invalid)
├── FileRefusedError         a file that is unknown, of a wrong kind, or one too many
│   └── FileTooBigError      a file over the limit
└── NoRoomError              a session holds as much as it may, or the disk is full
ProtocolError                the page does not speak docs/ui-protocol.md
"""

from __future__ import annotations


class Error(Exception):  # noqa: N818  # the public name that users know
    """Raise it in a function to show `message` to the visitor.

    `duration` is in seconds (None: until it is dismissed); `visible=False` keeps it out of the page;
    `print_exception=False` keeps it out of the terminal.
    """

    def __init__(
        self,
        message: str = "Error raised.",
        duration: float | None = 10,
        visible: bool = True,
        title: str = "Error",
        print_exception: bool = True,
    ) -> None:
        super().__init__(message)
        self.message = str(message)  # people raise whatever they have at hand
        self.duration = duration
        self.visible = visible
        self.title = title
        self.print_exception = print_exception


class UsageError(ValueError):
    """A wrong argument or a graph that cannot work; the message says which and what to do."""


class MissingExtraError(UsageError):
    """A value needs a package that is not installed."""

    def __init__(self, package: str, extra: str, what: str) -> None:
        super().__init__(f'{what} needs {package}: pip install "doorstep[{extra}]"')
        self.package = package


class MissingProgramError(MissingExtraError):
    """A value needs a program that is not installed."""

    def __init__(self, program: str, what: str) -> None:
        how = f"apt-get install {program}, brew install {program} or winget install {program}"
        UsageError.__init__(self, f"{what} needs the program {program}: {how}")
        self.package = program


class OutputError(UsageError):
    """The function returned what its outputs cannot show."""


class RefusedError(Exception):
    """The page sent what this app does not accept. The message is for the visitor.

    `component` is the id of the component at fault, where there is one.
    """

    def __init__(self, message: str, component: int | None = None) -> None:
        super().__init__(message)
        self.component = component


class InvalidError(RefusedError):
    """A validator found inputs wrong. `invalid` is a list of component ids with what was said of each."""

    def __init__(self, invalid: list[tuple[int, str]]) -> None:
        super().__init__("; ".join(message for _, message in invalid if message) or "An input is not valid.")
        self.invalid = invalid


class FileRefusedError(RefusedError):
    """A file that is unknown, of a wrong kind, or one too many."""


class FileTooBigError(FileRefusedError):
    """A file over the limit."""


class NoRoomError(RefusedError):
    """A session holds as much as it may, or the disk of the app's computer is full."""


class ProtocolError(Exception):
    """The page does not speak docs/ui-protocol.md."""
