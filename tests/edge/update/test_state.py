"""From one state of a store to the next, worked by hand; and what no state is."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from edge.artifact.manifest import Manifest
from edge.errors import UpdateError
from edge.update import state as states
from edge.update.state import FailedModel, Model, State, Trial

NOON = "2026-01-02T12:00:00Z"
A, B, C = (Model(letter * 64, "tflite", f"{letter}.tflite", NOON) for letter in "abc")
GOOD_A = State(current=A)
MANIFEST = Manifest("door", "b.tflite", B.sha256, 10, "0.1.0", NOON)
B_ON_TRIAL = State(current=B, last_good=A, trial=Trial())


def test_a_new_model_is_on_trial_with_the_good_one_behind_it() -> None:
    assert states.installed(State(), A) == State(current=A, trial=Trial())
    assert states.installed(GOOD_A, B) == B_ON_TRIAL
    assert states.installed(replace(B_ON_TRIAL, trial=Trial(1, "boot")), C) == State(C, A, Trial())


def test_a_model_that_is_good_stays_and_the_one_before_too() -> None:
    assert states.confirmed(B_ON_TRIAL) == State(current=B, last_good=A)
    assert states.installed(states.confirmed(B_ON_TRIAL), C) == State(C, B, Trial())


def test_a_start_is_noted_with_the_boot_it_is_in() -> None:
    assert states.begun(B_ON_TRIAL, boot="one", time=NOON) == replace(B_ON_TRIAL, trial=Trial(1, "one"))
    assert states.begun(GOOD_A, boot="one", time=NOON) == GOOD_A


def test_a_start_that_ended_badly_in_this_boot_rolls_back() -> None:
    after = states.begun(replace(B_ON_TRIAL, trial=Trial(1, "one")), boot="one", time=NOON)
    reason = "its last start ended, or was ended, before it was found good"
    assert after == State(current=A, rolled_back=FailedModel(B.sha256, reason, NOON))


def test_three_power_cuts_roll_back_and_two_do_not() -> None:
    state = B_ON_TRIAL
    for number, boot in enumerate(("one", "two", "three"), start=1):
        state = states.begun(state, boot=boot, time=NOON)
        assert state.trial == Trial(number, boot)
    after = states.begun(state, boot="four", time=NOON)
    assert (after.current, after.last_good, after.trial) == (A, None, None)
    assert after.rolled_back
    assert (after.rolled_back.sha256, after.rolled_back.time) == (B.sha256, NOON)
    assert "3 starts" in after.rolled_back.reason


def test_a_good_end_takes_the_note_away() -> None:
    assert states.ended_well(replace(B_ON_TRIAL, trial=Trial(2, "one"))) == B_ON_TRIAL
    assert states.ended_well(GOOD_A) == GOOD_A


def test_rolling_back_twice_leads_to_the_built_in_model() -> None:
    once = states.rolled_back(State(current=B, last_good=A), reason="by hand", time=NOON)
    assert once == State(current=A, rolled_back=FailedModel(B.sha256, "by hand", NOON))
    twice = states.rolled_back(once, reason="by hand", time=NOON)
    assert twice == State(rolled_back=FailedModel(A.sha256, "by hand", NOON))


def test_another_model_leaves_the_memory_of_a_failure_the_same_one_clears_it() -> None:
    failed = State(current=A, rolled_back=FailedModel(B.sha256, "why", NOON))
    assert states.installed(failed, C).rolled_back == failed.rolled_back
    assert states.installed(failed, B).rolled_back is None


def test_a_manifest_is_remembered_through_all_steps_and_an_older_one_is_refused() -> None:
    newer, older = (replace(MANIFEST, issued=f"2026-01-0{day}T12:00:00Z") for day in (3, 1))
    state = states.seen(states.seen(states.seen(GOOD_A, MANIFEST), MANIFEST), newer)
    assert state == replace(GOOD_A, manifest=newer)
    with pytest.raises(UpdateError, match=newer.issued):
        states.seen(state, older)
    on_trial = states.installed(state, B)
    assert on_trial.manifest == newer
    after = (
        states.begun(on_trial, boot="one", time=NOON),
        states.confirmed(on_trial),
        states.ended_well(on_trial),
        states.rolled_back(on_trial, reason="x", time=NOON),
    )
    assert {step.manifest for step in after} == {newer}


@pytest.mark.parametrize(
    "state",
    [
        State(),
        GOOD_A,
        B_ON_TRIAL,
        replace(B_ON_TRIAL, manifest=MANIFEST),
        replace(B_ON_TRIAL, trial=Trial(2, "x"), rolled_back=FailedModel(C.sha256, "é", NOON)),
    ],
)
def test_a_state_survives_its_json(state: State) -> None:
    assert State.from_json(state.to_json()) == state


def altered(**changes: object) -> str:
    """JSON of a state with other values in it."""
    return json.dumps({**json.loads(B_ON_TRIAL.to_json()), **changes})


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", "7", "[" * 100_000,
        altered(schema=2),
        altered(current=None),
        altered(current={"sha256": "../../etc/passwd", "format": "tflite", "source": "", "time": ""}),
        altered(current={"sha256": "a" * 64, "format": "/../x", "source": "", "time": ""}),
        altered(current={"sha256": "a" * 64}),
        altered(current="a" * 64),
        altered(current={"sha256": 7, "format": "tflite", "source": "", "time": ""}),
        altered(current={"sha256": "a" * 64, "format": "tflite", "source": 7, "time": ""}),
        altered(trial={"starts": "1", "boot": None}),
        altered(trial={"starts": 1, "boot": 7}),
        altered(trial=[]),
        altered(more=None),
    ],
)  # fmt: skip
def test_malformed_states_are_refused(text: str) -> None:
    with pytest.raises(UpdateError):
        State.from_json(text)


FIELDS = asdict(MANIFEST)
BEFORE_NAMES = {key: value for key, value in FIELDS.items() if key != "name"}


@pytest.mark.parametrize(
    "manifest",
    [BEFORE_NAMES, {**FIELDS, "more": 1}, {**FIELDS, "issued": 7}, {**FIELDS, "rollout_percent": 10**400}, [], "door"],
    ids=["before names", "of a later version", "time", "share", "list", "text"],
)
def test_a_manifest_that_can_not_be_read_costs_the_state_nothing_else(manifest: object) -> None:
    assert State.from_json(altered(manifest=manifest)) == B_ON_TRIAL


def test_a_manifest_from_before_names_can_not_be_shown_again_once_it_is_forgotten() -> None:
    with pytest.raises(UpdateError, match="name"):
        Manifest.from_json(json.dumps({"schema": 1, **BEFORE_NAMES}))
