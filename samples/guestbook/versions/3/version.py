VERSION = "3"


def stats(entries):
    people = {entry["name"] for entry in entries}
    return f"{len(entries)} entries by {len(people)} people"
