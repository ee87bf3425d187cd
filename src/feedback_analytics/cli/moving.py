"""The command that takes an embedded installation to Kafka and PostgreSQL, and what comes before and after the copy.

1. Look at both sides: topics, catalog, folder. What cannot be is refused before anything is changed.
2. Store what the embedded log holds, and do the jobs that wait.
3. Close the log: no process appends to it any more. Look that nothing is left in it.
4. Copy the store, compare, hand over (store/moving.py).

Killed anywhere, it is run again. Until the old store is only read, `--give-up` leaves it as it was.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from feedback_analytics.cli.command import Given, command
from feedback_analytics.errors import FeedbackError, LogError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from feedback_analytics.log import EmbeddedLog, EventLog
    from feedback_analytics.settings import Settings
    from feedback_analytics.store import StoreMove, Successors

MOVED = """\
The installation has moved: {rows}
Start its parts with these settings, and without the old ones:
  FEEDBACK_STORE_URL      as given to --to
  FEEDBACK_BROKER_URL     {broker}
  FEEDBACK_READER_SECRET  {secret}
  FEEDBACK_LOG_PARTITIONS {partitions}
The old log and store in {data} can still be read; keep them until you have a backup of the new ones."""


def add_to(tree: typer.Typer) -> None:
    lake = typer.Typer(help="The lake as a whole: take it elsewhere.", no_args_is_help=True)
    command(lake, "move")(move)
    tree.add_typer(lake, name="lake")


def move(
    given: Given,
    to: Annotated[
        str | None, typer.Option("--to", metavar="URL", help="The new store, postgresql://...?data=FOLDER.")
    ] = None,
    broker: Annotated[
        str | None, typer.Option("--broker", metavar="URL", help="The log to go on with, kafka://HOST:PORT[,...].")
    ] = None,
    give_up: Annotated[
        bool, typer.Option("--give-up", help="Leave the old installation as it was before a move that is not done.")
    ] = False,
) -> None:
    """Take an embedded installation over to Kafka and PostgreSQL, without losing or doubling a vote.

    Stop the service first. Interrupted, run it again: it goes on. Until it says that the old store is only read from
    now on, --give-up takes everything back.

    \b
    Examples:
      feedback lake move --to "postgresql://feedback@db/feedback?data=/mnt/feedback" --broker kafka://broker:9092
      feedback lake move --give-up
    """
    from feedback_analytics.settings import KafkaSettings

    # How to get into Kafka is of the new installation alone; the old one, given it, would say that it is of no use.
    none = KafkaSettings()
    old = given.settings(**{f"kafka__{name}": getattr(none, name) for name in none.__struct_fields__})
    if give_up:
        if to or broker:
            raise typer.BadParameter("goes without --to and --broker.", param_hint="--give-up")
        print(give_up_installation(old))
        return
    if not to or not broker:
        raise typer.BadParameter("give both, or --give-up alone.", param_hint="--to, --broker")
    new = given.settings(store_url=to, broker_url=broker)
    print(move_installation(old, new, lambda told: print(told, file=sys.stderr, flush=True)))


def move_installation(old: Settings, new: Settings, tell: Callable[[str], None], **slices: int) -> str:
    """Move what the old settings name to what the new ones name, or go on with it; what there is to say at the end."""
    from feedback_analytics.log import KafkaBroker, open_log, parse_broker
    from feedback_analytics.store import MoveState

    if not isinstance(parse_broker(new.broker), KafkaBroker):
        raise SettingsError("a move goes on with Kafka; write --broker kafka://HOST:PORT[,HOST:PORT].")
    with open_old_log(old) as log, open_log(new) as successor, ExitStack() as held:
        going = _take_hold(held, old, new, log, **slices)
        successors = going.successors
        if going.state in (MoveState.NOT_BEGUN, MoveState.COPYING):
            successors = _successors(log, successor, successors)
        if going.state is MoveState.NOT_BEGUN:
            held.close()
            log.open_again()
            _catch_up(old, log, tell)
            going = _take_hold(held, old, new, log, **slices)
            if going.state is not MoveState.NOT_BEGUN:
                raise FeedbackError("another move was run meanwhile. Run this one again.")
        for told in _steps(old, new, log, going, successors or {}):
            tell(told)
        return _moved(old, new, log)


def _steps(old: Settings, new: Settings, log: EmbeddedLog, going: StoreMove, successors: Successors) -> Iterator[str]:
    """What is left to do, a sentence after each step."""
    from feedback_analytics.store import MoveState

    state = going.state
    if state is MoveState.NOT_BEGUN:
        log.close_for(new.broker)
        yield f"the log in {log.folder} takes nothing any more"
        _refuse_rest(old, log, reopen=True)
    if state in (MoveState.NOT_BEGUN, MoveState.COPYING):
        yield from going.begin(successors)
        yield from going.copy()
        # A process of an older release would not have seen that the log is closed.
        _refuse_rest(old, log, reopen=False)
    if state is not MoveState.DONE:
        yield from going.hand_over()


def _take_hold(held: ExitStack, old: Settings, new: Settings, log: EmbeddedLog, **slices: int) -> StoreMove:
    """The move, with all others kept away from both stores. FeedbackError when a worker runs."""
    from feedback_analytics.cli.installation import now
    from feedback_analytics.store import StoreMove
    from feedback_analytics.stream import worker_lease

    try:
        held.enter_context(worker_lease(log.folder, wait=False))
    except LogError as error:
        raise FeedbackError(
            f"a worker is at the log in {log.folder}. Stop the service first (feedback serve, or feedback worker and "
            "feedback ingest: Ctrl-C or SIGTERM), then run the move again."
        ) from error
    return held.enter_context(StoreMove(old, new, now=now, **slices))


def give_up_installation(old: Settings) -> str:
    """Take back a move that is not done; what was done, as a sentence."""
    from feedback_analytics.store import give_up_move

    with open_old_log(old) as log:
        was_moving = give_up_move(old)
        was_closed = log.moved_to is not None
        if was_closed:
            log.open_again()
    if not was_moving and not was_closed:
        return "No move is on its way; nothing was changed."
    return (
        "The move is given up: the old installation goes on as before. Drop the new database, and remove the folder of "
        "its data files, before another move goes there."
    )


def open_old_log(old: Settings) -> EmbeddedLog:
    """The log of an embedded installation. SettingsError when it is none."""
    from feedback_analytics.log import EmbeddedBroker, EmbeddedLog, parse_broker
    from feedback_analytics.store import find_store

    broker = parse_broker(old.broker)
    if not isinstance(broker, EmbeddedBroker):
        raise SettingsError(
            f"the log of this installation is {old.broker} already. A move begins at an embedded one: point --data at "
            "it, and give its Kafka by --broker."
        )
    find_store(old.store_location)
    return EmbeddedLog(broker.folder, old.log)


def _successors(log: EmbeddedLog, successor: EventLog, begun: Successors | None) -> Successors:
    """The topics that take over, made where they are not there; empty, unless the move has begun with them."""
    from feedback_analytics.cli.installation import TOPICS

    there = successor.topics()
    for topic in TOPICS:
        partitions = log.partitions(topic)
        if topic in there and successor.partitions(topic) != partitions:
            raise SettingsError(
                f"topic {topic} has {successor.partitions(topic)} partitions on Kafka, but {partitions} in the "
                "embedded log: readers would change their homes. Delete it there; the move makes it anew."
            )
    found = {}
    for topic in TOPICS:
        successor.create_topic(topic, log.partitions(topic))
        ranges = successor.ranges(topic)
        filled = sorted(partition for partition, held in ranges.items() if held.earliest != held.next)
        if filled and begun is None:
            raise SettingsError(
                f"topic {topic} holds records on Kafka already, in partitions {filled}: they are not of this "
                "installation. Delete the topic there, or use another Kafka."
            )
        found[topic] = (successor.log_id(topic), {partition: held.next for partition, held in ranges.items()})
    return found


def _catch_up(old: Settings, log: EmbeddedLog, tell: Callable[[str], None]) -> None:
    """Store what the log holds, and do what was asked of the worker; brings an older store up to date as well."""
    from feedback_analytics.cli.installation import now
    from feedback_analytics.cli.work import work
    from feedback_analytics.store import open_writer
    from feedback_analytics.telemetry import configure_logging

    with open_writer(old, secret_fingerprint=None, now=now, is_worker=False) as writer:
        while writer.run_due_jobs().more_waits:
            pass
    if _rest(old, log):
        tell("storing what the log holds")
        configure_logging(old.telemetry.level, json=old.telemetry.format == "json")
        work(old, until_caught_up=True)


def _rest(old: Settings, log: EmbeddedLog) -> Mapping[tuple[str, int], int]:
    """How many records of each partition the store does not have. FeedbackError when it is not of this log."""
    from feedback_analytics.cli.installation import TOPICS
    from feedback_analytics.store import open_reader

    with open_reader(old) as reader:
        stored = {position.place: position.next_offset for position in reader.positions()}
    rest = {}
    for topic in TOPICS:
        for partition, held in log.ranges(topic).items():
            place = (log.log_id(topic), topic, partition)
            if place not in stored:
                rest[topic, partition] = held.next - held.earliest  # perhaps none, but no worker has made it known
                continue
            position = stored.pop(place)
            if not held.earliest <= position <= held.next:
                raise FeedbackError(
                    f"{topic}[{partition}]: the store's position is {position}, but the log holds {held.earliest} to "
                    f"{held.next}. Settle that first: feedback positions accept-loss {topic} {partition}"
                )
            if position < held.next:
                rest[topic, partition] = held.next - position
    if stored:
        _, topic, partition = min(stored)
        raise FeedbackError(
            f"the store goes on with {topic}[{partition}] of another log. Settle that first: "
            f"feedback positions accept-loss {topic} {partition}"
        )
    return rest


def _refuse_rest(old: Settings, log: EmbeddedLog, *, reopen: bool) -> None:
    """Nothing may be left in the log, now that nobody appends."""
    rest = _rest(old, log)
    if not rest:
        return
    if reopen:
        log.open_again()
    remedy = (
        "run the move again."
        if reopen
        else "give the move up (feedback lake move --give-up), and begin anew in an empty database."
    )
    raise FeedbackError(
        f"{sum(rest.values())} records came into the log in {log.folder} meanwhile. Stop what takes votes (feedback "
        f"serve, feedback ingest: Ctrl-C or SIGTERM), and {remedy}"
    )


def _moved(old: Settings, new: Settings, log: EmbeddedLog) -> str:
    from feedback_analytics.contract import VOTES_TOPIC
    from feedback_analytics.store import open_reader

    with open_reader(new) as reader:
        ((votes,),) = reader.sql("select count(*) from mart.votes").fetchall()
    secret = "the same" if old.reader_secret else f"what {old.data_path / 'reader.secret'} holds"
    return MOVED.format(
        rows=f"{votes:,} votes.",
        broker=new.broker,
        secret=secret,
        partitions=log.partitions(VOTES_TOPIC),
        data=old.data_path,
    )
