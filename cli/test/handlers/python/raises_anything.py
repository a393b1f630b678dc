import sys


class NoArguments(Exception):
    """Doesn't call its base class, which has the arguments anyway."""

    def __init__(self, message):
        self.message = message


class Rude(BaseException):
    pass


class NotText(Exception):
    def __str__(self):
        return 42


things = {
    "no arguments": lambda: NoArguments("My error"),
    "empty message": lambda: NoArguments(""),
    "several arguments": lambda: ValueError("one", 2),
    "line breaks": lambda: ValueError("first\nsecond"),
    "key": lambda: KeyError("order"),
    "stop": lambda: StopIteration("early"),
    "not text": lambda: NotText(),
    "base": lambda: Rude("not caught"),
    "keyboard": lambda: KeyboardInterrupt(),
    "generator exit": lambda: GeneratorExit(),
    "exit with words": lambda: SystemExit("last words"),
}


def handler(event, context):
    if event == "cause":
        try:
            raise ValueError("first")
        except ValueError as error:
            raise RuntimeError("second") from error
    if event == "recursion":
        sys.setrecursionlimit(200)
        return handler(event, context)
    raise things[event]()
