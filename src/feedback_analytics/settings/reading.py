"""Reading the settings: flags, environment, file and defaults become one frozen value, with every name checked."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct

from feedback_analytics.errors import SettingsError
from feedback_analytics.settings.kafka import KafkaSettings, refuse_half_given

PREFIX = "FEEDBACK_"
# Names under the prefix that are not settings: what the tests read, and the place of the settings file itself.
TEST_PREFIX = "FEEDBACK_TEST_"
FILE_VARIABLE = "FEEDBACK_CONFIG"

# Longest time a setting may name: 100 years. It keeps `inf` out, which no date can be reckoned with.
LONGEST_SECONDS = 100 * 366 * 86400.0

Count = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0, le=LONGEST_SECONDS)]


def _doc(text: str) -> Any:
    return Meta(description=text)


class LogSettings(Struct, frozen=True, forbid_unknown_fields=True):
    partitions: Annotated[int, Meta(ge=1, le=256), _doc("Partitions of a new topic; fixed for its life.")] = 4
    retention_seconds: Annotated[
        float,
        Meta(ge=0, le=LONGEST_SECONDS),
        _doc("How long the log keeps records: the embedded one what the store has, Kafka all, and at least a day."),
    ] = 7 * 86400.0
    max_waiting_bytes: Annotated[Count, _doc("Bytes that may wait for the disk before ingest answers 503.")] = 2**26


class IngestSettings(Struct, frozen=True, forbid_unknown_fields=True):
    host: Annotated[str, _doc("Address the service listens on; loopback unless told otherwise.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535), _doc("Port the service listens on; 0 takes a free one.")] = 8080
    max_event_bytes: Annotated[Count, _doc("Largest event taken.")] = 64 * 2**10
    max_body_bytes: Annotated[Count, _doc("Largest request body taken, before and after unpacking.")] = 5 * 2**20
    max_events: Annotated[Count, _doc("Most events taken in one request.")] = 5000
    allowed_origins: Annotated[str, _doc("Origins whose pages may send votes: * or a comma-separated list.")] = "*"


class WorkerSettings(Struct, frozen=True, forbid_unknown_fields=True):
    max_batch_records: Annotated[Count, _doc("Most records of one transaction.")] = 50_000
    max_wait_seconds: Annotated[Seconds, _doc("Longest wait of a record for company in its transaction.")] = 0.25
    index_cache_bytes: Annotated[Count, _doc("Block cache of the index of standing votes.")] = 128 * 2**20
    checkpoint_seconds: Annotated[
        Seconds, _doc("Time between two copies of the index beside a lake on PostgreSQL, for the next owner.")
    ] = 300.0
    # At most a tenth of the shortest store.snapshot_seconds: DuckLake misses the conflict of a transaction whose
    # snapshot was expired under it (duckdb/ducklake#1472).
    transaction_seconds: Annotated[
        float, Meta(gt=0, le=360), _doc("Longest life of a write transaction; a longer one is given up.")
    ] = 30.0


class StoreSettings(Struct, frozen=True, forbid_unknown_fields=True):
    snapshot_seconds: Annotated[
        float,
        Meta(ge=3600, le=LONGEST_SECONDS),
        _doc("How long old snapshots and the files they need are kept."),
    ] = 3600.0
    maintenance_seconds: Annotated[Seconds, _doc("Time between two rounds of background maintenance.")] = 60.0
    threads: Annotated[Count, _doc("Threads of one reading DuckDB connection.")] = 2
    reader_memory_bytes: Annotated[Count, _doc("Most memory one reading DuckDB connection takes.")] = 2 * 2**30
    query_seconds: Annotated[
        float, Meta(gt=0, le=3000), _doc("Longest time one query may run; below store.snapshot_seconds.")
    ] = 600.0


class AnalyticsSettings(Struct, frozen=True, forbid_unknown_fields=True):
    time_zone: Annotated[
        str,
        Meta(min_length=1, max_length=64),
        _doc("The newsroom's time zone: days and weeks are cut there."),
    ] = "UTC"


class DashboardSettings(Struct, frozen=True, forbid_unknown_fields=True):
    refresh_seconds: Annotated[Seconds, _doc("How often an open page asks whether the store has changed.")] = 1.0
    stale_seconds: Annotated[Seconds, _doc("Age of waiting votes from which a page calls itself stale.")] = 15.0


class ReportSettings(Struct, frozen=True, forbid_unknown_fields=True):
    mail_url: Annotated[
        str,
        _doc("Mail server: smtp://[USER:PASSWORD@]HOST[:PORT] (STARTTLS if offered) or smtps://... Empty: none."),
    ] = ""
    mail_from: Annotated[str, _doc("Sender of mails, such as feedback@news.example.")] = ""
    mail_to: Annotated[str, _doc("Who gets mails: addresses, with commas between them.")] = ""
    webhook_url: Annotated[str, _doc("Where a chat takes Slack-compatible messages. A secret. Empty: nowhere.")] = ""
    schedule: Annotated[
        str,
        Meta(pattern=r"^( *(day|week|month) *(, *(day|week|month) *)*)?$"),
        _doc("Reports that the service sends by itself: day, week, month, with commas. Empty: none."),
    ] = ""
    send_at: Annotated[
        str,
        Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"),
        _doc("Newsroom's time from which the report of a period goes out, on the day after it: HH:MM."),
    ] = "07:00"
    alert_seconds: Annotated[
        float,
        Meta(ge=0, le=LONGEST_SECONDS),
        _doc("Time between two looks for drops that are told to people, each once. 0: none are told."),
    ] = 0.0
    page_url: Annotated[str, _doc("Address of the dashboard as readers of reports reach it. Empty: no link.")] = ""


class TelemetrySettings(Struct, frozen=True, forbid_unknown_fields=True):
    level: Annotated[
        Literal["debug", "info", "warning", "error"], _doc("Least important events that are logged, to stderr.")
    ] = "info"
    format: Annotated[Literal["text", "json"], _doc("How events are logged: text for people, json for machines.")] = (
        "text"
    )
    metrics_address: Annotated[
        str,
        Meta(pattern=r"^(.+:\d{1,5})?$"),
        _doc("HOST:PORT where a worker shows its own metrics, at /metrics. Empty: only in its data_dir."),
    ] = ""


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Every setting of the service. URLs left empty stand for folders of data_dir."""

    data_dir: Annotated[
        str, Meta(min_length=1), _doc("Folder of an embedded installation: log, lake, index and secret.")
    ] = "data"
    broker_url: Annotated[
        str,
        _doc(
            "What carries events: embedded:DIR, kafka://HOST:PORT[,HOST:PORT] or, by TLS, kafka+ssl://HOST:PORT[,...]. "
            "Empty: embedded in data_dir."
        ),
    ] = ""
    store_url: Annotated[
        str, _doc("What keeps votes: sqlite:DIR or postgresql://...?data=PATH. Empty: sqlite in data_dir.")
    ] = ""
    reader_secret: Annotated[
        str, _doc("Secret that makes pseudonyms of reader ids. Empty: made on the first start, where all is embedded.")
    ] = ""
    worker_name: Annotated[
        str,
        Meta(pattern="^[a-z0-9][a-z0-9-]{0,39}$"),
        _doc("Name of this worker, the same after a restart; the store keeps its positions under it."),
    ] = "worker-1"
    log: LogSettings = LogSettings()
    kafka: KafkaSettings = KafkaSettings()
    ingest: IngestSettings = IngestSettings()
    worker: WorkerSettings = WorkerSettings()
    store: StoreSettings = StoreSettings()
    analytics: AnalyticsSettings = AnalyticsSettings()
    dashboard: DashboardSettings = DashboardSettings()
    reports: ReportSettings = ReportSettings()
    telemetry: TelemetrySettings = TelemetrySettings()

    @property
    def data_path(self) -> Path:
        return Path(self.data_dir).absolute()

    @property
    def broker(self) -> str:
        """The broker's URL, never empty."""
        return self.broker_url or f"embedded:{self.data_path / 'log'}"

    @property
    def store_location(self) -> str:
        """The store's URL, never empty."""
        return self.store_url or f"sqlite:{self.data_path / 'lake'}"

    @property
    def is_embedded(self) -> bool:
        return self.broker.startswith("embedded:")

    def __repr__(self) -> str:
        values = ", ".join(f"{row.name}={row.shown}" for row in explain(self, {}))
        return f"Settings({values})"


SECRETS = {"reader_secret", "kafka.password", "reports.webhook_url"}
# The password of SCHEME://USER:PASSWORD@HOST, and of PostgreSQL's other spelling, ?password=PASSWORD.
PASSWORD_IN_URL = re.compile(r"(?<=://)([^/@:]*):.*@|(?<=[?&])(password)=[^&]*")


def _masked(name: str, value: object) -> str:
    if name in SECRETS:
        return "***" if value else ""
    return PASSWORD_IN_URL.sub(_mask_password, str(value)) if name.endswith("_url") else str(value)


def _mask_password(found: re.Match[str]) -> str:
    return f"{found[1]}:***@" if found[2] is None else f"{found[2]}=***"


@dataclass(frozen=True)
class Explained:
    """One setting as people see it: its dotted name, its value, where the value came from and what it does."""

    name: str
    value: object
    source: str
    description: str
    default: object
    allowed: str

    @property
    def shown(self) -> str:
        """The value as text; of a secret, and of a password within a URL, only that it is set."""
        return _masked(self.name, self.value)

    @property
    def environment_name(self) -> str:
        return environment_name(self.name)


def environment_name(name: str) -> str:
    """`log.retention_seconds` → `FEEDBACK_LOG_RETENTION_SECONDS`."""
    return PREFIX + name.replace(".", "_").upper()


def read_settings(
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    file: Path | None = None,
) -> Settings:
    """The settings in force. flags maps dotted names to values; None values are not set.

    Raises SettingsError naming the setting, the value, where it came from and what is allowed.
    """
    return read_with_sources(flags, environ, file)[0]


def read_with_sources(
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    file: Path | None = None,
) -> tuple[Settings, dict[str, str]]:
    """As read_settings, and for each setting that was given, where: `flag`, `environment NAME` or `file PATH`."""
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for name, value in _from_file(file).items():
        values[name], sources[name] = value, f"file {file}"
    for name, value in _from_environment(environ or {}).items():
        values[name], sources[name] = value, f"environment {environment_name(name)}"
    for name, value in (flags or {}).items():
        if value is not None:
            _refuse_unknown(name, "flag")
            values[name], sources[name] = value, "flag"
    return _build(values, sources), sources


def explain(settings: Settings, sources: Mapping[str, str]) -> list[Explained]:
    """Every setting in the order of the sections, for `feedback config` and the reference page."""
    rows = []
    for name, description, default, allowed in known_settings():
        value: Any = settings
        for part in name.split("."):
            value = getattr(value, part)
        rows.append(Explained(name, value, sources.get(name, "default"), description, default, allowed))
    return rows


def as_environment(settings: Settings) -> dict[str, str]:
    """The environment from which another process reads these same settings."""
    return {row.environment_name: str(row.value) for row in explain(settings, {})}


def known_settings() -> Iterator[tuple[str, str, object, str]]:
    """(dotted name, description, default, allowed values) of every setting."""
    yield from _fields(Settings, "")


def _fields(section: type[Struct], prefix: str) -> Iterator[tuple[str, str, object, str]]:
    hints = get_type_hints(section, include_extras=True)
    for field in msgspec.structs.fields(section):
        if isinstance(field.default, Struct):
            yield from _fields(type(field.default), f"{prefix}{field.name}.")
        else:
            kind, *metas = get_args(hints[field.name])
            texts = [meta.description for meta in metas if meta.description]
            yield prefix + field.name, texts[0] if texts else "", field.default, _allowed(kind, metas)


def _allowed(kind: Any, metas: Iterable[Meta]) -> str:
    """The type of a setting and its bounds, in words."""
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(get_args(kind))
    words = [{int: "whole number", float: "number", str: "text"}[kind]]
    for meta in metas:
        words += [
            told.format(bound)
            for told, bound in (
                ("from {:g}", meta.ge),
                ("above {:g}", meta.gt),
                ("at most {:.10g}", meta.le),
                ("not shorter than {}", meta.min_length),
                ("matching {}", meta.pattern),
            )
            if bound is not None
        ]
    return ", ".join(words)


def _from_file(file: Path | None) -> dict[str, object]:
    if file is None:
        return {}
    try:
        tree = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"no settings file at {file}. Make it, or leave --config away.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"cannot read the settings file {file}: {error}. It must be TOML.") from error
    flat: dict[str, object] = {}
    for key, value in tree.items():
        flat.update({f"{key}.{k}": v for k, v in value.items()} if isinstance(value, dict) else {key: value})
    for name in flat:
        _refuse_unknown(name, f"file {file}")
    return flat


def _from_environment(environ: Mapping[str, str]) -> dict[str, object]:
    known = {environment_name(name): name for name, *_ in known_settings()}
    found: dict[str, object] = {}
    for key, text in environ.items():
        if not key.startswith(PREFIX) or key.startswith(TEST_PREFIX) or key == FILE_VARIABLE:
            continue
        if key not in known:
            raise SettingsError(f"unknown setting {key} in the environment.{_nearest(key, known, PREFIX)}")
        found[known[key]] = text
    return found


def _refuse_unknown(name: str, where: str) -> None:
    known = [known_name for known_name, *_ in known_settings()]
    if name not in known:
        raise SettingsError(f"unknown setting {name} ({where}).{_nearest(name, known)}")


def _nearest(name: str, known: Iterable[str], prefix: str = "") -> str:
    """The remedy for an unknown name. The prefix that all names share does not make two of them near."""
    short = name.removeprefix(prefix)
    near = difflib.get_close_matches(short, [other.removeprefix(prefix) for other in known], n=1, cutoff=0.5)
    return f" Did you mean {prefix}{near[0]}?" if near else " `feedback config` lists them all."


def _build(values: Mapping[str, object], sources: Mapping[str, str]) -> Settings:
    for name, value in values.items():
        _check_one(name, value, sources[name])
    tree: dict[str, Any] = {}
    for name, value in values.items():
        section, _, key = name.rpartition(".")
        (tree.setdefault(section, {}) if section else tree)[key] = value
    settings = msgspec.convert(tree, Settings, strict=False)
    refuse_half_given(settings.kafka, settings.broker, sources)
    return settings


def _check_one(name: str, value: object, source: str) -> None:
    section, _, key = name.rpartition(".")
    tree = {section: {key: value}} if section else {key: value}
    try:
        msgspec.convert(tree, Settings, strict=False)
    except msgspec.ValidationError as error:
        shown = repr(_masked(name, value)) if isinstance(value, str) else repr(value)
        problem = str(error).split(" - at ")[0]
        if "matching regex" in problem:
            form = next(text for known, text, *_ in known_settings() if known == name)
            problem = f"Expected another form. {form.removesuffix('.')}"
        raise SettingsError(f"{name} = {shown} ({source}) is not possible: {problem}.") from error
    if name == "analytics.time_zone":
        _check_zone(str(value), source)


def _check_zone(name: str, source: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise SettingsError(
            f"analytics.time_zone = {name!r} ({source}) is not a time zone. Name one such as Europe/Berlin or UTC."
        ) from None
