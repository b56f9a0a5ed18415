import argparse

from benchmarks.config import BenchmarkConfig, Limits, add_gate_flags, from_flags


def _limits(*arguments: str) -> Limits | None:
    flags = argparse.ArgumentParser()
    add_gate_flags(flags, against="its float artifact")
    options = flags.parse_args(arguments)
    return from_flags(Limits, vars(options)) if options.gate else None


def test_without_gate_there_are_no_limits() -> None:
    assert _limits("--max-loss", "0.1") is None


def test_every_flag_is_a_field() -> None:
    assert _limits("--gate") == Limits()
    assert _limits(
        "--gate", "--max-loss", "0.1", "--loss-by", "point", "--min-agreement", "99", "--max-latency-ratio", "1.2"
    ) == Limits(0.1, "point", 99.0, 1.2)


def test_repeated_flags_become_tuples_and_absent_ones_keep_their_default() -> None:
    config = from_flags(BenchmarkConfig, {"runtimes": ["litert"], "runs": 7, "no_field": 1})

    assert config == BenchmarkConfig(runtimes=("litert",), runs=7)
