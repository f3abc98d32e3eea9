import os

from storefront.handoff.throttle import Throttle


def test_the_limit_is_for_each_address_and_each_minute():
    throttle = Throttle(2)
    assert [throttle.is_over("192.0.2.1", 60.0) for _ in range(4)] == [False, False, True, True]
    assert not throttle.is_over("192.0.2.2", 60.0)
    assert not throttle.is_over("192.0.2.1", 120.0)


def test_forked_processes_count_together():
    throttle = Throttle(1)
    child = os.fork()
    if child == 0:
        throttle.is_over("192.0.2.1", 0.0)
        os._exit(0)
    os.waitpid(child, 0)
    assert throttle.is_over("192.0.2.1", 0.0)


def test_no_address_is_kept():
    throttle = Throttle(1)
    throttle.is_over("192.0.2.1", 0.0)
    assert b"192.0.2.1" not in throttle._cells[:]
