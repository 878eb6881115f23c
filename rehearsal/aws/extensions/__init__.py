"""What this environment needs of AWS and moto lacks: one file a topic, each names the AWS page it follows.

An extension changes moto's own classes; what it stores lies on moto's backends, so that moto's reset clears it.
"""

import importlib
import pkgutil


def names():
    """The topics, in the order of their names; none depends on another one's place."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def apply():
    for name in names():
        importlib.import_module(f"{__name__}.{name}").apply()
