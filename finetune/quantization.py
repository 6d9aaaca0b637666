"""Whether this machine can hold a base in 4 bits while its adapter learns."""

from __future__ import annotations

from importlib.util import find_spec

from finetune.errors import RecipeError

PACKAGE = "bitsandbytes"


def check_quantizes() -> None:
    """Refuse QLoRA where its library is missing.

    Raises:
        RecipeError: says what to install.
    """
    if find_spec(PACKAGE) is None:
        raise RecipeError(
            f"qlora needs the package {PACKAGE}, which is not installed; run `pip install {PACKAGE}` "
            "where Trivium is installed, or choose lora."
        )
