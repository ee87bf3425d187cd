"""axe-core, kept with the tests, run on an open page: what it finds that keeps people out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).with_name("axe") / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = "rules => axe.run(document, { runOnly: { type: 'tag', values: rules }, resultTypes: ['violations'] })"


def serious_findings(page: Page) -> list[str]:
    """Each serious or critical finding with the elements it is about, as one line; empty when there is none.

    axe is run as code of the test, beside the page's policy, as a person's extension would.
    """
    page.evaluate(AXE.read_text(encoding="utf-8") + "; undefined")
    found: dict[str, Any] = page.evaluate(_RUN, RULES)
    return [
        f"{one['id']} ({one['impact']}): {', '.join(node['html'][:160] for node in one['nodes'][:4])}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]
