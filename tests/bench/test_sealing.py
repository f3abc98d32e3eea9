from tests.bench import sealing


def test_every_figure_is_there(monkeypatch):
    monkeypatch.setattr(sealing, "EACH", 6)
    rows = dict(sealing.main(1))
    assert len(rows) == 9
    assert all(value > 0 for figures in rows.values() for value in figures.values())
    assert set(rows["sealing on the server"]) == {"p50 ms", "p99 ms", "per s", "per s and core"}
    assert set(rows["envelope : request + insert"]) == {"times"}
