"""A wide CSV: ten columns of many types, without a header; one note in twelve is quoted, with quotes and a newline in it."""

import random

COLUMNS = ("id bigint not null, name varchar(40), amount numeric(12,2), quantity int, price float8, active bool, "
           "day date, at timestamp, note varchar(200), code char(4)")


def block_of_csv() -> bytes:
    """16 MB; one note in twelve is quoted."""
    at_random = random.Random(11)
    lines, size, i = [], 0, 0
    while size < 16 << 20:
        day = f"20{at_random.randrange(25):02}-{at_random.randrange(1, 13):02}-{at_random.randrange(1, 29):02}"
        at = f"{day} {at_random.randrange(24):02}:{at_random.randrange(60):02}:{at_random.randrange(60):02}"
        note = "n" * at_random.randrange(20, 60)
        if i % 12 == 0:
            note = f'"quoted, ""{note[:10]}"" é\n{note[10:]}"'
        line = (f"{i},name {i},{at_random.randrange(100_000)}.{at_random.randrange(100):02},{at_random.randrange(1000)},"
                f"{at_random.random() * 1000:.3f},{at_random.choice('tf')},{day},{at},{note},c{i % 1000}\n").encode()
        lines.append(line)
        size += len(line)
        i += 1
    return b"".join(lines)
