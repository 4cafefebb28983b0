"""Which version of the project this is."""

from importlib.metadata import PackageNotFoundError, version


def project_version() -> str:
    """The installed version, or that there is none."""
    try:
        return version("polychron")
    except PackageNotFoundError:
        return "unknown: this source tree is not installed"
