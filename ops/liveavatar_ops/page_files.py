"""Templates and style sheets that lie in our packages: loaded once, everything escaped, no name forgotten."""

from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from liveavatar_ops.codes import with_code


@cache
def template(package: str, folder: str, name: str) -> Template:
    """
    The template; what is put in is escaped, and a variable that nobody gave is an error. Its filter `code`
    sets what stands between backticks as code.
    """
    environment = Environment(
        loader=PackageLoader(package, folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["code"] = with_code
    return environment.get_template(name)


@cache
def style(package: str, folder: str, name: str) -> Markup:
    """A style sheet, as it stands."""
    text = (files(package) / folder / name).read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704 (a file of ours)
