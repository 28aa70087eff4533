"""Templates of pages, as HTML and as Markdown."""

from jinja2 import Environment, PackageLoader, StrictUndefined, Template


def template(package: str, name: str) -> Template:
    """A template in a package's folder `templates`; one of HTML escapes what it is given."""
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=name.endswith(".html.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = cell
    return environment.get_template(name)


def cell(text: str) -> str:
    """Text that stays text in Markdown, in a table too."""
    for mark in "\\`*_<>|[]":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())
