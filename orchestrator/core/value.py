"""A changed copy of a frozen value, made quickly where the value is a large one.

`attrs.evolve` reads every field and calls the class once more, which for a world of forty fields
takes most of the time of a fold. A value without slots is copied as the dict that it is.
"""

from typing import TYPE_CHECKING, Any

import attrs

__all__ = ["evolve"]

if TYPE_CHECKING:
    from attrs import evolve  # so that mypy checks names and types of what is changed
else:

    def evolve(value: Any, **changes: Any) -> Any:
        """Return a copy of a frozen value with some fields changed, which mypy has checked."""
        fields = getattr(value, "__dict__", None)
        if fields is None:
            return attrs.evolve(value, **changes)
        copied = object.__new__(type(value))
        copied.__dict__.update(fields, **changes)
        return copied
