"""What this environment needs and moto lacks: one file per topic. Each names the AWS page that it follows.

An extension changes moto's own classes; what it stores lies on moto's backends, so that moto's reset clears it.
"""

import importlib
import pkgutil


def names():
    """The topics by name. Their order does not matter."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def apply():
    for name in names():
        importlib.import_module(f"{__name__}.{name}").apply()
