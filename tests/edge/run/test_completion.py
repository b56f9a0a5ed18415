"""Completion scripts, tried in the shells themselves."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("shtab", reason="completion needs the extra: pip install 'edge-classify[completion]'")

from edge.errors import RuntimeMissingError
from edge.run import completion
from edge.run.flags import VERBS, parser


def needs(shell: str) -> pytest.MarkDecorator:
    """Skip where a shell is missing."""
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"no {shell} here: apt install {shell}")


def completed_by_bash(script: Path, *words: str) -> set[str]:
    """Words that bash offers for the last of these."""
    typed = " ".join(f"'{word}'" for word in ("edge-classify", *words))
    program = f"""
source {script}
COMP_WORDS=({typed}); COMP_CWORD={len(words)}; COMP_LINE="edge-classify {" ".join(words)}"; COMP_POINT=${{#COMP_LINE}}
$(complete -p edge-classify | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@needs("bash")
def test_bash_completes_verbs_flags_choices_and_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "script"
    script.write_text(completion.script("bash"))
    (tmp_path / "mine.tflite").touch()
    monkeypatch.chdir(tmp_path)
    assert completed_by_bash(script, "doc") == {"doctor"}
    assert {*VERBS} <= completed_by_bash(script, "")
    assert completed_by_bash(script, "--thre") == {"--threshold", "--threads"}
    assert completed_by_bash(script, "--runtime", "lit") == {"litert"}
    assert completed_by_bash(script, "--model", "mi") == {"mine.tflite"}
    assert completed_by_bash(script, "update", "--roll") == {"--rollback"}
    assert completed_by_bash(script, "describe", "--thr") == set()  # which is the runner's


@needs("fish")
def test_fish_completes_verbs_and_flags(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(completion.script("fish"))

    def offers(line: str) -> set[str]:
        program = f"source {script}; complete -C '{line}'"
        done = subprocess.run(["fish", "--no-config", "-c", program], capture_output=True, text=True, check=True)
        return {one.split("\t")[0] for one in done.stdout.splitlines()}

    assert offers("edge-classify doc") >= {"doctor"}
    assert offers("edge-classify --thre") == {"--threshold", "--threads"}
    assert offers("edge-classify update --roll") == {"--rollback"}


@needs("zsh")
def test_zsh_takes_the_script(tmp_path: Path) -> None:
    script = tmp_path / "_edge-classify"
    script.write_text(completion.script("zsh"))
    program = f"fpath=({tmp_path} $fpath); autoload -Uz compinit; compinit -u -D; echo $_comps[edge-classify]"
    done = subprocess.run(["zsh", "-f", "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("_edge-classify", "")
    subprocess.run(["zsh", "-n", str(script)], check=True)


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_every_long_flag_is_in_every_script(shell: str) -> None:
    text = completion.script(shell)
    flags = [name[2:] for action in parser()._actions for name in action.option_strings if name.startswith("--")]
    assert [flag for flag in flags if flag not in text] == []


def test_without_the_library_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    with pytest.raises(RuntimeMissingError, match=r"edge-classify\[completion\]"):
        completion.script("bash")
