"""Pictures of a page in both themes and at the width of a desk and of a phone, kept as test artefacts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, expect

Theme = Literal["light", "dark"]
THEMES: Sequence[Theme] = ("light", "dark")
WIDTHS = (1280, 390)
IS_DRAWN = """
([theme, width]) => {
  const root = document.documentElement, charts = [...document.querySelectorAll(".plot")];
  const ink = getComputedStyle(root).getPropertyValue("--ink-2").trim();
  const fits = chart => {
    const drawn = chart.querySelector(".js-plotly-plot");
    return drawn && drawn._fullLayout && drawn._fullLayout.font.color === ink
      && Math.abs(drawn._fullLayout.width - chart.clientWidth) < 2;
  };
  return innerWidth === width && root.dataset.theme === theme && charts.every(fits);
}
"""
# A chart is drawn in the theme's ink, at the width of its card.


def take_pictures(page: Page, folder: Path, name: str, themes: Sequence[Theme] = THEMES) -> None:
    """`NAME-THEME-WIDTH.png` in the folder; fails when the page scrolls sideways. Leaves the page light and wide."""
    page.add_style_tag(content=":root { --font: Inter, sans-serif !important; }")
    for theme in themes:
        for width in WIDTHS:
            show(page, theme, width)
            page.screenshot(path=folder / f"{name}-{theme}-{width}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"
    show(page, "light", WIDTHS[0])


def take_guide_picture(page: Page, folder: Path, name: str) -> None:
    """`guide-NAME.png`: the top of the page, light and wide, as `make pictures` puts it into the guides."""
    page.add_style_tag(content=":root { --font: Inter, sans-serif !important; }")
    show(page, "light", WIDTHS[0])
    page.screenshot(path=folder / f"guide-{name}.png", clip={"x": 0, "y": 0, "width": WIDTHS[0], "height": 860})


def show(page: Page, theme: Theme, width: int) -> None:
    """The page in a theme and width, once all of it is drawn so."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)
    expect(page.locator("main h1")).to_be_visible()
    page.wait_for_function(IS_DRAWN, arg=[theme, width])
