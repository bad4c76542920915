"""What holds for every test: which groups run, how deep hypothesis digs, and what a skip means in CI."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

if "PYTEST_XDIST_WORKER" in os.environ:  # several workers share the cores
    for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TOKENIZERS_PARALLELISM"):
        os.environ.setdefault(_variable, "false" if _variable.startswith("TOK") else "1")

PLAIN_RUN = "not slow and not fuzz"
REFERENCE_DATA = Path(__file__).parents[2] / "shared" / "data"

# Reasons that stay a skip in CI. Everything else that CI skips is a missing installation, hence a failure.
ALLOWED_SKIPS = {"reference data absent": "the survey files are not part of the repository"}

settings.register_profile("repeatable", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("exploring", deadline=None, print_blob=True)
settings.load_profile("repeatable" if os.environ.get("CI") else "exploring")


def pytest_configure(config: pytest.Config) -> None:
    named = any("::" in argument for argument in config.args)
    if not config.option.markexpr and not named:
        config.option.markexpr = PLAIN_RUN


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Survey data kept beside the checkout, where there is any."""
    if not REFERENCE_DATA.is_dir():
        pytest.skip("reference data absent")
    return REFERENCE_DATA


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if not hasattr(report, "wasxfail"):
        fail_a_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    fail_a_skip(report)
    return report


def fail_a_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """In CI, turn a skip into a failure unless its reason is allowed."""
    if os.environ.get("CI") != "true" or not report.skipped:
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not any(allowed in reason for allowed in ALLOWED_SKIPS):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, where everything is installed: {reason}"
