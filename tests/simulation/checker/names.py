"""Names change, and what runs does not: a history is told by the names that things had at first."""


def renamed(rows):
    """Return new name → first name; a name that was given up never comes back."""
    first = {}
    for row in rows:
        if row.type == "StateLoaded":
            for moved in row.said.get("moved", ()):
                first[moved["new"]] = first.get(moved["old"], moved["old"])
    return first


def with_first_names(row, first):
    """Let an entry speak of resources by the names that they had at first."""
    said = row.said
    if "key" in said:
        said["key"] = first.get(said["key"], said["key"])
    for one in (*said.get("items", ()), *said.get("members", ())):
        one["key"] = first.get(one["key"], one["key"])
    if row.type == "StateLoaded":
        said["removed"] = [first.get(key, key) for key in said["removed"]]
    if row.type == "OperatorAsked" and "resources" in said["arguments"]:
        names = said["arguments"]["resources"]
        said["arguments"]["resources"] = [first.get(name, name) for name in names]
