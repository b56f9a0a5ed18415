import io
import re

from benchmarks.progress import progress_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_turns_done_and_the_current_one() -> None:
    screen = Terminal()

    with progress_bar(stream=screen) as note:
        note("a.tflite", 0, 4)
        note("b.tflite", 3, 1)

    assert re.search(r"3/4 \|.*\| .* left, b\.tflite", screen.getvalue())
    assert screen.getvalue().endswith("\r")  # gone when it is done


def test_a_pipe_and_a_quiet_run_show_no_bar() -> None:
    pipe, screen = io.StringIO(), Terminal()

    for stream, is_quiet in ((pipe, False), (screen, True)):
        with progress_bar(stream=stream, is_quiet=is_quiet) as note:
            note("a.tflite", 0, 4)

    assert pipe.getvalue() == screen.getvalue() == ""
