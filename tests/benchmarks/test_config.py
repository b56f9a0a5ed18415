import argparse

from benchmarks.config import Limits, add_gate_flags, limits_of


def _limits(*arguments: str) -> Limits | None:
    flags = argparse.ArgumentParser()
    add_gate_flags(flags, against="its float artifact")
    return limits_of(flags.parse_args(arguments))


def test_without_gate_there_are_no_limits() -> None:
    assert _limits("--max-loss", "0.1") is None


def test_every_flag_is_a_field() -> None:
    assert _limits("--gate") == Limits()
    assert _limits(
        "--gate", "--max-loss", "0.1", "--loss-by", "point", "--min-agreement", "99", "--max-latency-ratio", "1.2"
    ) == Limits(0.1, "point", 99.0, 1.2)
