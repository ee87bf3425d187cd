"""Texts that would run as a script, or break a page, were they ever taken for markup."""

from __future__ import annotations

_RUN = "window.hacked=1"
_PAYLOADS = (
    f"<script>{_RUN}</script>",
    f'<img src=x onerror="{_RUN}">',
    f"<svg onload={_RUN}>",
    f"<svg><script>{_RUN}</script></svg>",
    f'<iframe srcdoc="<script>parent.{_RUN}</script>">',
    f"<body onload={_RUN}>",
    f"<details open ontoggle={_RUN}>",
    f"<math><mtext><img src=x onerror={_RUN}>",
    f"javascript:{_RUN}",
    f"data:text/html,<script>{_RUN}</script>",
    f'" onmouseover="{_RUN}" x="',
    f"' onfocus='{_RUN}' autofocus='",
    f'" style="animation-name:x" onanimationstart="{_RUN}',
    f"</title><script>{_RUN}</script>",
    f"</textarea><script>{_RUN}</script>",
    f"</script><script>{_RUN}</script>",
    f"</style><script>{_RUN}</script>",
    f"--><script>{_RUN}</script><!--",
    f"]]><script>{_RUN}</script>",
    f"<a href='javascript:{_RUN}'>press</a>",
    "{{constructor.constructor('window.hacked=1')()}}",
    "${window.hacked=1}",
    "<%= 7*7 %> #{7*7} %{customdata} %{x} <extra>",
    "<b>bold</b> & <i>italic</i> <br> <sub>2</sub>",
    "&lt;script&gt; &amp;amp; &#60;script&#62;",
    "=cmd|' /C calc'!A0",
    "../../etc/passwd?x=1&y=2#z%00%2e",
    "\\u003cscript\\u003e \\x3cscript\\x3e \\",
    "\u202egnp.exe \u2066\u2069 \ufeff",
    "__proto__",
)
_AROUND = (("", ""), ('x">', ""), ("x'>", ""), ("`", "`"), ("<!--", ""), ("", "//"), ("&quot;&gt;", ""))


def hostile_texts(most: int = 200) -> list[str]:
    """So many different texts; each payload comes bare and in surroundings that try to break out."""
    unique = list(dict.fromkeys(before + payload + after for before, after in _AROUND for payload in _PAYLOADS))
    assert len(unique) >= most
    return unique[:most]
