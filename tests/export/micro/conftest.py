"""Machines that exported libraries are compiled for."""

from __future__ import annotations

import pytest

from tests.export.micro.compiled import HOST, THIRTY_TWO_BIT, Target


@pytest.fixture(scope="session")
def thirty_two_bit(tmp_path_factory: pytest.TempPathFactory) -> Target:
    """32-bit Arm under an emulator, else 32-bit x86."""
    folder = tmp_path_factory.mktemp("probe")
    found = next((target for target in THIRTY_TWO_BIT if target.runs(folder)), None)
    if found is None:
        pytest.skip("nothing here compiles and runs 32-bit programs: apt install g++-arm-linux-gnueabihf qemu-user")
    return found


@pytest.fixture(params=["host", "32-bit"])
def target(request: pytest.FixtureRequest) -> Target:
    """This machine, and one with pointers as long as a microcontroller's."""
    if request.param == "host":
        return HOST
    found: Target = request.getfixturevalue("thirty_two_bit")
    return found
