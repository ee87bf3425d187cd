"""A process that appends to the embedded log and prints each acknowledged value: for tests of several processes.

`python -m tests.support.appender DATA TOPIC NAME RECORDS`; values are `NAME.0`, `NAME.1`, ...
"""

from __future__ import annotations

import sys

from feedback_analytics.errors import LogError
from feedback_analytics.log import NewRecord, open_log
from feedback_analytics.settings import read_settings


def main() -> int:
    folder, topic, name, records = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    with open_log(read_settings({"data_dir": folder})) as log:
        partitions = log.partitions(topic)
        for number in range(records):
            value = f"{name}.{number}"
            try:
                (place,) = log.append([NewRecord(topic, number % partitions, b"key", value.encode())]).result()
            except LogError as error:
                print(error, file=sys.stderr)
                return 1
            print(place.partition, place.offset, value, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
