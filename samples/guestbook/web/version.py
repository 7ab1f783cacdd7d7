VERSION = "1"


def stats(entries):
    return f"{len(entries)} entries"
