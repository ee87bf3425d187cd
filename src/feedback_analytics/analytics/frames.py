"""Arrow tables as the pandas frames that people are given."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa


def as_frame(table: pa.Table) -> pd.DataFrame:
    """The answer for people: text that is missing is None, a number NaN, a time NaT."""
    frame = table.to_pandas()
    texts = {name: frame[name].astype(object) for name in frame.select_dtypes("str")}
    return frame.assign(**{name: text.where(text.notna(), None) for name, text in texts.items()})
