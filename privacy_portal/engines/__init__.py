"""PostgreSQL and Redis for development and tests: the real servers, started from the development extra's wheels.

There is one code path for data. `DATABASE_URL` and `REDIS_URL` point to servers; where they are unset, this package
starts embedded ones on Unix sockets in a private folder, and stops them when their last user leaves. Production never
imports it.
"""

from .environment import load_development_environment
from .lifecycle import TestEngines, engines_in_use, provide, remove_everything, stop_if_unused
from .places import EngineError

__all__ = [
    "EngineError",
    "TestEngines",
    "engines_in_use",
    "load_development_environment",
    "provide",
    "remove_everything",
    "stop_if_unused",
]
