"""The internals of Faust, mode and aiokafka that stream/ overrides, calls or relies on: one test each.

A new version that changes one of them fails here, and says what of ours depends on it. Then read what has changed,
mend stream/ where it must be, run the tests of the stream on both carriers, and put the new fingerprint here.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import textwrap
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from faust.transport import by_name, by_url
from faust.transport.consumer import Consumer as FaustConsumer
from faust.types import TP, ConsumerMessage
from yarl import URL

from feedback_analytics.errors import SettingsError
from feedback_analytics.settings import read_settings
from feedback_analytics.stream import app as our_app
from feedback_analytics.stream import batches, embedded_transport, kafka_records, kafka_transport, producer, rebalances
from feedback_analytics.stream.pump import Pump


class Internal(NamedTuple):
    """name: MODULE:PATH. fingerprint: of its source, signature and all. for_us: what of stream/ depends on it."""

    name: str
    fingerprint: str
    for_us: str


TABLE = """
faust.transport.consumer:Consumer
    __init__                     7f0a05c0f4b8  _acked, _acked_index, _read_offset: emptied and reset per batch
    _drain_messages              fc0f1b9abdb1  the one caller of getmany; drops what is below _read_offset
    getmany                      235d66a223f2  overridden: one message per partition and fetch
    _wait_next_records           74fe90e7be72  called by getmany; waits while the flow is stopped
    _getmany                     dc12980877f0  overridden by both transports: the fetch itself
    _to_message                  e3cd22fe3506  overridden: the message that carries a batch
    _new_offset                  e78f3cb32510  overridden: commits the store's position; empties what was acked
    _add_gap                     eedb76f52938  harmless while _new_offset never looks at gaps: offsets jump by batch
    _filter_committable_offsets  3df385bdd0a4  asks _new_offset for what was acked
    _should_commit               f364ecf8620d  takes None for nothing to commit
    ack                          582909f08d74  notes the acked offset in _acked and _acked_index
    perform_seek                 d3e8527bdb71  the pump's reclaim; asks seek_to_committed and keeps its answer
    seek_to_committed            0d35a678a560  overridden: the positions of the store
    stop_flow                    e74224d39c5c  flow_active: what is fetched while it is stopped is dropped
    resume_flow                  e6395592abce  flow_active
    pause_partitions             d0f9e0e6afba  partitions that stand still are not fetched
    resume_partitions            91deaa77fada  partitions that were accepted are fetched again
    on_partitions_revoked        bee0e9c2c08f  overridden: the running transaction ends first
    on_partitions_assigned       4372ddef3adb  overridden: an empty assignment gives up what was held
    on_stop                      7aaae78b4bf2  overridden by the embedded consumer: its reader thread ends
    _seek                        3dadfd7dad0f  overridden by the embedded consumer; called on claims and after a drop
    _commit                      6c7d991cbef0  overridden by the embedded consumer: goes nowhere
    _new_topicpartition          6ce0c86cf833  overridden by the embedded consumer
faust.transport.consumer
    ensure_TP                    a652f83969b2  the embedded consumer's seek
faust.types.transports:ConsumerT
    subscribe                    73eee99d4287  overridden by the embedded consumer: assigns every partition
    assignment                   aefc05e4ae19  overridden by the embedded consumer
    topic_partitions             d41f8f244571  overridden by the embedded consumer
    highwater                    dd043f3c7a3f  overridden by the embedded consumer
    highwaters                   9a87647df0c9  overridden by the embedded consumer
    earliest_offsets             c8f5b3184c14  overridden by the embedded consumer; asked where a fetch has a hole
    seek_wait                    64a1fff7f894  overridden by the embedded consumer
    key_partition                5d3e2cb563da  overridden by the embedded consumer
    create_topic                 272fa788d331  overridden by the embedded consumer
faust.transport.drivers.aiokafka:Consumer
    _new_consumer_thread         c4a2821269c4  overridden: our thread, which reads committed records
faust.transport.drivers.aiokafka:AIOKafkaConsumerThread
    _create_worker_consumer      ddc57d7aa150  overridden: sets _isolation_level
    _fetch_records               390594ddd941  overridden: columns, and where the fetcher goes on; asked without a wait
    getmany                      c1afcc0bd5ae  hands on what _fetch_records returns
    on_thread_stop               468d1184a144  overridden: a cancelled fetch must not hold up the stop
    seek                         0b5a86023c25  moves the fetcher's position at once
    earliest_offsets             c53d3560ce1c  tells a cut from transaction markers
faust.transport.drivers.aiokafka
    credentials_to_aiokafka_auth cfa7f36ab1fd  hands TLS context, user and password to aiokafka
faust.transport.drivers.aiokafka:ConsumerRebalanceListener
    on_partitions_assigned       11e5518ea094  sets app.consumer_generation_id
faust.transport.consumer:ThreadDelegateConsumer
    _getmany                     30984c83c56d  hands on what the thread returns
faust.transport.base
    Transport                    b9e2151c77bb  Consumer, Producer, default_port and driver_version of our transports
faust.transport.producer:Producer
    flush                        4fcb1291ef24  overridden: Faust flushes before each commit
faust.transport.producer:ProducerBuffer
    flush                        58ec1e5eaca8  called by our producer's flush
faust.types.tuples:ConsumerMessage
    __init__                     223c97a91243  built by position
faust.types.tuples:Message
    ack                          699be8060201  the pump acks an event after its transaction
faust.streams:Stream
    noack                        85f8c765c978  events are acked by the pump, not by the iteration
    events                       8951ff9be543  the agent takes events
faust.app.base:App
    _create_directories          2ba9fff48bb9  overridden: there are no tables to make folders for
    on_rebalance_start           b99fe1e7ba5d  called by the embedded consumer before it assigns; tells our sensor
    on_rebalance_end             0ec52ec00047  tells our sensor
    _on_partitions_assigned      2ac2e1e072e5  waits for subscribe: the embedded consumer assigns in a task of its own
faust.tables.manager:TableManager
    on_start                     35aa469ac19e  overridden: without its pause of a second
    _update_channels             fbf8c1558b2d  called by our table manager's start
faust.tables.recovery:Recovery
    _resume_streams              c68b1634b3c3  calls perform_seek before the flow resumes
    on_rebalance                 121a73ad43cf  an assignment of another generation is ignored
faust.sensors.base:Sensor
    on_rebalance_start           fe0e1d4423a1  overridden: a rebalance begins
    on_rebalance_end             ddec0d456d97  overridden: partitions are fetched again
mode.services:Service
    crashed                      baf00c4fbc9c  watched: what Faust crashed of ends the worker
    crash_reason                 44daacf57f3b  told by the worker's error
    add_future                   e883cf7622b5  holds the embedded consumer's assignment
    stop                         2640f0db32a3  waits for shutdown_timeout, which we set
mode.threads:ServiceThread
    _shutdown_thread             b37380092fe1  calls on_thread_stop, and sets the shutdown only after it
aiokafka.consumer.consumer:AIOKafkaConsumer
    start                        509f7b941208  hands _isolation_level to the fetcher
aiokafka.consumer.fetcher:Fetcher
    fetched_records              3c937f9b22f1  takes records and moves positions without giving way to other tasks
aiokafka.consumer.fetcher:FetchResult
    getall                       dab3256df06c  moves the position behind markers, also when it gives no record
    _update_position             dcc29a6eec29  moves the position behind markers
    __init__                     baa4056d7882  its _partition_records are replaced by our ColumnRecords
aiokafka.consumer.fetcher:PartitionRecords
    __init__                     19cc887a0663  what ColumnRecords are made of; the iterator is ready and not begun
    __next__                     dfb59ce11caa  hands on what _unpack_records yields
    _unpack_records              ec5c1dd3504f  overridden: the same records, by column and batch
    _consume_aborted_up_to       b98ac2d3951d  called by our _unpack_records
    _contains_abort_marker       15fcb56d2a2a  called by our _unpack_records
aiokafka.consumer.fetcher:Fetcher
    _create_fetch_waiter         1a9d1af06416  awaited while nothing is fetched; raises what the fetcher met
    _update_fetch_positions      ebd0e587565c  goes to the earliest record when the position is gone
aiokafka.consumer.subscription_state:SubscriptionState
    subscription                 0ccb1c5257cd  read after each fetch
    fetch_context                b0b057921de5  held while we wait for records: the worker is not idle then
    reassignment_in_progress     4b0f87085ff4  nothing is taken meanwhile
    wait_for_assignment          1303e7695068  awaited before records are taken
aiokafka.consumer.subscription_state:Subscription
    assignment                   0b9b81637ce3  read after each fetch
aiokafka.consumer.subscription_state:Assignment
    tps                          861a28bce4d5  read after each fetch
    state_value                  fe056725fd2e  read after each fetch
aiokafka.consumer.subscription_state:TopicPartitionState
    position                     39432b4b2c36  where the fetcher goes on
    has_valid_position           0f0000c9bba6  whether it knows
"""
# Owner, and below it: what is touched, its fingerprint, what of ours depends on it.
# Instance attributes stand where they are made and used: _acked, _acked_index, _read_offset, flow_active, should_stop.


def _internals() -> Iterator[Internal]:
    owner = ""
    for line in TABLE.strip().splitlines():
        if line.startswith(" "):
            name, fingerprint, for_us = line.split(maxsplit=2)
            yield Internal(f"{owner}{'.' if ':' in owner else ':'}{name}", fingerprint, for_us)
        else:
            owner = line


INTERNALS = list(_internals())


@pytest.mark.parametrize("internal", INTERNALS, ids=[internal.name for internal in INTERNALS])
def test_an_internal_is_as_it_was_when_we_relied_on_it(internal: Internal) -> None:
    found = fingerprint(internal.name)
    assert found == internal.fingerprint, (
        f"{internal.name} has changed (now {found}). What of ours depends on it: {internal.for_us}."
    )


def test_everything_of_theirs_that_our_classes_override_is_in_the_table() -> None:
    named = {internal.name.rpartition(".")[2] for internal in INTERNALS}
    overridden = {name for ours, theirs in OURS.items() for name in _overridden(ours, theirs)}
    assert overridden - named - PLAIN == set()


OURS: dict[type, tuple[type, ...]] = {
    batches.BatchConsumer: (FaustConsumer,),
    embedded_transport.Consumer: embedded_transport.Consumer.__mro__[2:],
    kafka_records.ColumnRecords: kafka_records.ColumnRecords.__mro__[1:],
    kafka_transport.Consumer: kafka_transport.Consumer.__mro__[2:],
    kafka_transport.ConsumerThread: kafka_transport.ConsumerThread.__mro__[1:],
    rebalances.RebalanceClock: rebalances.RebalanceClock.__mro__[1:],
    producer.Producer: producer.Producer.__mro__[1:],
    our_app.FeedbackApp: our_app.FeedbackApp.__mro__[1:],
    our_app.NoTables: our_app.NoTables.__mro__[1:],
}
PLAIN = {"__init__", "shutdown_timeout"}
# Passed on as they are; the timeout is read in Service.stop, which is in the table.


def _overridden(ours: type, theirs: tuple[type, ...]) -> Iterator[str]:
    for name, value in vars(ours).items():
        is_ours = inspect.isfunction(value) or name in PLAIN
        if is_ours and any(name in vars(one) for one in theirs if one not in (object, batches.BatchConsumer)):
            yield name


def fingerprint(name: str) -> str:
    """Twelve digits of the hash of the source, blank lines left out: the same on every version of Python."""
    lines = textwrap.dedent(inspect.getsource(_find(name))).splitlines()
    text = "\n".join(line.rstrip() for line in lines if line.strip())
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _find(name: str) -> Callable[..., Any]:
    module, _, path = name.partition(":")
    found: Any = importlib.import_module(module)
    for part in path.split("."):
        assert hasattr(found, part), f"{name} is gone"
        found = inspect.getattr_static(found, part)
    unwrapped: Callable[..., Any] = inspect.unwrap(found.fget if isinstance(found, property) else found)
    return unwrapped


def test_our_transports_are_found_by_their_entry_points() -> None:
    names = {point.name: point.load() for point in entry_points(group="faust.transports")}
    assert names == {"embedded": embedded_transport.Transport, "batchkafka": kafka_transport.Transport}
    assert by_name("batchkafka") is kafka_transport.Transport
    assert by_url(URL("embedded:///some/folder")) is embedded_transport.Transport


def test_a_message_is_built_by_position_as_faust_builds_it() -> None:
    tp, value = TP("topic", 3), object()
    message = ConsumerMessage("topic", 3, 41, 1.5, 0, [], None, value, None, 0, 0, tp, generation_id=7)
    told = (message.topic, message.partition, message.offset, message.timestamp, message.headers)
    assert told == ("topic", 3, 41, 1.5, [])
    assert (message.key, message.value, message.tp, message.generation_id) == (None, value, tp, 7)


def test_confluent_is_refused_before_an_app_is_made(tmp_path: Path) -> None:
    settings = read_settings({"data_dir": str(tmp_path), "broker_url": "confluent://broker:9092"})
    with pytest.raises(SettingsError, match=r"confluent driver receives nothing.*work as kafka://"):
        our_app.build_app(settings, pump(tmp_path), None)  # type: ignore[arg-type]


async def test_the_consumer_reads_what_is_committed_as_a_member_that_keeps_its_place(tmp_path: Path) -> None:
    settings = read_settings({"data_dir": str(tmp_path), "broker_url": "kafka://127.0.0.1:1", "worker_name": "w7"})
    app = our_app.build_app(settings, pump(tmp_path), None)  # type: ignore[arg-type]
    app.finalize()
    made = app.consumer._thread._create_worker_consumer(app.transport)
    assert (made._isolation_level, made._group_instance_id, made._enable_auto_commit) == ("read_committed", "w7", False)
    assert (made._session_timeout_ms, made._heartbeat_interval_ms) == (10_000, 2_000)
    await made.stop()
    app.consumer._thread.thread_loop.close()


async def test_an_app_reads_no_environment_and_keeps_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BROKER_URL", "kafka://elsewhere:9092")
    settings = read_settings({"data_dir": str(tmp_path / "data")})
    app = our_app.build_app(settings, pump(tmp_path), None)  # type: ignore[arg-type]
    app.finalize()
    app._create_directories()
    assert [url.scheme for url in app.conf.broker] == ["embedded"]
    assert list(tmp_path.iterdir()) == []


def pump(folder: Path) -> Pump:
    settings = read_settings({"data_dir": str(folder)})
    return Pump(None, settings.worker, idle=lambda: None, on_state=lambda state: None)  # type: ignore[arg-type]
