"""Shared flags, and the end of an attack that Ctrl-C interrupts."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from tests.hardening.attack_command import attack_parser, run_attack
from tests.hardening.figures import AttackResult, Figure


class FakeAttack:
    """An attack without anything random, whose result is given."""

    def __init__(self, result: AttackResult) -> None:
        self.result = result

    def parser(self) -> argparse.ArgumentParser:
        return attack_parser("fake", "A fake.")

    def measure(self, options: argparse.Namespace) -> AttackResult:
        assert not hasattr(options, "seed")
        return self.result


def test_only_an_attack_with_something_random_has_a_seed() -> None:
    assert attack_parser("a", "A.", seed_of="the files").parse_args(["--seed", "5"]).seed == 5
    with pytest.raises(SystemExit) as caught:
        attack_parser("a", "A.").parse_args(["--seed", "5"])
    assert caught.value.code == 2


def test_an_interrupted_attack_leaves_its_report(tmp_path: Path) -> None:
    out = tmp_path / "a.json"
    result = AttackResult([Figure("tries", 3)], {"count": 9}, is_interrupted=True)
    with pytest.raises(KeyboardInterrupt):
        run_attack("fake", FakeAttack(result), ["--out", str(out)])
    report = json.loads(out.read_text())
    assert (report["name"], report["settings"], report["environment"]["seed"]) == ("fake", {"count": 9}, None)
    assert report["figures"][0]["value"] == 3
    assert run_attack("fake", FakeAttack(AttackResult([Figure("tries", 3)], {})), ["--out", str(out)]) == 0
