"""What browser somebody has, in the few words by which they recognise it in a list. Pure."""

_BROWSERS = (
    ("MicroMessenger/", "WeChat"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("QQBrowser/", "QQ Browser"),
    ("HuaweiBrowser/", "Huawei Browser"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""The first that is named is the one: most call themselves Chrome and Safari besides."""
_SYSTEMS = (
    ("OpenHarmony", "HarmonyOS"),
    ("HarmonyOS", "HarmonyOS"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
_LONGEST = 60


def short_agent(user_agent: str) -> str | None:
    """`Firefox · Windows` from the header `User-Agent`; its first word where it is no browser's; None: it says nothing."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), None)
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    if browser is not None:
        return f"{browser} · {system}" if system is not None else browser
    words = "".join(sign for sign in user_agent if sign.isprintable()).split()
    return words[0][:_LONGEST] if words else None
