"""All settings: one frozen value, a section per room, read once at the start.

Order, strongest first: command flag, environment (`FEEDBACK_LOG_RETENTION_SECONDS`), TOML file (`[log]
retention_seconds`), default. Unknown names are errors that tell the nearest known one. Secrets never show in `repr`.

    settings = read_settings(flags={"data_dir": "data"}, environ=os.environ)
    settings.ingest.port
"""

from feedback_analytics.settings.kafka import KafkaSettings
from feedback_analytics.settings.reading import (
    FILE_VARIABLE,
    DashboardSettings,
    Explained,
    IngestSettings,
    LogSettings,
    ReportSettings,
    Settings,
    StoreSettings,
    WorkerSettings,
    as_environment,
    environment_name,
    explain,
    known_settings,
    read_settings,
    read_with_sources,
)

__all__ = [
    "FILE_VARIABLE",
    "DashboardSettings",
    "Explained",
    "IngestSettings",
    "KafkaSettings",
    "LogSettings",
    "ReportSettings",
    "Settings",
    "StoreSettings",
    "WorkerSettings",
    "as_environment",
    "environment_name",
    "explain",
    "known_settings",
    "read_settings",
    "read_with_sources",
]
