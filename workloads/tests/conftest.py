from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Keep linear algebra to one thread: on a busy machine its spinning threads made a second's test last twenty."""
    with threadpool_limits(1):
        yield
