"""What a measure found, and how it is written."""

from statistics import median

from attrs import frozen


@frozen
class Result:
    """Rows of (what, figure); `is_met` None: there is no goal, or it cannot be judged here."""

    goal: str
    rows: tuple
    is_met: bool | None = None

    def text(self, name, about):
        """Return it as a section of Markdown."""
        verdict = {True: "met", False: "**missed**", None: "not judged"}[self.is_met]
        head = f"## {name}\n\n{about}\n\nGoal: {self.goal or 'none'}: {verdict}.\n\n"
        rows = "".join(f"| {what} | {figure} |\n" for what, figure in self.rows)
        return f"{head}| what | figure |\n| --- | --- |\n{rows}"


def spread(values, unit="", digits=0):
    """Return median, minimum and maximum as text."""
    middle = median(values)
    return f"{middle:,.{digits}f}{unit} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"
